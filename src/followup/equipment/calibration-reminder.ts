/** The calibration of a device falls due: the centre hears of it in time. */
import type { Change } from '../../fhir/change.js';
import type { Resource } from '../../fhir/resource.js';
import type { Ids } from '../../kernel/ids.js';
import { localTime } from '../calendar/local-time.js';
import { asReference, type Reference } from '../vocabulary/element.js';
import { identifierSystem } from '../vocabulary/systems.js';
import { worklistEntry } from '../vocabulary/worklist.js';
import { calibrationDue } from './check-device.js';
import { equipmentState } from './equipment-state.js';

/** Durable work (table `job`): two weeks before the calibration is due. */
export interface CalibrationJob {
  readonly kind: 'calibration-due';
  readonly key: string;
  readonly payload: { readonly device: string };
  /** Milliseconds since 1970. */
  readonly runAt: number;
}

const leadDays = 14;
const zone = 'Europe/Oslo';
const gone = new Set(['lost', 'discarded']);

/** One open job per device and date; undefined where nothing is due. */
export function calibrationJob(before: Resource | undefined, after: Resource): CalibrationJob | undefined {
  if (after.resourceType !== 'Device' || after.id === undefined) return undefined;
  const due = calibrationDue(after);
  if (due === undefined || (before !== undefined && calibrationDue(before) === due)) return undefined;
  return { kind: 'calibration-due', key: `${after.id}/${due}`, payload: { device: after.id }, runAt: remindAt(due) };
}

const remindAt = (due: string): number =>
  localTime(Date.parse(`${due}T12:00:00Z`), zone)
    .startOf('day')
    .minus({ days: leadDays })
    .toMillis();

/** → a Task `calibration-due`; nothing where it was calibrated meanwhile, or the device is gone. */
export function remindOfCalibration(facts: {
  readonly device: Resource;
  readonly centre: Reference;
  readonly now: number;
  readonly ids: Ids;
}): Change[] {
  const { device, centre, now, ids } = facts;
  const due = calibrationDue(device);
  if (due === undefined || remindAt(due) > now || gone.has(String(equipmentState(device)))) return [];
  const owner = asReference(device['owner']) ?? centre;
  const patient = asReference(device['patient']);
  return [
    worklistEntry(
      {
        code: 'calibration-due',
        ...(patient === undefined ? {} : { patient }),
        focus: { reference: `Device/${device.id}` },
        owner,
        due: localTime(Date.parse(`${due}T12:00:00Z`), zone)
          .endOf('day')
          .toMillis(),
        description: `Utstyret skal kalibreres innen ${due.split('-').toReversed().join('.')}.`,
        identifier: { system: identifierSystem.worklist, value: `calibration-due|${device.id}|${due}` },
      },
      { ids, now },
    ),
  ];
}
