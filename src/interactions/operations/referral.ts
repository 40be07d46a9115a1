// ServiceRequest/$accept and $reject: profiles/operations/ServiceRequest-accept.json, ServiceRequest-reject.json
import { acceptReferral, rejectReferral } from '../../followup/referral/decide-referral.js';
import type { Resource } from '../../fhir/resource.js';
import { Failure } from '../../kernel/failure.js';
import type { View } from '../commit-types.js';
import { oneOf, type Operation, OperationParameters } from '../operation.js';
import { callerReference, demandRole, runOperation } from './run-operation.js';

const common = {
  type: 'ServiceRequest',
  level: 'instance',
  affectsState: true,
  amountsTo: 'update',
  followUp: true,
} as const;

/** The municipality that received a referral accepts it; only now is the referrer related to the patient. */
export const accept: Operation = {
  ...common,
  name: 'accept',
  definition: 'http://hjemmebro.no/fhir/OperationDefinition/ServiceRequest-accept',
  async handle(request, context) {
    demandRole(
      context.principal,
      ['municipality', 'admin'],
      'Only the municipality that received the referral accepts it.',
    );
    const parameters = new OperationParameters(request);
    const { services, principal } = context;
    return runOperation({
      request,
      context,
      name: '$accept',
      key: { type: 'ServiceRequest', id: request.segments[1]! },
      decide: async (referral, view) =>
        acceptReferral({
          referral,
          task: await fulfilTask(referral, view),
          by: callerReference(principal),
          centre: parameters.reference('centre') ?? (await centre(principal.controller, view)),
          service: oneOf(parameters, 'service', ['100', '103']) ?? '103',
          waitlist: parameters.flag('waitlist') ?? false,
          criteria: parameters.all('criterion').map(String),
          note: parameters.text('note'),
          now: view.now,
          ids: services.ids,
        }),
    });
  },
};

/** The municipality rejects a referral with a reason, which goes to the referrer. */
export const reject: Operation = {
  ...common,
  name: 'reject',
  definition: 'http://hjemmebro.no/fhir/OperationDefinition/ServiceRequest-reject',
  async handle(request, context) {
    demandRole(
      context.principal,
      ['municipality', 'admin'],
      'Only the municipality that received the referral rejects it.',
    );
    const parameters = new OperationParameters(request);
    const { services, principal } = context;
    return runOperation({
      request,
      context,
      name: '$reject',
      key: { type: 'ServiceRequest', id: request.segments[1]! },
      decide: async (referral, view) =>
        rejectReferral({
          referral,
          task: await fulfilTask(referral, view),
          by: callerReference(principal),
          centre: await centre(principal.controller, view),
          reason: parameters.text('reason') ?? '',
          note: parameters.text('note'),
          now: view.now,
          ids: services.ids,
        }),
    });
  },
};

/** The Task by which a referral is followed and answered. */
export async function fulfilTask(referral: Resource, view: View): Promise<Resource> {
  const found = await view.search(
    'Task',
    `focus=ServiceRequest/${referral.id}&code=http://hl7.org/fhir/CodeSystem/task-code|fulfill`,
  );
  if (found[0] === undefined)
    throw new Failure('conflict', 'The referral has no Task (fulfill) to answer.', { expression: 'ServiceRequest' });
  return found[0];
}

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
