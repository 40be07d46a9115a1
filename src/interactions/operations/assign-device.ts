// Device/$assign: profiles/operations/Device-assign.json
import { assignDevice } from '../../followup/equipment/loan.js';
import { deviceOperation } from './device-operation.js';
import { namedPatient } from './named-patient.js';

/** Equipment goes to a patient. */
export const assign = deviceOperation(
  'assign',
  'Only the follow-up centre hands out equipment.',
  async ({ device, running, by, parameters, context, view }) =>
    assignDevice({
      device,
      patient: await namedPatient(parameters, 'patient', view),
      running,
      by,
      loanForm: parameters.reference('loanForm'),
      now: view.now,
      ids: context.services.ids,
    }),
);
