/** `escalate`: a worse colour. The alert is put on the list anew, with the new deadline; for red the clock starts. */
import { instant } from '../../kernel/clock.js';
import type { EscalateOp } from '../engine/op.js';
import { colourText, priorityOf, severityOf } from '../vocabulary/codes.js';
import { withExtension } from '../vocabulary/element.js';
import { alertOf, colourExtension, colourUrl } from './alert-element.js';
import { kindConcept, kindOf } from './alert-kind.js';
import type { Draft } from './draft.js';
import { deadline } from './deadline.js';
import { nobodyWatching, startRedClock, watchOf } from './red-clock.js';
import { withEvidence } from './update-alert.js';

export function escalateAlert(op: EscalateOp, draft: Draft): void {
  const open = draft.alert(op.rule);
  if (open === undefined) return;
  const { context } = draft;
  const count = op.count ?? (alertOf(open.issue)?.count ?? 0) + 1;
  const pair = withEvidence(open, op, { count, due: op.due.label, note: op.note, cleared: undefined }, draft);
  const issue = {
    ...withExtension(pair.issue, colourUrl, colourExtension(op.colour)),
    code: kindConcept(kindOf(op.rule, op.note, context.plan?.ruleSet), op.words),
    severity: severityOf[op.colour],
    detail: `${colourText[op.colour]}: ${op.words}`,
  };
  const end = deadline(op, context.redResponse);
  const { restriction: _, businessStatus: __, ...rest } = pair.task ?? { resourceType: 'Task' };
  const raised = {
    ...withExtension(rest, colourUrl, colourExtension(op.colour)),
    status: 'requested',
    ...(/^ASAP\/./.test(op.due.label) ? { owner: watchOf(op, context) } : {}),
    priority: priorityOf[op.colour],
    description: op.words,
    lastModified: instant(context.now),
    ...(end === undefined ? {} : { restriction: { period: { end: instant(end) } } }),
  };
  const task =
    op.colour === 'red' ? startRedClock(raised, { from: op.received, response: context.redResponse }) : raised;
  draft.keep(op.rule, { issue, task: pair.task === undefined ? undefined : task });
  if (op.colour === 'red') nobodyWatching(op.due.label, issue, draft);
}
