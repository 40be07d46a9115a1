/**
 * A plan comes into force: `CarePlan/$submit-for-approval`, `$approve`, `$reject` (decision 8).
 * https://hl7.org/fhir/R4/task.html · https://hl7.org/fhir/R4/provenance.html
 */
import type { Change } from '../../fhir/change.js';
import type { Resource } from '../../fhir/resource.js';
import type { Ids } from '../../kernel/ids.js';
import { instant } from '../../kernel/clock.js';
import { Failure } from '../../kernel/failure.js';
import type { Finding } from '../lint/finding.js';
import { findingExtension } from '../lint/finding-extension.js';
import { annotation } from '../vocabulary/annotation.js';
import { approveConcept } from '../vocabulary/codes.js';
import {
  asReference,
  hasCode,
  many,
  type Reference,
  targetOf,
  versionIn,
  versionOf,
  withExtension,
} from '../vocabulary/element.js';
import { created, updated } from '../vocabulary/module-change.js';
import { identifierSystem, structure, system } from '../vocabulary/systems.js';
import { type Approver, approverReference, mayApprove, type ResponsibleFacts } from './approver.js';
import { contentHash } from './content-hash.js';
import { approvalExtension, approvalUrl } from './frame-codec.js';
import { ruleSetFromCarePlan } from './rule-set-from-care-plan.js';

const hashInput = 'content-hash';

export interface Submission {
  /** The draft as stored; its version is what is submitted. */
  readonly carePlan: Resource;
  /** Who shall approve: the patient's GP (or office), or the responsible hospital doctor. */
  readonly owner: Reference;
  readonly requester?: Reference | undefined;
  /** Open Tasks `approve` of earlier versions of this draft: they are cancelled. */
  readonly earlier?: readonly Resource[];
  readonly note?: string | undefined;
  /** What was found in the plan and let by; the approver sees it, and why. */
  readonly findings?: readonly Finding[];
  readonly override?: string | undefined;
  /** When an answer is expected, milliseconds since 1970; after that it is asked for again. */
  readonly due?: number | undefined;
  readonly now: number;
  readonly ids: Ids;
}

/** → Task `approve` whose focus is the submitted version. The plan itself is not touched. */
export function submitForApproval(facts: Submission): Change[] | Failure {
  const { carePlan, owner, now, ids } = facts;
  const refused = notDraft(carePlan) ?? unreadable(carePlan);
  if (refused !== undefined) return refused;
  const at = instant(now);
  const task: Resource = {
    resourceType: 'Task',
    id: ids.next(),
    meta: { profile: [structure('dho-task')] },
    status: 'requested',
    intent: 'order',
    priority: 'routine',
    code: approveConcept,
    focus: { reference: `CarePlan/${carePlan.id}/_history/${versionOf(carePlan) ?? 1}` },
    for: carePlan.subject,
    authoredOn: at,
    lastModified: at,
    ...(facts.requester === undefined ? {} : { requester: facts.requester }),
    owner,
    ...(facts.due === undefined ? {} : { restriction: { period: { end: instant(facts.due) } } }),
    ...(facts.note === undefined ? {} : { note: [annotation(facts.note, now, facts.requester)] }),
    input: [
      { type: { text: hashInput }, valueString: contentHash(carePlan) },
      ...(facts.findings ?? []).map((finding) => ({
        extension: [findingExtension(finding)],
        type: { coding: [{ system: system.planCheck, code: finding.check }], text: finding.severity },
        valueString: finding.words,
      })),
      ...((facts.findings ?? []).some(({ severity }) => severity === 'warning') && facts.override !== undefined
        ? [{ type: { text: 'override' }, valueString: facts.override }]
        : []),
    ],
  };
  const superseded = (facts.earlier ?? []).map((one) =>
    updated(one, {
      status: 'cancelled',
      statusReason: { text: 'En nyere versjon er sendt til godkjenning' },
      lastModified: at,
    }),
  );
  return [...superseded, created(task)];
}

export interface ApprovalFacts extends ResponsibleFacts {
  readonly carePlan: Resource;
  /** The open Task `approve` whose focus is this draft. */
  readonly task: Resource;
  readonly approver: Approver;
  /** If-Match of the request: the version that the approver saw. */
  readonly ifMatch: number | undefined;
  /** Default: sykehus for the hospital doctor, fastlege for the GP. */
  readonly responsible?: 'sykehus' | 'fastlege' | undefined;
  readonly interim?: boolean | undefined;
  readonly nextReview?: string | undefined;
  /** The plan in force that this one `replaces`, resolved. */
  readonly replaced?: Resource | undefined;
  /** Further plans of the patient that are in force: there may be only one. */
  readonly otherInForce?: readonly Resource[];
  readonly note?: string | undefined;
  readonly now: number;
  readonly ids: Ids;
}

/**
 * → draft becomes active with `dho-approval`, the replaced plan completed, Task completed, Provenance with both versions –
 * all for one commit. What is activated has the hash of what was submitted.
 *
 * @returns Failure `forbidden` where the approver is not entitled; `precondition` where the version is not the submitted one
 */
export function approve(facts: ApprovalFacts): Change[] | Failure {
  const { carePlan, task, approver, now, ids, replaced } = facts;
  const refused =
    notDraft(carePlan) ?? notAsked(task) ?? wrongVersion(facts) ?? mayApprove(facts) ?? wrongPredecessor(facts);
  if (refused !== undefined) return refused;
  const at = instant(now);
  const hash = contentHash(carePlan);
  const version = versionOf(carePlan) ?? 1;
  const approval = approvalExtension({
    state: facts.interim === true ? 'interim' : 'approved',
    by: { hpr: approver.hpr, name: approver.name, role: approver.role },
    org: approver.organisation,
    at,
    contentHash: hash,
    responsible: facts.responsible ?? (approver.role === 'hospital' ? 'sykehus' : 'fastlege'),
    ...(facts.nextReview === undefined ? {} : { nextReview: facts.nextReview }),
  });
  const activated = withExtension(carePlan, approvalUrl, approval);
  if (contentHash({ ...activated, status: 'active' }) !== hash) {
    return new Failure('fault', 'The activated plan would differ from the approved one.', { expression: 'CarePlan' });
  }
  return [
    updated(activated, { status: 'active' }),
    ...(replaced === undefined ? [] : [updated(replaced, { status: 'completed' })]),
    updated(task, {
      status: 'completed',
      lastModified: at,
      executionPeriod: { end: at },
      output: [
        {
          type: { text: 'CarePlan' },
          valueReference: { reference: `CarePlan/${carePlan.id}/_history/${version + 1}` },
        },
      ],
      ...(facts.note === undefined
        ? {}
        : { note: [...many<object>(task.note), annotation(facts.note, now, approverReference(approver))] }),
    }),
    created(provenance({ facts, at, version, id: ids.next() })),
  ];
}

/** → Task `rejected` with the reason; the plan stays a draft. A version that is named has to be the current one. */
export function rejectPlan(facts: ApprovalFacts & { readonly reason: string }): Change[] | Failure {
  const { carePlan, task, reason, now, ifMatch } = facts;
  const refused = notDraft(carePlan) ?? notAsked(task) ?? mayApprove(facts);
  if (refused !== undefined) return refused;
  if (ifMatch !== undefined && ifMatch !== versionOf(carePlan)) {
    return new Failure('precondition', 'The plan has changed since: look at its current version.', {
      expression: 'CarePlan.meta.versionId',
    });
  }
  if (reason.trim() === '') {
    return new Failure('unprocessable', 'A plan is sent back with a reason; its author gets it.', {
      expression: "Parameters.parameter.where(name='reason')",
      code: 'required',
    });
  }
  return [updated(task, { status: 'rejected', statusReason: { text: reason }, lastModified: instant(now) })];
}

function provenance({
  facts,
  at,
  version,
  id,
}: {
  facts: ApprovalFacts;
  at: string;
  version: number;
  id: string;
}): Resource {
  const { carePlan, approver, replaced } = facts;
  const replacedVersion =
    replaced === undefined ? undefined : `CarePlan/${replaced.id}/_history/${(versionOf(replaced) ?? 1) + 1}`;
  return {
    resourceType: 'Provenance',
    id,
    target: [
      { reference: `CarePlan/${carePlan.id}/_history/${version + 1}` },
      ...(replacedVersion === undefined ? [] : [{ reference: replacedVersion }]),
    ],
    occurredDateTime: at,
    recorded: at,
    activity: { coding: [{ system: system.r4TaskCode, code: 'approve' }], text: 'Godkjenning av egenbehandlingsplan' },
    agent: [
      {
        type: { coding: [{ system: system.provenanceAgent, code: 'verifier', display: 'Verifier' }] },
        who: approverReference(approver),
        onBehalfOf: {
          type: 'Organization',
          identifier: { system: identifierSystem.organisation, value: approver.organisation },
        },
      },
    ],
    entity: [{ role: 'revision', what: { reference: `CarePlan/${carePlan.id}/_history/${version}` } }],
  };
}

function notDraft(plan: Resource): Failure | undefined {
  if (plan.status === 'draft') return undefined;
  return new Failure(
    'conflict',
    `The plan is ${String(plan.status)}; only a draft is approved. A revision is a new draft with \`replaces\`.`,
    {
      expression: 'CarePlan.status',
    },
  );
}

/** What the engine could not read must not reach an approver. */
function unreadable(plan: Resource): Failure | undefined {
  try {
    ruleSetFromCarePlan(plan);
    return undefined;
  } catch (error) {
    if (error instanceof Failure) return new Failure('unprocessable', error.issues, { cause: error });
    throw error;
  }
}

const openTask = new Set(['requested', 'received', 'accepted', 'in-progress', 'on-hold']);

function notAsked(task: Resource): Failure | undefined {
  if (hasCode(task.code, system.r4TaskCode, 'approve') && openTask.has(String(task.status))) return undefined;
  return new Failure(
    'conflict',
    'The plan has not been submitted, or has been answered already: use CarePlan/$submit-for-approval.',
    {
      expression: 'Task.status',
    },
  );
}

function wrongVersion({ carePlan, task, ifMatch }: ApprovalFacts): Failure | undefined {
  if (ifMatch === undefined) {
    return new Failure('precondition', 'Say which version you approve: If-Match: W/"<version>".', {
      expression: 'CarePlan.meta.versionId',
    });
  }
  const focus = asReference(task.focus);
  const submitted = versionIn(focus);
  const current = versionOf(carePlan);
  const hash = many<{ type?: { text?: string }; valueString?: string }>(task.input).find(
    (one) => one.type?.text === hashInput,
  )?.valueString;
  const same =
    targetOf(focus)?.id === carePlan.id &&
    submitted === current &&
    ifMatch === current &&
    hash === contentHash(carePlan);
  if (same) return undefined;
  return new Failure(
    'precondition',
    'The plan has changed since it was submitted: look at the current version and submit it again.',
    {
      expression: 'CarePlan.meta.versionId',
    },
  );
}

/** One plan in force per patient: a revision names the plan that it replaces. */
function wrongPredecessor({ carePlan, replaced, otherInForce }: ApprovalFacts): Failure | undefined {
  const named = many<Reference>(carePlan.replaces).map((one) => targetOf(one)?.id);
  if (named.length > 0 && (replaced === undefined || !named.includes(replaced.id) || replaced.status !== 'active')) {
    return new Failure('conflict', 'The plan that this one replaces is not in force any more.', {
      expression: 'CarePlan.replaces',
    });
  }
  if ((otherInForce ?? []).some((one) => one.id !== replaced?.id)) {
    return new Failure(
      'conflict',
      'The patient has another plan in force: the draft must say in `replaces` that it replaces it.',
      {
        expression: 'CarePlan.replaces',
      },
    );
  }
  return undefined;
}
