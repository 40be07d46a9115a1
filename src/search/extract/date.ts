// https://hl7.org/fhir/R4/search.html#date
import { beginningOfTime, type DateRange, endOfTime, tryDateRange } from '../../fhir/dates.js';
import { asList, asRecord, type Collect } from './extraction.js';

/** date, dateTime, instant, Period and Timing (its outer limits) → one half-open range. */
export function collectDates(param: string): Collect {
  return (value, extraction) => {
    const range = rangeOf(value, extraction.zone);
    if (range !== undefined && range.low < range.high)
      extraction.rows.push({ kind: 'date', param, low: range.low, high: range.high });
  };
}

/** The time that a date-like value covers; undefined where it says nothing of time or is malformed. */
export function rangeOf(value: unknown, zone: string): DateRange | undefined {
  if (typeof value === 'string') return tryDateRange(value, zone);
  const record = asRecord(value);
  if (record === undefined) return undefined;
  return record['event'] !== undefined || record['repeat'] !== undefined ? timing(record, zone) : period(record, zone);
}

function period(value: Readonly<Record<string, unknown>>, zone: string): DateRange | undefined {
  const start = typeof value['start'] === 'string' ? tryDateRange(value['start'], zone) : undefined;
  const end = typeof value['end'] === 'string' ? tryDateRange(value['end'], zone) : undefined;
  if (start === undefined && end === undefined) return undefined;
  return { low: start?.low ?? beginningOfTime, high: end?.high ?? endOfTime };
}

function timing(value: Readonly<Record<string, unknown>>, zone: string): DateRange | undefined {
  const ranges = asList(value['event']).flatMap((event) =>
    typeof event === 'string' ? [tryDateRange(event, zone)] : [],
  );
  const bounds = asRecord(asRecord(value['repeat'])?.['boundsPeriod']);
  if (bounds !== undefined) ranges.push(period(bounds, zone));
  const known = ranges.filter((range) => range !== undefined);
  if (known.length === 0) return undefined;
  return { low: Math.min(...known.map((range) => range.low)), high: Math.max(...known.map((range) => range.high)) };
}
