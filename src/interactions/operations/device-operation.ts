import { rowScope } from '../../access/decide.js';
import type { Change } from '../../fhir/change.js';
import type { Resource } from '../../fhir/resource.js';
import { system } from '../../followup/vocabulary/systems.js';
import { Failure } from '../../kernel/failure.js';
import { parseSearch } from '../../search/parse/parse-search.js';
import { searchPage } from '../../storage/search/search-page.js';
import type { View } from '../commit-types.js';
import { type Operation, OperationParameters } from '../operation.js';
import type { Context, FhirRequest } from '../request.js';
import { callerReference, demandRole, type OperationRun, runOperation } from './run-operation.js';

/** What an operation on equipment decides with. */
export interface DeviceFacts {
  readonly device: Resource;
  /** The active DeviceUseStatement. */
  readonly running: Resource | undefined;
  /** Open Tasks `loan-form-missing` of the running loan. */
  readonly waiting: readonly Resource[];
  readonly by: ReturnType<typeof callerReference>;
  readonly parameters: OperationParameters;
  readonly context: Context;
  readonly view: View;
}

/**
 * An operation of the follow-up centre on one device: on the Device itself, and at type level by its serial number.
 *
 * @param refusal what is said to everybody else
 */
export function deviceOperation(
  name: string,
  refusal: string,
  decide: (facts: DeviceFacts) => Promise<Change[] | Failure>,
  { first = false }: Pick<OperationRun, 'first'> = {},
): { readonly instance: Operation; readonly bySerial: Operation } {
  const handle: Operation['handle'] = async (request, context) => {
    demandRole(context.principal, ['municipality', 'admin'], refusal);
    const parameters = new OperationParameters(request);
    const id = await deviceId(request, parameters, context);
    return runOperation({
      request,
      context,
      name: `$${name}`,
      key: { type: 'Device', id },
      first,
      async decide(device, view) {
        const running = await runningUse(device, view);
        return decide({
          device,
          running,
          waiting: await loanFormTasks(running, view),
          by: callerReference(context.principal),
          parameters,
          context,
          view,
        });
      },
    });
  };
  const instance: Operation = {
    name,
    definition: `http://hjemmebro.no/fhir/OperationDefinition/Device-${name}`,
    type: 'Device',
    level: 'instance',
    affectsState: true,
    amountsTo: 'update',
    followUp: true,
    handle,
  };
  return { instance, bySerial: { ...instance, level: 'type' } };
}

async function deviceId(request: FhirRequest, parameters: OperationParameters, context: Context): Promise<string> {
  if (request.segments.length === 3) return request.segments[1]!;
  return deviceBySerial(parameters.requiredText('serialNumber'), 'serialNumber', context);
}

/** The id of the one Device with the serial number, among those that the caller may see. */
export async function deviceBySerial(
  serial: string,
  parameter: string,
  { services, principal }: Context,
): Promise<string> {
  const expression = `Parameters.parameter.where(name='${parameter}')`;
  for (const name of ['serial-number', 'identifier']) {
    const escaped = serial.replace(/[\\,|$]/g, '\\$&');
    const search = parseSearch('Device', [[name, escaped]], services.registry, { strict: true });
    const { matches } = await searchPage(services.pool, search, rowScope(principal, services.clock.now()), services);
    if (matches.length === 1) return matches[0]!.id;
    if (matches.length > 1) throw new Failure('conflict', 'Several Devices have this serial number.', { expression });
  }
  throw new Failure('not-found', 'No Device has this serial number.', { expression });
}

export async function runningUse(device: Resource, view: View): Promise<Resource | undefined> {
  const uses = await view.search('DeviceUseStatement', `device=Device/${device.id}`);
  return uses.find((use) => use['status'] === 'active');
}

async function loanFormTasks(running: Resource | undefined, view: View): Promise<readonly Resource[]> {
  return running === undefined
    ? []
    : view.search(
        'Task',
        `focus=DeviceUseStatement/${running.id}&code=${system.taskCode}|loan-form-missing&status=requested,received,accepted,in-progress,on-hold`,
      );
}
