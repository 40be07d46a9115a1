/** `Device/$assign` and `$return`: equipment goes to a patient by its serial number, and comes back. */
import type { Change } from '../../fhir/change.js';
import type { Resource } from '../../fhir/resource.js';
import type { Ids } from '../../kernel/ids.js';
import { instant } from '../../kernel/clock.js';
import { Failure } from '../../kernel/failure.js';
import {
  asReference,
  extensionOf,
  type Period,
  type Reference,
  referenceTo,
  withExtension,
} from '../vocabulary/element.js';
import { created, updated } from '../vocabulary/module-change.js';
import { structure, system } from '../vocabulary/systems.js';

export const equipmentStates = {
  stock: 'På lager',
  'with-patient': 'Hos pasienten',
  returned: 'Returnert, skal rengjøres og kontrolleres',
  lost: 'Tapt',
} as const;
export type EquipmentState = keyof typeof equipmentStates;
export const equipmentStateUrl = structure('dho-equipment-state');

export const equipmentState = (device: Resource): EquipmentState | undefined =>
  (extensionOf(device, equipmentStateUrl)?.valueCoding as { code?: EquipmentState } | undefined)?.code;

export interface Assignment {
  /** Found by serial number. */
  readonly device: Resource;
  readonly patient: Reference;
  /** The running DeviceUseStatement of this device, if there is one. */
  readonly running?: Resource | undefined;
  /** Who hands it out. */
  readonly by?: Reference | undefined;
  /** The signed loan form. */
  readonly loanForm?: Reference | undefined;
  readonly now: number;
  readonly ids: Ids;
}

/** → Device (`patient`, state with-patient) and an active DeviceUseStatement. A device is with one patient at a time. */
export function assignDevice(facts: Assignment): Change[] | Failure {
  const { device, running, patient, now, ids } = facts;
  if (device.status !== undefined && device.status !== 'active') {
    return new Failure('unprocessable', `The device is ${String(device.status)} and cannot be handed out.`, {
      expression: 'Device.status',
    });
  }
  if (equipmentState(device) === 'lost') {
    return new Failure('unprocessable', 'The device is registered as lost: use Device/$return when it is found.', {
      expression: 'Device.extension',
    });
  }
  if (running !== undefined || device.patient !== undefined) {
    return new Failure('conflict', 'The device is with a patient already: use Device/$return first.', {
      expression: 'Device.patient',
    });
  }
  const at = instant(now);
  const use: Resource = {
    resourceType: 'DeviceUseStatement',
    id: ids.next(),
    meta: { profile: [structure('dho-device-use')] },
    status: 'active',
    subject: patient,
    ...(facts.loanForm === undefined ? {} : { derivedFrom: [facts.loanForm] }),
    timingPeriod: { start: at },
    recordedOn: at,
    ...(facts.by === undefined ? {} : { source: facts.by }),
    device: referenceTo(device),
  };
  return [updated(withState(device, 'with-patient'), { status: 'active', patient }), created(use)];
}

export interface Return {
  readonly device: Resource;
  /** The active DeviceUseStatement of the device. */
  readonly running: Resource | undefined;
  readonly state?: 'returned' | 'stock' | 'lost';
  readonly note?: string | undefined;
  readonly now: number;
}

/** → Device without patient (or lost, which keeps the patient who had it), DeviceUseStatement completed. */
export function returnDevice({ device, running, state = 'returned', note, now }: Return): Change[] | Failure {
  if (running === undefined && device.patient === undefined && equipmentState(device) !== 'lost') {
    return new Failure('conflict', 'The device is not with a patient.', { expression: 'Device.patient' });
  }
  const changes = [
    updated(withState(device, state), { patient: state === 'lost' ? asReference(device.patient) : undefined }),
  ];
  if (running !== undefined) {
    changes.push(
      updated(running, {
        status: 'completed',
        timingPeriod: { ...(running.timingPeriod as Period), end: instant(now) },
        ...(note === undefined ? {} : { note: [{ time: instant(now), text: note }] }),
      }),
    );
  }
  return changes;
}

const withState = (device: Resource, state: EquipmentState): Resource =>
  withExtension(device, equipmentStateUrl, {
    url: equipmentStateUrl,
    valueCoding: { system: system.equipmentState, code: state, display: equipmentStates[state] },
  });
