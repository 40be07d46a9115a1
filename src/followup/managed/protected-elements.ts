/**
 * Decision 9: which elements of a managed resource are changed only by the operations of the follow-up module, and which
 * operation to use instead. Elements that are not named here (notes of a Task, contact details …) stay ordinary FHIR.
 */
import type { Resource } from '../../fhir/resource.js';
import { hasCode } from '../vocabulary/element.js';
import { structure, system } from '../vocabulary/systems.js';

/** A group of elements with the operation that changes them. `extension:dho-x` names one extension by its url. */
export interface Protection {
  readonly elements: readonly string[] | 'all';
  /** Operation(s) to use; undefined = nothing changes them after creation. */
  readonly use?: string;
  /** Applies only where this holds for the stored resource. */
  readonly when?: (before: Resource) => boolean;
  /** Steps that a client may take itself, by an ordinary update: from → to. */
  readonly free?: Readonly<Record<string, readonly string[]>>;
}

const approvalUrl = structure('dho-approval');

/** In force = active and approved; only such a plan is monitored. */
export const inForce = (plan: Resource): boolean =>
  plan.status === 'active' &&
  Array.isArray(plan.extension) &&
  (plan.extension as { url?: string }[]).some((one) => one.url === approvalUrl);

const taskWith =
  (code: string) =>
  (task: Resource): boolean =>
    hasCode(task.code, system.taskCode, code);
const r4TaskWith =
  (code: string) =>
  (task: Resource): boolean =>
    hasCode(task.code, system.r4TaskCode, code);
const special = new Set(['handle-alert', 'limits-needed', 'take-over']);
const ordinaryTask = (task: Resource): boolean =>
  hasCode(task.code, system.taskCode) && ![...special].some((code) => taskWith(code)(task));

const openSteps = {
  requested: ['received', 'accepted', 'in-progress'],
  received: ['accepted', 'in-progress'],
  accepted: ['in-progress', 'on-hold'],
  'in-progress': ['on-hold'],
  'on-hold': ['in-progress'],
} as const;
const ordinarySteps = {
  requested: ['received', 'accepted', 'in-progress', 'completed', 'cancelled'],
  received: ['accepted', 'in-progress', 'completed', 'cancelled'],
  accepted: ['in-progress', 'on-hold', 'completed', 'cancelled'],
  'in-progress': ['on-hold', 'completed', 'cancelled'],
  'on-hold': ['in-progress', 'completed', 'cancelled'],
} as const;

const alertTask = 'DetectedIssue/$close';

export const protections: Readonly<Record<string, readonly Protection[]>> = {
  CarePlan: [
    { elements: ['status'], use: 'CarePlan/$approve', free: { draft: ['entered-in-error', 'revoked'] } },
    { elements: ['extension:dho-approval'], use: 'CarePlan/$approve' },
    { elements: ['subject', 'category', 'intent'] },
    {
      elements: 'all',
      use: 'CarePlan/$revise or PlanDefinition/$apply (a new draft with `replaces`), then CarePlan/$submit-for-approval; or CarePlan/$hand-over, CarePlan/$revoke',
      when: inForce,
    },
  ],
  DetectedIssue: [
    { elements: ['status', 'mitigation'], use: 'DetectedIssue/$close' },
    {
      elements: [
        'identifier',
        'code',
        'severity',
        'patient',
        'identifiedDateTime',
        'identifiedPeriod',
        'author',
        'implicated',
        'evidence',
        'extension:dho-colour',
        'extension:dho-alert',
      ],
    },
  ],
  Task: [
    { elements: ['status'], use: alertTask, when: taskWith('handle-alert'), free: openSteps },
    { elements: ['status'], use: 'CarePlan/$approve', when: taskWith('limits-needed'), free: openSteps },
    { elements: ['status'], use: 'CarePlan/$hand-over', when: taskWith('take-over'), free: openSteps },
    {
      elements: ['status', 'statusReason', 'output'],
      use: 'CarePlan/$approve or CarePlan/$reject',
      when: r4TaskWith('approve'),
    },
    {
      elements: ['status', 'statusReason', 'output'],
      use: 'ServiceRequest/$accept, ServiceRequest/$reject, ServiceRequest/$ask-back or ServiceRequest/$answer',
      when: r4TaskWith('fulfill'),
    },
    { elements: ['status'], use: 'an allowed next status', when: ordinaryTask, free: ordinarySteps },
    { elements: ['owner'], use: 'Task/$delegate' },
    {
      elements: [
        'identifier',
        'code',
        'focus',
        'for',
        'basedOn',
        'intent',
        'priority',
        'restriction',
        'requester',
        'authoredOn',
        'extension:dho-colour',
      ],
    },
  ],
  EpisodeOfCare: [
    {
      elements: [
        'status',
        'statusHistory',
        'period',
        'extension:dho-pause',
        'extension:dho-phase',
        'extension:dho-end-reason',
      ],
      use: 'EpisodeOfCare/$start, EpisodeOfCare/$pause, EpisodeOfCare/$resume or EpisodeOfCare/$end',
    },
    { elements: ['extension:dho-plan-declined'], use: 'EpisodeOfCare/$decline-plan' },
    { elements: ['extension:dho-inclusion'], use: 'ServiceRequest/$accept or EpisodeOfCare/$include' },
    { elements: ['extension:dho-green-alerts-off'], use: 'EpisodeOfCare/$green-alerts' },
    { elements: ['patient', 'type', 'managingOrganization', 'referralRequest', 'team'] },
  ],
  ServiceRequest: [
    { elements: ['status'], use: 'ServiceRequest/$accept or ServiceRequest/$reject' },
    { elements: ['identifier', 'subject', 'requester', 'code', 'intent', 'performer', 'authoredOn'] },
  ],
  // what the module derives itself: a score
  Observation: [{ elements: 'all' }],
  Flag: [{ elements: ['status', 'category', 'code', 'subject', 'period'] }],
  Device: [
    {
      elements: ['patient', 'extension:dho-equipment-state'],
      use: 'Device/$assign, Device/$return, Device/$check or Device/$replace',
    },
    { elements: ['extension:dho-equipment-check', 'extension:dho-calibration'], use: 'Device/$check' },
    { elements: ['extension:dho-termination'], use: 'Device/$give-notice' },
  ],
  DeviceUseStatement: [
    { elements: ['status', 'timingPeriod'], use: 'Device/$return' },
    { elements: ['derivedFrom'], use: 'Device/$sign-loan' },
    { elements: ['subject', 'device'] },
  ],
  Provenance: [{ elements: 'all' }],
};
