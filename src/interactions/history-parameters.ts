// https://hl7.org/fhir/R4/http.html#history – the parameters of a history
import { type DateRange, tryDateRange } from '../fhir/dates.js';
import { Failure } from '../kernel/failure.js';
import { sinceTime, mostVersions, wholeNumber } from './history-entry.js';
import { shownPart } from './part-of.js';
import { type Context, type FhirRequest, isLenient, parametersOf } from './request.js';

const everywhere = ['_count', '_since', '_at', '_sort', '_summary', '_elements', '_before'];

/** What is asked of a history. */
export interface HistoryAsked {
  /** What is understood of the request, for the links of the pages. */
  readonly pairs: readonly (readonly [string, string])[];
  /** Versions of a page; 0: only how many there are. */
  readonly count: number;
  /** Milliseconds since 1970. */
  readonly since?: number;
  /** Only versions that were current at some time in it. */
  readonly at?: DateRange;
  /** Where the page before this one ended. */
  readonly before?: string;
  readonly types?: string;
  /** A version as `_summary` or `_elements` asks for it. */
  readonly part: (text: string) => string;
}

/**
 * @param more parameters that there are beside those of every history
 * @throws Failure invalid: a parameter that is not known (unless handling=lenient), or a value that is none
 */
export function historyAsked(request: FhirRequest, { services }: Context, more: readonly string[] = []): HistoryAsked {
  const known = [...everywhere, ...more];
  const pairs = parametersOf(request).filter(
    ([name, value]) => value !== '' && (known.includes(name) || !isLenient(request)),
  );
  const unknown = pairs.find(([name]) => !known.includes(name))?.[0];
  if (unknown !== undefined)
    throw new Failure(
      'invalid',
      `history does not know the parameter ${/^[\w:.-]{1,60}$/.test(unknown) ? unknown : 'in the query'}; it takes ${known.filter((name) => name !== '_before').join(', ')}.`,
      { code: 'not-supported' },
    );
  const value = (name: string): string | undefined => pairs.find(([key]) => key === name)?.[1];
  if (!['-_lastUpdated', undefined].includes(value('_sort')))
    throw new Failure('invalid', 'A history comes latest first; _sort can only be -_lastUpdated.');
  const [since, at, before, types] = [value('_since'), value('_at'), value('_before'), value('_type')];
  const onlyCount = value('_summary') === 'count';
  return {
    pairs,
    count: onlyCount ? 0 : Math.min(wholeNumber(value('_count') ?? '50', '_count'), mostVersions),
    ...(since === undefined ? {} : { since: sinceTime(since) }),
    ...(at === undefined ? {} : { at: atTime(at) }),
    ...(before === undefined ? {} : { before }),
    ...(types === undefined ? {} : { types }),
    part: shownPart(onlyCount ? { ...request, query: [], form: [] } : request, services),
  };
}

/** @throws Failure invalid */
function atTime(text: string): DateRange {
  const range = tryDateRange(text);
  if (range === undefined) throw new Failure('invalid', '_at must be a date or a time, such as 2026-03-02.');
  return range;
}
