import { Failure } from '../../kernel/failure.js';
import type { ServiceCalendar } from '../ruleset/grammar.js';
import { atClock, localTime } from './local-time.js';
import { isNorwegianHoliday } from './norwegian-holidays.js';

/** Where a plan does not tell the centre's hours: the usual day service. */
export const usualHours: ServiceCalendar = { days: [0, 1, 2, 3, 4], from: '08:00', to: '15:00', holidays: 'NO' };

/** A working day of the centre, as instants. The end belongs to the next shift. */
export interface Shift {
  readonly start: number;
  readonly end: number;
}

/** The calendar and the zone its hours are in. */
export interface Hours {
  readonly calendar: ServiceCalendar;
  readonly zone: string;
}

/** The shift that is on at `t`, or the next one. */
export function currentOrNextShift(t: number, { calendar, zone }: Hours): Shift {
  const today = localTime(t, zone).startOf('day');
  for (let days = -1; days <= 366; days += 1) {
    const day = today.plus({ days });
    if (!calendar.days.includes(day.weekday - 1)) continue;
    if (calendar.holidays !== 'none' && isNorwegianHoliday(day.toFormat('yyyy-MM-dd'))) continue;
    const overMidnight = calendar.to <= calendar.from ? 1 : 0;
    const shift = { start: atClock(day, calendar.from), end: atClock(day.plus({ days: overMidnight }), calendar.to) };
    if (t < shift.end) return shift;
  }
  throw new Failure('unprocessable', 'The service calendar has no working day within a year.', {
    expression: 'RuleSet.serviceCalendar',
  });
}

/** Whether somebody is on duty at `t`. */
export function isOpen(t: number, hours: Hours): boolean {
  return currentOrNextShift(t, hours).start <= t;
}
