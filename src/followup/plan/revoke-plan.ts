/** `CarePlan/$revoke`: a plan that must not be followed any more, or a draft that is given up. */
import type { Change } from '../../fhir/change.js';
import type { Resource } from '../../fhir/resource.js';
import { instant } from '../../kernel/clock.js';
import { Failure } from '../../kernel/failure.js';
import type { Ids } from '../../kernel/ids.js';
import { inForce } from '../managed/protected-elements.js';
import { annotation } from '../vocabulary/annotation.js';
import { asReference, many, type Reference, referenceTo } from '../vocabulary/element.js';
import { updated } from '../vocabulary/module-change.js';
import { worklistEntry } from '../vocabulary/worklist.js';
import { type Approver, mayAnswerFor, type ResponsibleFacts } from './approver.js';
import { seenVersion } from './hand-over.js';

export interface Revocation extends Omit<ResponsibleFacts, 'approver'> {
  /** Who revokes a plan in force; a draft needs none. */
  readonly approver?: Approver | undefined;
  readonly reason: string;
  readonly ifMatch: number | undefined;
  readonly by: Reference;
  /** Open Tasks about the plan: `approve` and `take-over`. */
  readonly waiting: readonly Resource[];
  /** The follow-up centre. */
  readonly centre: Reference;
  readonly now: number;
  readonly ids: Ids;
}

/**
 * → CarePlan `revoked` with the reason as its note, what waits for an answer cancelled and, where it was in force, a Task
 * `plan-revoked` for the centre: nothing is judged by its limits from now on.
 */
export function revokePlan(facts: Revocation): Change[] | Failure {
  const { carePlan: plan, approver, reason, by, now, ids } = facts;
  const running = inForce(plan);
  if (!running && plan.status !== 'draft')
    return new Failure('conflict', `The plan is ${String(plan.status)}; a draft or a plan in force is revoked.`, {
      expression: 'CarePlan.status',
    });
  if (reason.trim() === '')
    return new Failure('unprocessable', 'A plan is revoked with a reason; those who follow it see it.', {
      expression: "Parameters.parameter.where(name='reason')",
      code: 'required',
    });
  const refused = running
    ? ((approver === undefined ? notResponsible : mayAnswerFor({ ...facts, approver })) ??
      seenVersion(plan, facts.ifMatch))
    : undefined;
  if (refused !== undefined) return refused;
  const at = instant(now);
  const cancelled = facts.waiting.map((task) =>
    updated(task, {
      status: 'cancelled',
      statusReason: { text: `Planen er trukket tilbake: ${reason}` },
      lastModified: at,
    }),
  );
  const told = worklistEntry(
    {
      code: 'plan-revoked',
      patient: asReference(plan.subject),
      focus: referenceTo(plan),
      owner: facts.centre,
      priority: 'urgent',
      description: `Egenbehandlingsplanen er trukket tilbake og følges ikke lenger: ${reason}`,
    },
    { ids, now },
  );
  return [
    updated(plan, { status: 'revoked', note: [...many<object>(plan.note), annotation(reason, now, by)] }),
    ...cancelled,
    ...(running ? [told] : []),
  ];
}

const notResponsible = new Failure(
  'forbidden',
  'Only the patient’s GP (fastlege) or the responsible hospital doctor revokes a plan in force.',
  { expression: 'CarePlan' },
);
