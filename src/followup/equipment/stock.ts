/** `Device/$stock`: what there is, by owner (bydel), type and state. */
import type { Resource } from '../../fhir/resource.js';
import { asReference, type Concept, extensionOf, many, type Reference } from '../vocabulary/element.js';
import { system } from '../vocabulary/systems.js';
import { calibrationDue } from './check-device.js';
import { equipmentStates, stateNow } from './equipment-state.js';
import { terminationUrl } from './termination.js';

interface Group {
  readonly owner: Reference | undefined;
  readonly type: string;
  readonly state: keyof typeof equipmentStates;
  count: number;
  calibrationOverdue: number;
  terminated: number;
}

/**
 * @param today YYYY-MM-DD
 * @returns Parameters as the OperationDefinition says, in the order of owner, type and state
 */
export function stockOverview(devices: readonly Resource[], today: string): Resource {
  const groups = new Map<string, Group>();
  for (const device of devices) {
    const owner = asReference(device.owner);
    const group = {
      owner,
      type: typeName(device),
      state: stateNow(device),
      count: 0,
      calibrationOverdue: 0,
      terminated: 0,
    };
    const key = [ownerName(owner), group.type, group.state].join('\n');
    const found = groups.get(key) ?? group;
    groups.set(key, found);
    const due = calibrationDue(device);
    found.count += 1;
    if (due !== undefined && due < today && found.state !== 'discarded') found.calibrationOverdue += 1;
    if (extensionOf(device, terminationUrl) !== undefined) found.terminated += 1;
  }
  return {
    resourceType: 'Parameters',
    parameter: [
      { name: 'total', valueInteger: devices.length },
      ...[...groups].toSorted(([a], [b]) => a.localeCompare(b, 'nb')).map(([, group]) => groupParameter(group)),
    ],
  };
}

function groupParameter({ owner, type, state, count, calibrationOverdue, terminated }: Group): object {
  return {
    name: 'group',
    part: [
      ...(owner === undefined ? [] : [{ name: 'owner', valueReference: owner }]),
      { name: 'type', valueString: type },
      {
        name: 'state',
        valueCoding: { system: system.equipmentState, code: state, display: equipmentStates[state] },
      },
      { name: 'count', valueInteger: count },
      ...(calibrationOverdue === 0 ? [] : [{ name: 'calibrationOverdue', valueInteger: calibrationOverdue }]),
      ...(terminated === 0 ? [] : [{ name: 'terminated', valueInteger: terminated }]),
    ],
  };
}

const ownerName = (owner: Reference | undefined): string =>
  owner?.display ?? owner?.reference ?? owner?.identifier?.value ?? '';

/** What kind of equipment it is, in words. */
export function typeName(device: Resource): string {
  const concept = device.type as Concept | undefined;
  const [name] = many<{ readonly name?: string }>(device.deviceName);
  return concept?.text ?? concept?.coding?.[0]?.display ?? concept?.coding?.[0]?.code ?? name?.name ?? 'Ukjent type';
}
