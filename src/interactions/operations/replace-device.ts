// Device/$replace: profiles/operations/Device-replace.json
import { replaceDevice } from '../../followup/equipment/loan.js';
import { Failure } from '../../kernel/failure.js';
import { oneOf } from '../operation.js';
import { deviceBySerial, type DeviceFacts, deviceOperation, runningUse } from './device-operation.js';
import { keyIn, visible } from './run-operation.js';

/** The patient gets another device instead of this one. */
export const replace = deviceOperation(
  'replace',
  'Only the follow-up centre replaces equipment.',
  async (facts) => {
    const { device, running, waiting, by, parameters, context, view } = facts;
    const replacement = await visible(view, { type: 'Device', id: await replacementId(facts) });
    return replaceDevice({
      old: {
        device,
        running,
        waiting,
        state: oneOf(parameters, 'state', ['returned', 'repair', 'lost']) ?? 'returned',
        note: parameters.text('note'),
        now: view.now,
      },
      replacement: {
        device: replacement,
        running: await runningUse(replacement, view),
        by,
        loanForm: parameters.reference('loanForm'),
        now: view.now,
        ids: context.services.ids,
      },
    });
  },
  { first: true },
);

async function replacementId({ parameters, context }: DeviceFacts): Promise<string> {
  const key = keyIn(parameters.reference('replacement'));
  if (key?.type === 'Device') return key.id;
  const serial = parameters.text('replacementSerialNumber');
  if (serial !== undefined) return deviceBySerial(serial, 'replacementSerialNumber', context);
  throw new Failure('invalid', 'Say which device replaces it: replacement or replacementSerialNumber.', {
    expression: "Parameters.parameter.where(name='replacement')",
    code: 'required',
  });
}
