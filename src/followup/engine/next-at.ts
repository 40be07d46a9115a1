import { moved } from '../calendar/elapsed.js';
import { occurrences } from '../calendar/occurrences.js';
import type { Schedule } from '../ruleset/grammar.js';
import { ownValue } from '../ruleset/own-value.js';
import { pauseAt } from './pause.js';
import { reigns } from './plan-versions.js';
import type { EngineState } from './state.js';

const day = 86_400_000;
/** A schedule that expects nothing for so long expects nothing. */
const horizon = 400 * day;

/**
 * The next instant at which a `clock` input can say something: the end of an occurrence's window, or of the deadline
 * for limits. Undefined while nothing can come (no schedule, or a pause without end). Timers need no more than this;
 * ask again after every step.
 */
export function nextAt(state: EngineState): number | undefined {
  const since = state.clock ?? state.begun;
  if (since === undefined) return undefined;
  const grey = state.alerts.find(({ deadline, overdue }) => deadline !== undefined && overdue !== true)?.deadline;
  const schedules = reigns(state.plans).flatMap(({ plan, from, to }) =>
    plan.schedules.flatMap(
      (schedule) => nextOf(state, { schedule, since, reign: { from, to, zone: plan.timezone } }) ?? [],
    ),
  );
  const open = pauseAt(state.pauses, since);
  const unpausedGrey =
    grey !== undefined && open?.mode === 'all' ? (open.end === undefined ? undefined : Math.max(open.end, grey)) : grey;
  const all = [...schedules, ...(unpausedGrey === undefined ? [] : [unpausedGrey])];
  return all.length === 0 ? undefined : Math.min(...all);
}

interface Reign {
  readonly from: number;
  readonly to: number;
  readonly zone: string;
}

function nextOf(
  state: EngineState,
  { schedule, since, reign }: { schedule: Schedule; since: number; reign: Reign },
): number | undefined {
  const { zone } = reign;
  const earliest = Math.max(reign.from, moved(since, schedule.after, { zone, back: true }) - day);
  const start = Math.max(earliest, since - horizon);
  const judged = new Set((ownValue(state.judged, schedule.id) ?? []).map(({ at }) => at));
  const upTo = Math.min(reign.to, Math.max(since, state.begun ?? since, startOf(schedule)) + horizon);
  for (const at of occurrences(schedule, { from: start, to: upTo, zone })) {
    const until = moved(at, schedule.after, { zone });
    if (until <= since && state.clock !== undefined) continue;
    if (judged.has(at) || isPaused(state, at) || isPaused(state, until)) continue;
    return until;
  }
  return undefined;
}

function startOf({ start }: Schedule): number {
  const time = start === undefined ? Number.NaN : Date.parse(start);
  return Number.isNaN(time) ? Number.NEGATIVE_INFINITY : time;
}

function isPaused(state: EngineState, t: number): boolean {
  return pauseAt(state.pauses, t) !== undefined;
}
