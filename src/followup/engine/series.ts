import type { Entry } from './state.js';

/** Order of effective time, then of arrival. */
export function isBefore(a: Entry, b: Entry): boolean {
  return a.t < b.t || (a.t === b.t && a.id < b.id);
}

/** Puts an entry in its place; most come last. */
export function insert<T extends Entry>(series: T[], entry: T): void {
  let place = series.length;
  while (place > 0 && isBefore(entry, series[place - 1] as T)) place -= 1;
  series.splice(place, 0, entry);
}

/** Late: received more than an hour after its time, or after something of the series that is newer. */
export function isLate(entry: Entry, received: number, series: readonly Entry[]): boolean {
  return received - entry.t > 3_600_000 || series.some((other) => other.t > entry.t);
}
