// Device/$check: profiles/operations/Device-check.json
import { checkDevice } from '../../followup/equipment/check-device.js';
import { oneOf } from '../operation.js';
import { deviceOperation } from './device-operation.js';

/** What came back is cleaned, checked and calibrated. */
export const check = deviceOperation(
  'check',
  'Only the follow-up centre checks equipment.',
  async ({ device, by, parameters, view }) =>
    checkDevice({
      device,
      cleaned: parameters.flag('cleaned') ?? false,
      checked: parameters.flag('checked') ?? false,
      outcome: oneOf(parameters, 'outcome', ['stock', 'repair', 'discarded']) ?? 'stock',
      calibrated: parameters.date('calibrated')?.slice(0, 10),
      calibrationDue: parameters.date('calibrationDue')?.slice(0, 10),
      note: parameters.text('note'),
      by,
      now: view.now,
    }),
);
