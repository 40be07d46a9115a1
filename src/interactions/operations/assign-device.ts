// Device/$assign: profiles/operations/Device-assign.json
import { assignDevice } from '../../followup/equipment/loan.js';
import { Failure } from '../../kernel/failure.js';
import { deviceOperation } from './device-operation.js';
import { lowStock } from './low-stock.js';
import { namedPatient } from './named-patient.js';

/** Equipment goes to a patient. */
export const assign = deviceOperation('assign', 'Only the follow-up centre hands out equipment.', async (facts) => {
  const { device, running, by, parameters, context, view } = facts;
  const assigned = assignDevice({
    device,
    patient: await namedPatient(parameters, 'patient', view),
    running,
    by,
    loanForm: parameters.reference('loanForm'),
    now: view.now,
    ids: context.services.ids,
  });
  return assigned instanceof Failure ? assigned : [...assigned, ...(await lowStock(facts))];
});
