/**
 * `Device/$assign`, `$return`, `$replace`, `$sign-loan`: equipment goes to a patient by its serial number, with a signed
 * loan form, and comes back. https://hl7.org/fhir/R4/deviceusestatement.html
 */
import type { Change } from '../../fhir/change.js';
import type { Resource } from '../../fhir/resource.js';
import { instant } from '../../kernel/clock.js';
import { Failure } from '../../kernel/failure.js';
import type { Ids } from '../../kernel/ids.js';
import { asReference, many, type Period, type Reference, referenceTo } from '../vocabulary/element.js';
import { created, updated } from '../vocabulary/module-change.js';
import { structure } from '../vocabulary/systems.js';
import { worklistEntry } from '../vocabulary/worklist.js';
import { stateAfter, withState } from './equipment-state.js';

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

/**
 * → Device (`patient`, state with-patient), an active DeviceUseStatement and, without a loan form, a Task
 * `loan-form-missing`. A device is with one patient at a time.
 */
export function assignDevice(facts: Assignment): Change[] | Failure {
  const { device, running, patient, loanForm, by, now, ids } = facts;
  if (device.status !== undefined && device.status !== 'active') {
    return new Failure('unprocessable', `The device is ${String(device.status)} and cannot be handed out.`, {
      expression: 'Device.status',
    });
  }
  if (running !== undefined) {
    return new Failure('conflict', 'The device is with a patient already: use Device/$return first.', {
      expression: 'Device.patient',
    });
  }
  const state = stateAfter(device, 'assign');
  if (state instanceof Failure) return state;
  const at = instant(now);
  const use: Resource = {
    resourceType: 'DeviceUseStatement',
    id: ids.next(),
    meta: { profile: [structure('dho-device-use')] },
    status: 'active',
    subject: patient,
    ...(loanForm === undefined ? {} : { derivedFrom: [loanForm] }),
    timingPeriod: { start: at },
    recordedOn: at,
    ...(by === undefined ? {} : { source: by }),
    device: referenceTo(device),
  };
  const missing = worklistEntry(
    {
      code: 'loan-form-missing',
      patient,
      focus: referenceTo(use),
      ...(device.owner === undefined ? {} : { owner: device.owner as Reference }),
      description: `Låneskjemaet for utstyret${serialWords(device)} er ikke signert.`,
    },
    { ids, now },
  );
  return [
    updated(withState(device, state), { status: 'active', patient }),
    created(use),
    ...(loanForm === undefined ? [missing] : []),
  ];
}

const serialWords = ({ serialNumber }: Resource): string =>
  typeof serialNumber === 'string' ? ` (serienummer ${serialNumber})` : '';

export interface Return {
  readonly device: Resource;
  /** The active DeviceUseStatement of the device. */
  readonly running: Resource | undefined;
  readonly state?: 'returned' | 'stock' | 'lost' | 'repair';
  readonly note?: string | undefined;
  /** Open Tasks `loan-form-missing` of the loan. */
  readonly waiting?: readonly Resource[];
  readonly now: number;
}

const stepTo = { returned: 'come-back', stock: 'come-back-checked', lost: 'lose', repair: 'to-repair' } as const;

/** → Device without patient (or lost, which keeps the patient who had it), DeviceUseStatement completed. */
export function returnDevice(facts: Return): Change[] | Failure {
  const { device, running, state = 'returned', note, now } = facts;
  const next = stateAfter(running === undefined ? device : { ...device, patient: running.subject }, stepTo[state]);
  if (next instanceof Failure) return next;
  const at = instant(now);
  return [
    updated(withState(device, next), { patient: next === 'lost' ? asReference(device.patient) : undefined }),
    ...(running === undefined
      ? []
      : [
          updated(running, {
            status: 'completed',
            timingPeriod: { ...(running.timingPeriod as Period), end: at },
            ...(note === undefined ? {} : { note: [...many<object>(running.note), { time: at, text: note }] }),
          }),
        ]),
    ...(facts.waiting ?? []).map((task) => updated(task, { status: 'cancelled', lastModified: at })),
  ];
}

/** One device instead of another, in one commit: → the new device first, then what becomes of the old one. */
export function replaceDevice(facts: {
  readonly old: Return;
  readonly replacement: Omit<Assignment, 'patient'>;
}): Change[] | Failure {
  const { old, replacement } = facts;
  const patient = asReference(old.running?.subject) ?? asReference(old.device.patient);
  if (patient === undefined)
    return new Failure('conflict', 'The device is not with a patient.', { expression: 'Device.patient' });
  if (old.device.id === replacement.device.id)
    return new Failure('unprocessable', 'A device does not replace itself.', {
      expression: "Parameters.parameter.where(name='replacement')",
    });
  const back = returnDevice(old);
  if (back instanceof Failure) return back;
  const out = assignDevice({ ...replacement, patient });
  return out instanceof Failure ? out : [...out, ...back];
}

/** The loan form is signed: → the DeviceUseStatement with it, the Task `loan-form-missing` completed. */
export function signLoan(facts: {
  readonly running: Resource | undefined;
  readonly loanForm: Reference;
  readonly waiting: readonly Resource[];
  readonly now: number;
}): Change[] | Failure {
  const { running, loanForm, waiting, now } = facts;
  if (running === undefined)
    return new Failure('conflict', 'The device is not with a patient.', { expression: 'Device.patient' });
  return [
    updated(running, { derivedFrom: [...many<Reference>(running.derivedFrom), loanForm] }),
    ...waiting.map((task) => updated(task, { status: 'completed', lastModified: instant(now) })),
  ];
}
