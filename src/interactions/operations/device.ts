// Device/$assign and $return: profiles/operations/Device-assign.json, Device-return.json
import { rowScope } from '../../access/decide.js';
import type { Resource } from '../../fhir/resource.js';
import { assignDevice, returnDevice } from '../../followup/equipment/loan.js';
import { Failure } from '../../kernel/failure.js';
import { parseSearch } from '../../search/parse/parse-search.js';
import { searchPage } from '../../storage/search/search-page.js';
import type { View } from '../commit-types.js';
import { type Operation, OperationParameters } from '../operation.js';
import type { Context, FhirRequest } from '../request.js';
import { namedPatient } from './named-patient.js';
import { callerReference, demandRole, runOperation } from './run-operation.js';

const common = { type: 'Device', affectsState: true, amountsTo: 'update', followUp: true } as const;
const definition = (name: string): string => `http://hjemmebro.no/fhir/OperationDefinition/Device-${name}`;

/** Equipment goes to a patient: on the Device itself, or at type level by its serial number. */
const assignHandler: Operation['handle'] = async (request, context) => {
  demandRole(context.principal, ['municipality', 'admin'], 'Only the follow-up centre hands out equipment.');
  const parameters = new OperationParameters(request);
  const id = await deviceId(request, parameters, context);
  return runOperation({
    request,
    context,
    name: '$assign',
    key: { type: 'Device', id },
    decide: async (device, view) =>
      assignDevice({
        device,
        patient: await namedPatient(parameters, 'patient', view),
        running: await runningUse(device, view),
        by: callerReference(context.principal),
        loanForm: parameters.reference('loanForm'),
        now: view.now,
        ids: context.services.ids,
      }),
  });
};

/** Equipment comes back, or is lost. */
const returnHandler: Operation['handle'] = async (request, context) => {
  demandRole(context.principal, ['municipality', 'admin'], 'Only the follow-up centre takes equipment back.');
  const parameters = new OperationParameters(request);
  const state = parameters.text('state') ?? 'returned';
  if (state !== 'returned' && state !== 'stock' && state !== 'lost')
    throw new Failure('invalid', 'state is returned, stock or lost.', {
      expression: "Parameters.parameter.where(name='state')",
    });
  const id = await deviceId(request, parameters, context);
  return runOperation({
    request,
    context,
    name: '$return',
    key: { type: 'Device', id },
    decide: async (device, view) =>
      returnDevice({
        device,
        running: await runningUse(device, view),
        state,
        note: parameters.text('note'),
        now: view.now,
      }),
  });
};

export const assign: Operation = {
  ...common,
  name: 'assign',
  level: 'instance',
  definition: definition('assign'),
  handle: assignHandler,
};
export const assignBySerial: Operation = {
  ...common,
  name: 'assign',
  level: 'type',
  definition: definition('assign'),
  handle: assignHandler,
};
export const returned: Operation = {
  ...common,
  name: 'return',
  level: 'instance',
  definition: definition('return'),
  handle: returnHandler,
};
export const returnedBySerial: Operation = {
  ...common,
  name: 'return',
  level: 'type',
  definition: definition('return'),
  handle: returnHandler,
};

async function deviceId(
  request: FhirRequest,
  parameters: OperationParameters,
  { services, principal }: Context,
): Promise<string> {
  if (request.segments.length === 3) return request.segments[1]!;
  const serial = parameters.requiredText('serialNumber').replace(/[\\,|$]/g, '\\$&');
  for (const parameter of ['serial-number', 'identifier']) {
    const search = parseSearch('Device', [[parameter, serial]], services.registry, { strict: true });
    const { matches } = await searchPage(services.pool, search, rowScope(principal, services.clock.now()), services);
    if (matches.length === 1) return matches[0]!.id;
    if (matches.length > 1)
      throw new Failure('conflict', 'Several Devices have this serial number.', {
        expression: "Parameters.parameter.where(name='serialNumber')",
      });
  }
  throw new Failure('not-found', 'No Device has this serial number.', {
    expression: "Parameters.parameter.where(name='serialNumber')",
  });
}

async function runningUse(device: Resource, view: View): Promise<Resource | undefined> {
  const uses = await view.search('DeviceUseStatement', `device=Device/${device.id}`);
  return uses.find((use) => use['status'] === 'active');
}
