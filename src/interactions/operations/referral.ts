// ServiceRequest/$accept and $reject: profiles/operations/ServiceRequest-accept.json, ServiceRequest-reject.json
import { acceptReferral, rejectReferral } from '../../followup/referral/decide-referral.js';
import type { Resource } from '../../fhir/resource.js';
import { system } from '../../followup/vocabulary/systems.js';
import { Failure } from '../../kernel/failure.js';
import type { View } from '../commit-types.js';
import { oneOf } from '../operation.js';
import { moduleOperation } from './module-operation.js';

/** The municipality that received a referral accepts it; only now is the referrer related to the patient. */
export const accept = moduleOperation({
  type: 'ServiceRequest',
  name: 'accept',
  roles: ['municipality', 'admin'],
  refusal: 'Only the municipality that received the referral accepts it.',
  decide: async ({ resource: referral, view, parameters, principal, facts }) =>
    acceptReferral({
      ...facts,
      referral,
      task: await fulfilTask(referral, view),
      centre: parameters.reference('centre') ?? (await centre(principal.controller, view)),
      service: oneOf(parameters, 'service', ['100', '103']) ?? '103',
      waitlist: parameters.flag('waitlist') ?? false,
      criteria: parameters.all('criterion').map(String),
      note: parameters.text('note'),
    }),
});

/** The municipality rejects a referral with a reason, which goes to the referrer. */
export const reject = moduleOperation({
  type: 'ServiceRequest',
  name: 'reject',
  roles: ['municipality', 'admin'],
  refusal: 'Only the municipality that received the referral rejects it.',
  decide: async ({ resource: referral, view, parameters, principal, facts }) =>
    rejectReferral({
      ...facts,
      referral,
      task: await fulfilTask(referral, view),
      centre: await centre(principal.controller, view),
      reason: parameters.text('reason') ?? '',
      note: parameters.text('note'),
    }),
});

/** The Task by which a referral is followed and answered. */
export async function fulfilTask(referral: Resource, view: View): Promise<Resource> {
  const task = await referralTask(referral.id!, view);
  if (task === undefined)
    throw new Failure('conflict', 'The referral has no Task (fulfill) to answer.', { expression: 'ServiceRequest' });
  return task;
}

/** The Task `fulfill` of the referral with this id. */
export const referralTask = async (id: string, view: View): Promise<Resource | undefined> =>
  (await view.search('Task', `focus=ServiceRequest/${id}&code=${system.r4TaskCode}|fulfill`))[0];

/** The controller's organisation: by its organisation number, as a stored Organization where there is one. */
export async function centre(orgnr: string, view: View): Promise<object> {
  const identifier = { system: 'urn:oid:2.16.578.1.12.4.1.4.101', value: orgnr };
  const [organisation] = await view.search('Organization', `identifier=${identifier.system}|${orgnr}`);
  return organisation === undefined
    ? { type: 'Organization', identifier }
    : {
        reference: `Organization/${organisation.id}`,
        identifier,
        ...(typeof organisation['name'] === 'string' ? { display: organisation['name'] } : {}),
      };
}
