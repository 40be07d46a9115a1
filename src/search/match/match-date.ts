// https://hl7.org/fhir/R4/search.html#prefix
import type { DateRange } from '../../fhir/dates.js';
import type { DateValue } from '../parse/request.js';

/**
 * Compares the time that a value covers with the one that is asked for; both half-open. `ge` and `le` find what reaches
 * into the asked time or beyond it, `gt` and `lt` what reaches beyond it: a period that may lie there is not left out.
 */
export function matchDate(own: DateRange, { prefix, low, high }: DateValue): boolean {
  switch (prefix) {
    case 'eq':
      return own.low >= low && own.high <= high;
    case 'ne':
      return own.low < low || own.high > high;
    case 'gt':
      return own.high > high;
    case 'lt':
      return own.low < low;
    case 'ge':
      return own.high > low;
    case 'le':
      return own.low < high;
    case 'sa':
      return own.low >= high;
    case 'eb':
      return own.high <= low;
    case 'ap':
      return own.low < high && own.high > low;
  }
}
