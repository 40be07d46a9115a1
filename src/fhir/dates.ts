import { Failure } from '../kernel/failure.js';
import { localToInstant } from './zone-offset.js';

/** A half-open range [low, high) in milliseconds since 1970 (UTC). */
export interface DateRange {
  readonly low: number;
  readonly high: number;
}

/** The low end of a range without a start: the earliest time a JavaScript Date can hold. */
export const beginningOfTime = -8.64e15;
/** The high end of a range without an end. */
export const endOfTime = 8.64e15;

/** The zone of dates and times without one. */
export const localZone = 'Europe/Oslo';

const form =
  /^(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,20}))?)?(Z|[+-](?:0\d|1[0-4]):[0-5]\d)?)?)?)?$/;

/** Whether the year, month (1–12) and day exist in the Gregorian calendar. */
export function isCalendarDate(year: number, month: number, day: number): boolean {
  if (year < 1 || month < 1 || month > 12 || day < 1) return false;
  if (month !== 2) return day <= (month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31);
  return day <= (year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28);
}

/**
 * A FHIR date, dateTime or instant, also partial (`2026`, `2026-03`) or to the minute as in searches → the time it covers:
 * `2026-03-01` a day, `…T12:00:00Z` a second. Without an offset the value is local time in `zone`; a day has 23 or 25 hours
 * where the clocks change. https://hl7.org/fhir/R4/search.html#date
 *
 * @throws Failure `invalid` where the text is no such value or names a day that does not exist
 */
export function dateRange(value: string, zone = localZone): DateRange {
  const range = tryDateRange(value, zone);
  if (range === undefined) {
    throw new Failure(
      'invalid',
      'This is not a date or time of FHIR; write it as 2026, 2026-03, 2026-03-01 or 2026-03-01T12:00:00+01:00.',
      {
        code: 'value',
      },
    );
  }
  return range;
}

/** As `dateRange`, but undefined where the text is not a date. */
export function tryDateRange(value: string, zone = localZone): DateRange | undefined {
  const match = form.exec(value);
  if (match === null) return undefined;
  const year = Number(match[1]);
  const month = match[2] === undefined ? 1 : Number(match[2]);
  const day = match[3] === undefined ? 1 : Number(match[3]);
  if (!isCalendarDate(year, month, day)) return undefined;
  if (match[4] !== undefined) return timeRange(match, utc(year, month, day), zone);
  const end =
    match[2] === undefined
      ? utc(year + 1, 1, 1)
      : match[3] === undefined
        ? utc(year, month + 1, 1)
        : utc(year, month, day + 1);
  return { low: localToInstant(utc(year, month, day), zone), high: localToInstant(end, zone) };
}

function timeRange(match: RegExpExecArray, midnight: number, zone: string): DateRange | undefined {
  const [hour, minute, second] = [Number(match[4]), Number(match[5]), Number(match[6] ?? 0)];
  if (hour > 23 || minute > 59 || second > 60) return undefined; // 60: a leap second
  const fraction = (match[7] ?? '').slice(0, 3);
  const wall = midnight + ((hour * 60 + minute) * 60 + second) * 1000 + Number(fraction.padEnd(3, '0'));
  const precision = match[6] === undefined ? 60_000 : 10 ** (3 - fraction.length);
  const low = match[8] === undefined ? localToInstant(wall, zone) : wall - offsetMinutes(match[8]) * 60_000;
  return { low, high: low + precision };
}

function offsetMinutes(offset: string): number {
  if (offset === 'Z') return 0;
  const minutes = Number(offset.slice(1, 3)) * 60 + Number(offset.slice(4, 6));
  return offset.startsWith('-') ? -minutes : minutes;
}

/** Milliseconds of a UTC midnight. Date.UTC would read the years 0–99 as 1900–1999. */
function utc(year: number, month: number, day: number): number {
  return year >= 100 ? Date.UTC(year, month - 1, day) : new Date(0).setUTCFullYear(year, month - 1, day);
}

/** Period → range; an absent start or end is open. https://hl7.org/fhir/R4/datatypes.html#Period */
export function periodRange(period: { readonly start?: unknown; readonly end?: unknown }, zone = localZone): DateRange {
  return {
    low: typeof period.start === 'string' ? dateRange(period.start, zone).low : beginningOfTime,
    high: typeof period.end === 'string' ? dateRange(period.end, zone).high : endOfTime,
  };
}

/**
 * Timing → its outer limits: from the first to the last event, or the bounds; open where it has neither.
 * https://hl7.org/fhir/R4/search.html#date
 */
export function timingRange(
  timing: { readonly event?: unknown; readonly repeat?: unknown },
  zone = localZone,
): DateRange {
  const events = Array.isArray(timing.event)
    ? timing.event.filter((event): event is string => typeof event === 'string')
    : [];
  const bounds = (timing.repeat as { boundsPeriod?: object } | undefined)?.boundsPeriod;
  const ranges = events.map((event) => dateRange(event, zone));
  if (bounds !== undefined) ranges.push(periodRange(bounds, zone));
  if (ranges.length === 0) return { low: beginningOfTime, high: endOfTime };
  return ranges.reduce((all, range) => ({ low: Math.min(all.low, range.low), high: Math.max(all.high, range.high) }));
}
