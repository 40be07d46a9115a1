// Device/$return: profiles/operations/Device-return.json
import { returnDevice } from '../../followup/equipment/loan.js';
import { oneOf } from '../operation.js';
import { deviceOperation } from './device-operation.js';

/** Equipment comes back, or is lost. */
export const returned = deviceOperation(
  'return',
  'Only the follow-up centre takes equipment back.',
  async ({ device, running, waiting, parameters, view }) =>
    returnDevice({
      device,
      running,
      waiting,
      state: oneOf(parameters, 'state', ['returned', 'stock', 'lost']) ?? 'returned',
      note: parameters.text('note'),
      now: view.now,
    }),
);
