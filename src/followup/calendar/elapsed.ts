import { Duration } from 'luxon';
import type { DurationString } from '../ruleset/grammar.js';
import { localTime } from './local-time.js';

/** Whether a duration counts calendar days of the zone (`P3D`) and not elapsed time (`PT4H`). */
export function isCalendar(duration: DurationString): boolean {
  return !duration.startsWith('PT');
}

/** Elapsed milliseconds of `PT…`; of calendar durations their nominal length (a day 24 hours). */
export function nominalLength(duration: DurationString): number {
  return Duration.fromISO(duration).toMillis();
}

/**
 * The first instant of a window that ends at `end`: hours back in elapsed time; days back in calendar days, from local
 * midnight, so that "3 days" at 07:10 includes 06:50 three days ago. Inclusive.
 */
export function windowStart(end: number, duration: DurationString, zone: string): number {
  if (!isCalendar(duration)) return end - nominalLength(duration);
  return localTime(end, zone).minus(Duration.fromISO(duration)).startOf('day').toMillis();
}

/** An instant moved by a duration: elapsed time, or calendar days at the same local time. */
export function moved(
  instant: number,
  duration: DurationString,
  options: { readonly zone: string; readonly back?: boolean },
): number {
  const sign = options.back === true ? -1 : 1;
  if (!isCalendar(duration)) return instant + sign * nominalLength(duration);
  const step = Duration.fromISO(duration);
  const time = localTime(instant, options.zone);
  return (options.back === true ? time.minus(step) : time.plus(step)).toMillis();
}
