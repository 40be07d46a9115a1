/** The life of a piece of equipment: which step leads from which state to which. */
import type { Resource } from '../../fhir/resource.js';
import { Failure } from '../../kernel/failure.js';
import { extensionOf, withExtension } from '../vocabulary/element.js';
import { structure, system } from '../vocabulary/systems.js';

export const equipmentStates = {
  stock: 'På lager',
  'with-patient': 'Hos pasienten',
  returned: 'Returnert, skal rengjøres og kontrolleres',
  lost: 'Tapt',
  repair: 'Til reparasjon',
  discarded: 'Kassert',
} as const;
export type EquipmentState = keyof typeof equipmentStates;

export const equipmentStateUrl = structure('dho-equipment-state');

/** Undefined where the module has not yet had to do with the device: then it is in stock, unless a patient has it. */
export const equipmentState = (device: Resource): EquipmentState | undefined =>
  (extensionOf(device, equipmentStateUrl)?.valueCoding as { code?: EquipmentState } | undefined)?.code;

export const stateNow = (device: Resource): EquipmentState =>
  device.patient !== undefined && equipmentState(device) !== 'lost'
    ? 'with-patient'
    : (equipmentState(device) ?? 'stock');

export const withState = (device: Resource, state: EquipmentState): Resource =>
  withExtension(device, equipmentStateUrl, {
    url: equipmentStateUrl,
    valueCoding: { system: system.equipmentState, code: state, display: equipmentStates[state] },
  });

/** Steps by the operation that takes them; `calibrate` is a check of what is in stock. */
export type EquipmentStep =
  | 'assign'
  | 'come-back'
  | 'come-back-checked'
  | 'lose'
  | 'check-to-stock'
  | 'to-repair'
  | 'discard'
  | 'calibrate';

const steps: Readonly<Record<EquipmentStep, Partial<Record<EquipmentState, EquipmentState>>>> = {
  assign: { stock: 'with-patient' },
  'come-back': { 'with-patient': 'returned', lost: 'returned' },
  'come-back-checked': { 'with-patient': 'stock', lost: 'stock' },
  lose: { 'with-patient': 'lost', stock: 'lost', returned: 'lost', repair: 'lost' },
  'check-to-stock': { returned: 'stock', repair: 'stock', stock: 'stock' },
  'to-repair': { returned: 'repair', stock: 'repair', 'with-patient': 'repair' },
  discard: { returned: 'discarded', repair: 'discarded', stock: 'discarded', lost: 'discarded' },
  calibrate: { stock: 'stock', repair: 'repair', returned: 'returned' },
};

const advice: Readonly<Record<EquipmentState, string>> = {
  stock: 'it is in stock',
  'with-patient': 'it is with a patient: use Device/$return first',
  returned: 'it has come back and must be cleaned and checked: use Device/$check first',
  lost: 'it is registered as lost: use Device/$return when it is found',
  repair: 'it is being repaired: use Device/$check when it comes back',
  discarded: 'it has been discarded',
};

/** What is with a patient, or is not where it is taken from, is a conflict; equipment that is not fit to be lent is no loan. */
const refusal = (step: EquipmentStep, now: EquipmentState): 'conflict' | 'unprocessable' =>
  step === 'assign' && now !== 'with-patient' ? 'unprocessable' : 'conflict';

/** The state after a step; a Failure that says what to do first. */
export function stateAfter(device: Resource, step: EquipmentStep): EquipmentState | Failure {
  const now = stateNow(device);
  return (
    steps[step][now] ??
    new Failure(refusal(step, now), `This cannot be done with the device: ${advice[now]}.`, {
      expression: now === 'with-patient' || step.startsWith('come-back') ? 'Device.patient' : 'Device.extension',
    })
  );
}
