/** `Device/$check`: what came back is cleaned, checked and calibrated. */
import type { Change } from '../../fhir/change.js';
import type { Resource } from '../../fhir/resource.js';
import { instant } from '../../kernel/clock.js';
import { Failure } from '../../kernel/failure.js';
import { annotation } from '../vocabulary/annotation.js';
import {
  type Extension,
  extensionOf,
  extensionsOf,
  many,
  type Reference,
  withExtension,
} from '../vocabulary/element.js';
import { updated } from '../vocabulary/module-change.js';
import { structure } from '../vocabulary/systems.js';
import { stateAfter, stateNow, withState } from './equipment-state.js';

const checkUrl = structure('dho-equipment-check');
export const calibrationUrl = structure('dho-calibration');

export interface Check {
  readonly device: Resource;
  readonly cleaned: boolean;
  readonly checked: boolean;
  readonly outcome: 'stock' | 'repair' | 'discarded';
  /** Dates, YYYY-MM-DD. */
  readonly calibrated?: string | undefined;
  readonly calibrationDue?: string | undefined;
  readonly note?: string | undefined;
  readonly by: Reference;
  readonly now: number;
}

/** When the calibration of a device is due, YYYY-MM-DD. */
export const calibrationDue = (device: Resource): string | undefined => {
  const found = extensionOf(device, calibrationUrl);
  const due = found === undefined ? undefined : extensionsOf(found, 'due')[0]?.valueDate;
  return typeof due === 'string' ? due : undefined;
};

/** → Device in stock, at repair or discarded (`inactive`), with what was done. What is not cleaned and checked is not lent. */
export function checkDevice(facts: Check): Change[] | Failure {
  const { device, cleaned, checked, outcome, by, now } = facts;
  const calibratesOnly = facts.calibrated !== undefined && !cleaned && !checked && outcome === 'stock';
  const step = calibratesOnly
    ? 'calibrate'
    : ({ stock: 'check-to-stock', repair: 'to-repair', discarded: 'discard' } as const)[outcome];
  const next = stateAfter(device, step);
  if (next instanceof Failure) return next;
  if (step === 'check-to-stock' && !(cleaned && checked))
    return new Failure('unprocessable', 'Equipment is cleaned and checked before it is lent again: say both.', {
      expression: `Parameters.parameter.where(name='${cleaned ? 'checked' : 'cleaned'}')`,
      code: 'required',
    });
  if (facts.calibrated !== undefined && Date.parse(facts.calibrated) > now)
    return new Failure('unprocessable', 'A calibration lies in the past.', {
      expression: "Parameters.parameter.where(name='calibrated')",
    });
  const at = instant(now);
  const check: Extension = {
    url: checkUrl,
    extension: [
      { url: 'cleaned', valueBoolean: cleaned },
      { url: 'checked', valueBoolean: checked },
      { url: 'date', valueDateTime: at },
      { url: 'by', valueReference: by },
    ],
  };
  const judged = calibratesOnly ? device : withExtension(withState(device, next), checkUrl, check);
  return [
    updated(calibrated(judged, facts), {
      ...(next === 'discarded' ? { status: 'inactive' } : {}),
      ...(stateNow(device) === 'lost' ? { patient: undefined } : {}),
      ...(facts.note === undefined ? {} : { note: [...many<object>(device.note), annotation(facts.note, now, by)] }),
    }),
  ];
}

function calibrated(device: Resource, { calibrated: performed, calibrationDue: due }: Check): Resource {
  if (performed === undefined && due === undefined) return device;
  const before = extensionOf(device, calibrationUrl);
  const kept = (name: string): readonly Extension[] => (before === undefined ? [] : extensionsOf(before, name));
  return withExtension(device, calibrationUrl, {
    url: calibrationUrl,
    extension: [
      ...(performed === undefined ? kept('performed') : [{ url: 'performed', valueDate: performed }]),
      ...(due === undefined ? [] : [{ url: 'due', valueDate: due }]),
    ],
  });
}
