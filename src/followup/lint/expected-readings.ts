import { Duration } from 'luxon';
import { isCalendar, nominalLength } from '../calendar/elapsed.js';
import type { DurationString, RuleSet } from '../ruleset/grammar.js';

/** When one more reading is expected: the day since a Monday, and minutes since that Monday's midnight. */
export interface Slot {
  readonly day: number;
  readonly minute: number;
}

const mostWeeks = 60;

/** The readings, forms or tasks that the plan's schedules ask for in so many weeks; undefined where none asks. */
export function expectedIn(plan: RuleSet, key: string, weeks: number): readonly Slot[] | undefined {
  const schedules = plan.schedules.filter((one) => one.for === key);
  if (schedules.length === 0) return undefined;
  const minutes = new Set(
    schedules.flatMap(({ days, times }) =>
      (days ?? [0, 1, 2, 3, 4, 5, 6]).flatMap((day) =>
        times.map((time) => day * 1440 + Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5))),
      ),
    ),
  );
  const week = [...minutes].sort((a, b) => a - b);
  return Array.from({ length: Math.min(weeks, mostWeeks) }, (_, n) =>
    week.map((minute) => slotAt(n * 10_080 + minute)),
  ).flat();
}

const slotAt = (minute: number): Slot => ({ day: Math.floor(minute / 1440), minute });

/** Weeks that a window covers, and two more. */
export const weeksOf = (window: DurationString): number => Math.ceil(nominalLength(window) / (7 * 86_400_000)) + 2;

/** The slots of a window that ends with one of them: `[first, last]`, places in the list. */
export interface Window {
  readonly first: number;
  readonly last: number;
}

/** For each slot the window that ends with it: days by the calendar, hours elapsed. */
export function windowsOf(slots: readonly Slot[], window: DurationString): Window[] {
  const days = isCalendar(window) ? Math.floor(Duration.fromISO(window).as('days')) : undefined;
  const minutes = nominalLength(window) / 60_000;
  let first = 0;
  return slots.map((slot, last) => {
    while (days === undefined ? slot.minute - slots[first]!.minute > minutes : slot.day - slots[first]!.day > days)
      first += 1;
    return { first, last };
  });
}
