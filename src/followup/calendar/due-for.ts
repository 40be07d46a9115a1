import type { AlertColour } from '../ruleset/grammar.js';
import { localDate, localMinute, localTime } from './local-time.js';
import { currentOrNextShift, type Hours, isOpen } from './shift.js';

/** How long the limits of a patient may be missing. */
const limitsNeededWithin = { days: 14 };

/** A deadline: its label and, where it is an instant, that. */
export interface DueTime {
  readonly label: string;
  readonly at?: number;
}

/**
 * When an alert of a colour that was received at `t` should be handled: red as soon as possible (or whoever has the
 * watch after hours); yellow, blue and technical within the shift, or the next one where none is on or the shift is
 * just ending; green as needed; grey (missing limits) by the end of the 14th day.
 */
export function dueFor(colour: AlertColour, t: number, hours: Hours): DueTime {
  switch (colour) {
    case 'red':
      return { label: isOpen(t, hours) ? 'ASAP' : `ASAP/${hours.calendar.afterHours ?? 'outside-hours'}` };
    case 'green':
      return { label: 'as-needed' };
    case 'grey': {
      const day = localTime(t, hours.zone).startOf('day').plus(limitsNeededWithin);
      return { label: localDate(day.toMillis(), hours.zone), at: day.plus({ days: 1 }).toMillis() };
    }
    default: {
      const { end } = currentOrNextShift(t, hours);
      return { label: localMinute(end, hours.zone), at: end };
    }
  }
}
