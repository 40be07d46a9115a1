import type { Change } from '../../fhir/change.js';
import { stockIdentity, warnOfLowStock } from '../../followup/supplier/low-stock.js';
import { asReference } from '../../followup/vocabulary/element.js';
import { identifierSystem, system } from '../../followup/vocabulary/systems.js';
import type { DeviceFacts } from './device-operation.js';

/** The device leaves the stock of its owner: a Task where too few of its kind are left. */
export async function lowStock({ device, context, view }: DeviceFacts): Promise<Change[]> {
  const { ids, stockMinimum: minimum } = context.services;
  const owner = asReference(device['owner'])?.reference;
  if (minimum === 0 || owner === undefined) return [];
  const centre = {
    type: 'Organization',
    identifier: { system: identifierSystem.organisation, value: context.principal.controller },
  };
  const devices = await view.search('Device', `organization=${owner}`);
  const tasks = await view.search(
    'Task',
    `code=${system.taskCode}|stock-low&status=requested,received,accepted,in-progress,on-hold`,
  );
  const identity = stockIdentity(device);
  const open = tasks.find(
    ({ identifier }) => (identifier as { value?: string }[] | undefined)?.[0]?.value === identity,
  );
  return warnOfLowStock({ device, devices, minimum, centre, now: view.now, ids }, open);
}
