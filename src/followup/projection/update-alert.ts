/** `update`, `cleared`: evidence is added to an open alert; the colour stays. */
import { instant } from '../../kernel/clock.js';
import type { ClearedOp, UpdateOp } from '../engine/op.js';
import { annotation } from '../vocabulary/annotation.js';
import { many, withExtension } from '../vocabulary/element.js';
import { alertExtension, type AlertFacts, alertOf, alertUrl } from './alert-element.js';
import type { Draft } from './draft.js';
import { addedReferences, addedTexts } from './evidence.js';
import type { OpenAlertPair } from './projection-context.js';

/** `count` 0: one more than before. */
export function updateAlert(op: UpdateOp, draft: Draft): void {
  const open = draft.alert(op.rule);
  if (open === undefined) return;
  const before = alertOf(open.issue);
  const count = op.count === 0 ? (before?.count ?? 0) + 1 : op.count;
  draft.keep(op.rule, withEvidence(open, op, { count, note: op.note ?? before?.note, cleared: undefined }, draft));
}

export function clearAlert(op: ClearedOp, draft: Draft): void {
  const open = draft.alert(op.rule);
  if (open === undefined) return;
  const at = instant(draft.context.now);
  const issue = withExtension(open.issue, alertUrl, alertExtension({ ...facts(open), rule: op.rule, cleared: at }));
  const note = annotation('Tilbake i grønn sone; lukkes av den som følger opp.', draft.context.now);
  const task =
    open.task === undefined
      ? undefined
      : { ...open.task, lastModified: at, note: [...many<object>(open.task.note), note] };
  draft.keep(op.rule, { issue, task });
}

/** The pair with added evidence and changed facts. */
export function withEvidence(
  open: OpenAlertPair,
  op: { readonly rule: string; readonly evidence: readonly string[] },
  change: Partial<AlertFacts>,
  draft: Draft,
): OpenAlertPair {
  const implicated = addedReferences(open.issue.implicated, op.evidence);
  const evidence = addedTexts(open.issue.evidence, op.evidence);
  const issue = {
    ...withExtension(open.issue, alertUrl, alertExtension({ ...facts(open), ...change, rule: op.rule })),
    ...(implicated.length === 0 ? {} : { implicated }),
    ...(evidence.length === 0 ? {} : { evidence }),
  };
  const task = open.task === undefined ? undefined : { ...open.task, lastModified: instant(draft.context.now) };
  return { issue, task };
}

const facts = (open: OpenAlertPair): AlertFacts => alertOf(open.issue) ?? { rule: '', count: 1 };
