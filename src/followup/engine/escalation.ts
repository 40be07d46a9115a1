import { windowStart } from '../calendar/elapsed.js';
import type { ZoneColour } from '../ruleset/grammar.js';
import { ownValue } from '../ruleset/own-value.js';
import type { Reason, StepContext } from './context.js';
import { planAt } from './plan-versions.js';
import type { Evidence } from './state.js';

/**
 * "Ring etter 3 gule alarmer": counts what the plan's rules find in a colour, all rules together, within the window and
 * since the last task. The occurrence that completes the number makes the task; the next one counts anew.
 */
export function countOccurrence(
  ctx: StepContext,
  colour: ZoneColour,
  found: { readonly evidence: Evidence; readonly reason: Reason },
): void {
  const { key, t } = found.evidence;
  for (const escalation of planAt(ctx.draft, t)?.escalations ?? []) {
    if (escalation.colour !== colour) continue;
    const before = ownValue(ctx.draft.counted, escalation.id) ?? [];
    const newest = Math.max(t, ...before.map((occurrence) => occurrence.t));
    const from = windowStart(newest, escalation.window, ctx.zone);
    const now = [...before, { key, t }].filter((occurrence) => occurrence.t >= from);
    const complete = now.length >= escalation.n;
    ctx.draft.counted[escalation.id] = complete ? [] : now;
    if (complete) ctx.say({ op: 'task', escalation: escalation.id, action: escalation.action }, found.reason);
  }
}

/** Evidence that was withdrawn does not count towards the next task. */
export function uncount(ctx: StepContext, key: string): void {
  for (const [id, occurrences] of Object.entries(ctx.draft.counted)) {
    ctx.draft.counted[id] = occurrences.filter((occurrence) => occurrence.key !== key);
  }
}
