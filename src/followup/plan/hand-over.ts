/**
 * `CarePlan/$hand-over`: the hospital answers for a plan until the GP takes it over; who does is explicit on the plan
 * (`dho-approval.responsible`).
 */
import type { Change } from '../../fhir/change.js';
import type { Resource } from '../../fhir/resource.js';
import { instant } from '../../kernel/clock.js';
import { Failure } from '../../kernel/failure.js';
import type { Ids } from '../../kernel/ids.js';
import { inForce } from '../managed/protected-elements.js';
import { annotation } from '../vocabulary/annotation.js';
import { asReference, many, type Reference, referenceTo, versionOf, withExtension } from '../vocabulary/element.js';
import { created, updated } from '../vocabulary/module-change.js';
import { identifierSystem, system } from '../vocabulary/systems.js';
import { worklistTask } from '../vocabulary/worklist.js';
import { type Approver, approverReference, mayAnswerFor, type ResponsibleFacts } from './approver.js';
import { approvalExtension, approvalOf, approvalUrl } from './frame-codec.js';

export interface HandOver {
  readonly plan: Resource;
  /** Open Task `take-over` of the plan. */
  readonly asked?: Resource | undefined;
  /** Open Tasks `hand-over-due` about it. */
  readonly due?: readonly Resource[];
  readonly note?: string | undefined;
  readonly by: Reference;
  readonly now: number;
  readonly ids: Ids;
}

/** The other side is asked: → Task `take-over` for the patient's GP. The hospital stays responsible until it is taken. */
export function askToTakeOver(facts: HandOver & { readonly owner: Reference }): Change[] | Failure {
  const { plan, asked, note, by, owner, now, ids } = facts;
  const refused = notWithHospital(plan);
  if (refused !== undefined) return refused;
  if (asked !== undefined)
    return new Failure('conflict', `The GP has been asked already: Task/${asked.id}.`, { expression: 'Task.status' });
  const task = worklistTask(
    {
      code: 'take-over',
      patient: asReference(plan.subject),
      focus: referenceTo(plan),
      owner,
      description: 'Sykehuset ber fastlegen ta over det medisinske ansvaret for egenbehandlingsplanen.',
    },
    { ids, now },
  );
  return [created({ ...task, requester: by, ...(note === undefined ? {} : { note: [annotation(note, now, by)] }) })];
}

/** The GP takes over: → plan with `responsible` fastlege, the Task completed, Provenance. What was approved stays as it is. */
export function takeOver(
  facts: HandOver & ResponsibleFacts & { readonly approver: Approver; readonly ifMatch: number | undefined },
): Change[] | Failure {
  const { plan, asked, approver, ifMatch, note, by, now, ids } = facts;
  const refused = notWithHospital(plan) ?? mayAnswerFor(facts) ?? seenVersion(plan, ifMatch);
  if (refused !== undefined) return refused;
  const at = instant(now);
  const version = versionOf(plan) ?? 1;
  const taken = withExtension(plan, approvalUrl, approvalExtension({ ...approvalOf(plan)!, responsible: 'fastlege' }));
  return [
    updated(taken, {}),
    ...(asked === undefined
      ? []
      : [
          updated(asked, {
            status: 'completed',
            lastModified: at,
            ...(note === undefined ? {} : { note: [...many<object>(asked.note), annotation(note, now, by)] }),
          }),
        ]),
    ...(facts.due ?? []).map((task) => updated(task, { status: 'completed', lastModified: at })),
    created({
      resourceType: 'Provenance',
      id: ids.next(),
      target: [{ reference: `CarePlan/${plan.id}/_history/${version + 1}` }],
      occurredDateTime: at,
      recorded: at,
      activity: { text: 'Fastlegen har tatt over det medisinske ansvaret for egenbehandlingsplanen' },
      agent: [
        {
          type: { coding: [{ system: system.provenanceAgent, code: 'legal', display: 'Legal Authenticator' }] },
          who: approverReference(approver),
          onBehalfOf: {
            type: 'Organization',
            identifier: { system: identifierSystem.organisation, value: approver.organisation },
          },
        },
      ],
      entity: [{ role: 'revision', what: { reference: `CarePlan/${plan.id}/_history/${version}` } }],
    }),
  ];
}

function notWithHospital(plan: Resource): Failure | undefined {
  if (!inForce(plan))
    return new Failure('conflict', `The plan is ${String(plan.status)}; a plan in force is handed over.`, {
      expression: 'CarePlan.status',
    });
  if (approvalOf(plan)?.responsible === 'sykehus') return undefined;
  return new Failure('conflict', 'The GP is medically responsible for this plan already.', {
    expression: `CarePlan.extension('${approvalUrl}')`,
  });
}

/** The version that the caller looked at is the current one. */
export function seenVersion(plan: Resource, ifMatch: number | undefined): Failure | undefined {
  if (ifMatch !== undefined && ifMatch === versionOf(plan)) return undefined;
  return new Failure(
    'precondition',
    ifMatch === undefined
      ? 'Say which version you mean: If-Match: W/"<version>".'
      : 'The plan has changed since: look at its current version.',
    { expression: 'CarePlan.meta.versionId' },
  );
}
