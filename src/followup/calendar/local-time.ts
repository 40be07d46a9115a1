import { DateTime } from 'luxon';
import { Failure } from '../../kernel/failure.js';

/** An instant as people in the zone see it. */
export function localTime(instant: number, zone: string): DateTime {
  return DateTime.fromMillis(instant, { zone });
}

/** Local `YYYY-MM-DD`. */
export function localDate(instant: number, zone: string): string {
  return localTime(instant, zone).toFormat('yyyy-MM-dd');
}

/** Local `YYYY-MM-DDTHH:MM`. */
export function localMinute(instant: number, zone: string): string {
  return localTime(instant, zone).toFormat("yyyy-MM-dd'T'HH:mm");
}

/** ISO 8601 with offset, seconds: `2026-03-05T09:00:00+01:00`. */
export function offsetSecond(instant: number, zone: string): string {
  return localTime(instant, zone).toFormat("yyyy-MM-dd'T'HH:mm:ssZZ");
}

/**
 * Date, date-time without offset (local to the zone) or with offset → instant. A local time the clocks skip counts from
 * before the change (02:30 becomes 03:30).
 *
 * @throws Failure `invalid`
 */
export function instantOf(text: string, zone: string): number {
  const time = DateTime.fromISO(text, { zone });
  if (!time.isValid || !/^\d{4}-\d\d-\d\d(T\d\d:\d\d.*)?$/.test(text)) {
    throw new Failure('invalid', `"${text}" is not a date or time such as 2026-03-02T09:00.`);
  }
  return time.toMillis();
}

/** A local day's `HH:MM`; `24:00` is the next midnight. */
export function atClock(day: DateTime, clock: string): number {
  const [hour = 0, minute = 0] = clock.split(':').map(Number);
  if (hour === 24) return day.startOf('day').plus({ days: 1 }).toMillis();
  return day.startOf('day').set({ hour, minute }).toMillis();
}
