/** `ServiceRequest/$accept` and `$reject`: the centre's answer to a referral. */
import type { Change } from '../../fhir/change.js';
import type { Resource } from '../../fhir/resource.js';
import type { Ids } from '../../kernel/ids.js';
import { instant } from '../../kernel/clock.js';
import { Failure } from '../../kernel/failure.js';
import { annotation } from '../vocabulary/annotation.js';
import { hasCode, many, type Reference, referenceTo } from '../vocabulary/element.js';
import { created, updated } from '../vocabulary/module-change.js';
import { structure, system } from '../vocabulary/systems.js';
import { inclusionExtension } from './inclusion.js';
import { isReferral, serviceConcept } from './receive-referral.js';

export interface ReferralDecision {
  readonly referral: Resource;
  /** The Task (`fulfill`) whose focus is the referral. */
  readonly task: Resource;
  /** Who decides: Practitioner, PractitionerRole or Organization of the centre. */
  readonly by: Reference;
  /** The centre, managing organisation of the episode. */
  readonly centre: Reference;
  readonly note?: string | undefined;
  readonly now: number;
  readonly ids: Ids;
}

export interface Acceptance extends ReferralDecision {
  /** 100: the need is assessed first. Default 103. */
  readonly service?: '100' | '103';
  /** There is no capacity now: the episode waits. */
  readonly waitlist?: boolean;
  /** Criteria of inclusion that the patient meets. */
  readonly criteria?: readonly string[];
}

/**
 * → Task `accepted` and an EpisodeOfCare, `planned` or on the waiting list, that refers to the referral. The first relation
 * of the referrer.
 */
export function acceptReferral(decision: Acceptance): Change[] | Failure {
  const refused = notOpen(decision);
  if (refused !== undefined) return refused;
  const { referral, task, now, ids, centre, criteria = [], by } = decision;
  const inclusion = inclusionExtension({ criteria, by, now });
  if (inclusion instanceof Failure) return inclusion;
  const status = decision.waitlist === true ? 'waitlist' : 'planned';
  const at = instant(now);
  const episode: Resource = {
    resourceType: 'EpisodeOfCare',
    id: ids.next(),
    meta: { profile: [structure('dho-episode')] },
    ...(inclusion === undefined ? {} : { extension: [inclusion] }),
    status,
    statusHistory: [{ status, period: { start: at } }],
    type: [serviceConcept(decision.service ?? '103')],
    patient: referral.subject,
    managingOrganization: centre,
    period: { start: at },
    referralRequest: [referenceTo(referral)],
  };
  return [
    updated(task, {
      status: 'accepted',
      lastModified: at,
      ...noted(task, decision),
      output: [...many<object>(task.output), { type: { text: 'EpisodeOfCare' }, valueReference: referenceTo(episode) }],
    }),
    created(episode),
  ];
}

/** → Task `rejected` with the reason, ServiceRequest `revoked`. The reason goes to the referrer, so it is mandatory. */
export function rejectReferral(decision: ReferralDecision & { readonly reason: string }): Change[] | Failure {
  const refused = notOpen(decision);
  if (refused !== undefined) return refused;
  if (decision.reason.trim() === '') {
    return new Failure('unprocessable', 'A referral is rejected with a reason; the referrer gets it.', {
      expression: "Parameters.parameter.where(name='reason')",
      code: 'required',
    });
  }
  const { referral, task, now } = decision;
  return [
    updated(referral, { status: 'revoked' }),
    updated(task, {
      status: 'rejected',
      statusReason: { text: decision.reason },
      lastModified: instant(now),
      ...noted(task, decision),
    }),
  ];
}

const open = new Set(['requested', 'received', 'on-hold']);

function notOpen({ referral, task }: ReferralDecision): Failure | undefined {
  if (!isReferral(referral) || !hasCode(task.code, system.r4TaskCode, 'fulfill')) {
    return new Failure('unprocessable', 'This ServiceRequest is not a referral to digital home follow-up.', {
      expression: 'ServiceRequest.code',
    });
  }
  if (referral.status === 'active' && open.has(String(task.status))) return undefined;
  return new Failure('conflict', `The referral has been answered already: its Task is ${String(task.status)}.`, {
    expression: 'Task.status',
  });
}

function noted(task: Resource, { note, by, now }: ReferralDecision): { note?: unknown[] } {
  if (note === undefined || note.trim() === '') return {};
  return { note: [...many<object>(task.note), annotation(note, now, by)] };
}
