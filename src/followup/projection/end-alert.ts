/** `cancel`, `close-auto`, `overdue`: alerts that the engine itself ends or presses. `closed` is written by $close. */
import type { Resource } from '../../fhir/resource.js';
import { instant } from '../../kernel/clock.js';
import type { CancelOp, GreyOp } from '../engine/op.js';
import { annotation, mitigation } from '../vocabulary/annotation.js';
import { many } from '../vocabulary/element.js';
import type { Draft } from './draft.js';

/** Evidence is withdrawn: without any left, the alert and its Task are cancelled; else the Task says so. */
export function cancelAlert(op: CancelOp, draft: Draft): void {
  const open = draft.alert(op.rule);
  if (open === undefined) return;
  const { now } = draft.context;
  const text =
    op.reason === 'evidence-withdrawn'
      ? 'Grunnlaget for varselet er trukket tilbake som feilregistrert.'
      : `Registrert i etterkant: ${op.reason} regnes ikke lenger som uteblitt.`;
  if (!op.ended) {
    draft.keep(op.rule, { issue: open.issue, task: open.task && noted(open.task, now, text) });
    return;
  }
  draft.end(op.rule, {
    // R4's required value set has no `cancelled` in every printing of it; this code is in all of them.
    issue: { ...open.issue, status: 'entered-in-error' },
    task: open.task && { ...noted(open.task, now, text), status: 'cancelled', statusReason: { text } },
  });
}

/** An approved plan has given the limits that were missing. */
export function closeGrey(_op: GreyOp, draft: Draft): void {
  const open = draft.alert('grey');
  if (open === undefined) return;
  const { now } = draft.context;
  const text = 'En godkjent plan har gitt grenseverdiene.';
  draft.end('grey', {
    issue: {
      ...open.issue,
      status: 'final',
      mitigation: [...many<object>(open.issue.mitigation), mitigation(text, now)],
    },
    task: open.task && { ...noted(open.task, now, text), status: 'completed' },
  });
}

/** The 14 days for setting limits are over. */
export function pressGrey(_op: GreyOp, draft: Draft): void {
  const open = draft.alert('grey');
  if (open?.task === undefined) return;
  const text = 'Fristen for å sette grenseverdier er gått ut.';
  const task = { ...noted(open.task, draft.context.now, text), priority: 'urgent', businessStatus: { text } };
  draft.keep('grey', { issue: open.issue, task });
}

const noted = (task: Resource, now: number, text: string): Resource => ({
  ...task,
  lastModified: instant(now),
  note: [...many<object>(task.note), annotation(text, now)],
});
