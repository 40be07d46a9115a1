import type { Schedule } from '../ruleset/grammar.js';
import { atClock, instantOf, localTime } from './local-time.js';

/** A stretch of time in a zone; `from` belongs to it, `to` does not. */
export interface Span {
  readonly from: number;
  readonly to: number;
  readonly zone: string;
}

/** When a schedule expects something, in order: at its local times on its days, from its start. Lazy: ask for few. */
export function* occurrences(schedule: Schedule, { from, to, zone }: Span): Generator<number> {
  const begin = Math.max(from, schedule.start === undefined ? from : instantOf(schedule.start, zone));
  const times = [...new Set(schedule.times)].sort();
  for (
    let day = localTime(begin, zone).startOf('day').minus({ days: 1 });
    day.toMillis() < to;
    day = day.plus({ days: 1 })
  ) {
    if (schedule.days !== undefined && !schedule.days.includes(day.weekday - 1)) continue;
    for (const time of times) {
      const at = atClock(day, time);
      if (at >= begin && at < to) yield at;
    }
  }
}
