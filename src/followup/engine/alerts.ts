import type { AlertColour } from '../ruleset/grammar.js';
import { rankOf } from './colour-rank.js';
import type { Reason, StepContext } from './context.js';
import type { Note } from './op.js';
import type { Alert, Evidence } from './state.js';

/** What has been found, and in what. */
export interface Finding {
  readonly rule: string;
  readonly colour: AlertColour;
  readonly evidence: Evidence;
  readonly reason: Reason;
  readonly note?: Note | undefined;
}

/**
 * One open alert per rule: the first finding opens it, more evidence updates it, a worse colour escalates it. A better
 * colour never downgrades. The same evidence counts once.
 */
export function raise(ctx: StepContext, finding: Finding): void {
  const { rule, colour, evidence, reason } = finding;
  const note = finding.note === undefined ? {} : { note: finding.note };
  const alert = openAlert(ctx, rule);
  if (alert === undefined) {
    const due = ctx.due(colour);
    ctx.draft.alerts.push({ rule, colour, evidence: [evidence], earlier: 0 });
    ctx.say({ op: 'open', rule, colour, due, ...note }, reason);
    return;
  }
  const isNew = !alert.evidence.some(({ key }) => key === evidence.key);
  if (isNew) alert.evidence.push(evidence);
  if (rankOf(colour) > rankOf(alert.colour)) {
    alert.colour = colour;
    ctx.say({ op: 'escalate', rule, colour, count: countOf(alert), due: ctx.due(colour), ...note }, reason);
  } else if (isNew) {
    ctx.say({ op: 'update', rule, colour: alert.colour, count: countOf(alert), ...note }, reason);
  } else {
    return;
  }
  delete alert.cleared;
}

export function openAlert(ctx: StepContext, rule: string): Alert | undefined {
  return ctx.draft.alerts.find((alert) => alert.rule === rule);
}

/** Number of evidences, those beyond the reach of the state included. */
export function countOf(alert: Alert): number {
  return alert.earlier + alert.evidence.length;
}

/** Takes an alert out of the open ones. */
export function endAlert(ctx: StepContext, rule: string): void {
  ctx.draft.alerts = ctx.draft.alerts.filter((alert) => alert.rule !== rule);
}

/** A person closes an alert; the next violation opens a new one. */
export function closeAlert(ctx: StepContext, rule: string): void {
  const alert = openAlert(ctx, rule);
  if (alert === undefined) return;
  endAlert(ctx, rule);
  ctx.say({ op: 'closed', rule }, { evidence: alert.evidence.map(({ source }) => source), words: '' });
}
