/** What was missed while the server itself stood still is marked so: it may be the server's fault, not the patient's. */
import { moved } from '../calendar/elapsed.js';
import type { EscalateOp, OpenOp, Op, UpdateOp } from '../engine/op.js';
import type { RuleSet } from '../ruleset/grammar.js';

export interface Downtime {
  /** Milliseconds since 1970. */
  readonly from: number;
  readonly to: number;
}

type MissOp = OpenOp | EscalateOp | UpdateOp;
const isMiss = (op: Op): op is MissOp =>
  (op.op === 'open' || op.op === 'escalate' || op.op === 'update') && op.rule.startsWith('missing:');

/** When something could have come for the occurrence that was missed; undefined where the plan has no such schedule. */
function windowOf(op: MissOp, plan: RuleSet): Downtime | undefined {
  const schedule = plan.schedules.find(({ id }) => `missing:${id}` === op.rule);
  const at = Date.parse((op.evidence.at(-1) ?? '').slice(op.rule.length + 1));
  if (schedule === undefined || Number.isNaN(at)) return undefined;
  const zone = plan.timezone;
  return { from: moved(at, schedule.before, { zone, back: true }), to: moved(at, schedule.after, { zone }) };
}

/** The beginning of the earliest window among the misses; undefined where nothing was missed. */
export function missedSince(ops: readonly Op[], plan: RuleSet): number | undefined {
  const windows = ops.flatMap((op) => (isMiss(op) ? (windowOf(op, plan) ?? []) : []));
  return windows.length === 0 ? undefined : Math.min(...windows.map(({ from }) => from));
}

/** Misses whose window a standstill reaches into get the note and say so in words. */
export function markOwnDowntime(ops: readonly Op[], plan: RuleSet, downtimes: readonly Downtime[]): readonly Op[] {
  return ops.map((op) => {
    const window = isMiss(op) ? windowOf(op, plan) : undefined;
    if (window === undefined || !downtimes.some(({ from, to }) => from < window.to && to > window.from)) return op;
    return { ...op, note: 'own-downtime', words: `${op.words} – tjenesten sto selv stille i denne tiden` } as Op;
  });
}
