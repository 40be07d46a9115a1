/** `open`: DetectedIssue (the finding) + Task `handle-alert` (the handling). https://hl7.org/fhir/R4/detectedissue.html */
import type { Resource } from '../../fhir/resource.js';
import { instant } from '../../kernel/clock.js';
import type { OpenOp } from '../engine/op.js';
import { alertKind, colourText, priorityOf, severityOf, taskConcept } from '../vocabulary/codes.js';
import { type Reference, referenceTo } from '../vocabulary/element.js';
import { engineDevice, identifierSystem, structure } from '../vocabulary/systems.js';
import { alertExtension, colourExtension } from './alert-element.js';
import { kindConcept, kindOf } from './alert-kind.js';
import type { Draft } from './draft.js';
import { evidenceReferences, evidenceTexts } from './evidence.js';
import { deadline } from './deadline.js';
import { nobodyWatching, startRedClock, watchOf } from './red-clock.js';

/**
 * @param count hits so far. What a hit is measured against (a reference, a run, the members of a composite) is evidence
 *   too, but no hit of its own.
 */
export function openAlert(op: OpenOp, draft: Draft, count = 1): void {
  const issue = newIssue(op, draft, count);
  const task = newTask(op, issue, draft);
  draft.keep(op.rule, { issue, task });
  if (op.colour === 'red') nobodyWatching(op.due.label, issue, draft);
}

/** `CarePlan/1/_history/3` of the plan that the op names, else of the plan in force. */
export const planReference = (op: OpenOp['plan'], draft: Draft): string | undefined =>
  op?.id !== undefined && op.version !== undefined
    ? `CarePlan/${op.id}/_history/${op.version}`
    : draft.context.plan?.reference;

const identityOf = (op: OpenOp, draft: Draft): { system: string; value: string } => {
  const plan = op.plan?.id === undefined ? 'no-plan' : `${op.plan.id}#${op.plan.version ?? 1}`;
  return {
    system: identifierSystem.alert,
    value: [draft.context.patientId, op.rule, plan, op.evidence[0] ?? op.t].join('|'),
  };
};

/** An alert of the whole centre (monitoring stood still) names no patient. */
const named = (element: string, patient: Reference): object =>
  patient.reference === undefined && patient.identifier === undefined ? {} : { [element]: patient };

function newIssue(op: OpenOp, draft: Draft, count: number): Resource {
  const { context } = draft;
  const kind = kindOf(op.rule, op.note, context.plan?.ruleSet);
  const former = context.closedAlerts?.get(op.rule);
  const implicated = evidenceReferences(op.evidence);
  const evidence = evidenceTexts(op.evidence);
  return {
    resourceType: 'DetectedIssue',
    id: context.ids.next(),
    meta: { profile: [structure('dho-alert-issue')] },
    extension: [
      colourExtension(op.colour),
      alertExtension({
        rule: op.rule,
        plan: planReference(op.plan, draft),
        count,
        due: op.due.label,
        note: op.note,
        former: former === undefined ? undefined : referenceTo(former),
        first: isFirstYellow(op, draft) ? true : undefined,
      }),
    ],
    identifier: [identityOf(op, draft)],
    status: 'preliminary',
    code: kindConcept(kind, op.words),
    severity: severityOf[op.colour],
    ...named('patient', context.patient),
    identifiedDateTime: instant(op.received),
    author: engineDevice,
    ...(implicated.length === 0 ? {} : { implicated }),
    ...(evidence.length === 0 ? {} : { evidence }),
    detail: `${colourText[op.colour]}: ${op.words === '' ? alertKind[kind] : op.words}`,
  };
}

/** Handbook: at the first yellow the patient's state is mapped, and a technical fault or recent activity ruled out. */
const isFirstYellow = (op: OpenOp, { context }: Draft): boolean =>
  op.colour === 'yellow' && context.closedAlerts?.has(op.rule) !== true;

const firstYellowChecklist = [
  'Utelukk teknisk feil ved målingen',
  'Spør om aktivitet like før målingen',
  'Kartlegg pasientens tilstand',
].map((text) => ({ type: { text: 'Sjekkliste' }, valueString: text }));

function newTask(op: OpenOp, issue: Resource, draft: Draft): Resource {
  const { context } = draft;
  const plan = planReference(op.plan, draft);
  const code = op.rule === 'grey' ? 'limits-needed' : 'handle-alert';
  const at = instant(context.now);
  const end = deadline(op, context.redResponse);
  const task: Resource = {
    resourceType: 'Task',
    id: context.ids.next(),
    meta: { profile: [structure('dho-task')] },
    extension: [colourExtension(op.colour)],
    identifier: [identityOf(op, draft)],
    ...(plan === undefined ? {} : { basedOn: [{ reference: plan } satisfies Reference] }),
    status: 'requested',
    intent: 'order',
    priority: priorityOf[op.colour],
    code: taskConcept(code),
    description: op.words === '' ? String(issue.detail) : op.words,
    focus: referenceTo(issue),
    ...named('for', context.patient),
    authoredOn: at,
    lastModified: at,
    requester: engineDevice,
    owner: watchOf(op, context),
    ...(isFirstYellow(op, draft) ? { input: firstYellowChecklist } : {}),
    ...(end === undefined ? {} : { restriction: { period: { end: instant(end) } } }),
  };
  return op.colour === 'red' ? startRedClock(task, { from: op.received, response: context.redResponse }) : task;
}
