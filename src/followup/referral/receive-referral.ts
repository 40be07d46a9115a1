/**
 * A referral to digital home follow-up arrives: ServiceRequest + Task (`fulfill`), the receipt to the referrer at once.
 * https://hl7.org/fhir/R4/servicerequest.html · https://hl7.org/fhir/R4/task.html
 */
import type { Change } from '../../fhir/change.js';
import type { Resource } from '../../fhir/resource.js';
import type { Ids } from '../../kernel/ids.js';
import { instant } from '../../kernel/clock.js';
import { channelExtension, type ReferralChannel } from './channel.js';
import { fulfillConcept } from '../vocabulary/codes.js';
import { hasCode, type Reference, referenceTo } from '../vocabulary/element.js';
import { created } from '../vocabulary/module-change.js';
import { structure, system } from '../vocabulary/systems.js';

const services = { '100': 'Utredning av tjenestebehov', '103': 'Digital hjemmeoppfølging' } as const;

export const serviceConcept = (code: keyof typeof services) => ({
  coding: [{ system: system.service, code, display: services[code] }],
  text: services[code],
});
const dhoService = serviceConcept('103');

/** Is this ServiceRequest a referral to the service (rather than an order within a plan)? */
export const isReferral = (resource: Resource): boolean =>
  resource.resourceType === 'ServiceRequest' && hasCode(resource.code, system.service);

export interface ReceivedReferral {
  /** A ServiceRequest as mapped from the message or sent by the client; id, status, intent and code are filled in. */
  readonly referral: Resource;
  /** The follow-up centre (Organization or HealthcareService) whose worklist it goes to. */
  readonly owner: Reference;
  /** By which way it came; none is noted where it is not known. */
  readonly channel?: ReferralChannel;
  readonly now: number;
  readonly ids: Ids;
}

/**
 * → the ServiceRequest (active) and its Task (`received`), in this order. Until the referral is accepted its sender sees
 * only these two (decision 16).
 */
export function receiveReferral({ referral, owner, channel, now, ids }: ReceivedReferral): Change[] {
  const request: Resource = {
    ...referral,
    id: referral.id ?? ids.next(),
    meta: { ...referral.meta, profile: referral.meta?.profile ?? [structure('dho-referral')] },
    status: 'active',
    intent: 'order',
    code: hasCode(referral.code, system.service) ? referral.code : dhoService,
    authoredOn: referral.authoredOn ?? instant(now),
    performer: referral.performer ?? [owner],
  };
  return [created(request), created(referralTask({ referral: request, owner, now, ids, ...(channel && { channel }) }))];
}

/** The Task that follows a referral; also for a ServiceRequest that a client created itself. */
export function referralTask({ referral, owner, channel, now, ids }: ReceivedReferral): Resource {
  const at = instant(now);
  return {
    resourceType: 'Task',
    id: ids.next(),
    meta: { profile: [structure('dho-task')] },
    ...(channel === undefined ? {} : { extension: [channelExtension(channel)] }),
    basedOn: [referenceTo(referral)],
    status: 'received',
    intent: 'order',
    priority: referral.priority ?? 'routine',
    code: fulfillConcept,
    focus: referenceTo(referral),
    for: referral.subject,
    // A sender's clock may be ahead; a Task is not older than its last change.
    authoredOn: Date.parse(String(referral.authoredOn)) <= now ? referral.authoredOn : at,
    lastModified: at,
    ...(referral.requester === undefined ? {} : { requester: referral.requester }),
    owner,
  };
}
