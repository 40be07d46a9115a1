import { Failure } from '../../kernel/failure.js';
import type { View } from '../commit-types.js';
import type { OperationParameters } from '../operation.js';
import { keyIn, visible } from './run-operation.js';

/**
 * The Patient that a parameter names, literally or by identifier; an identifier is kept beside the literal reference.
 *
 * @throws Failure invalid where it names none, not-found where the caller may not see it
 */
export async function namedPatient(
  parameters: OperationParameters,
  name: 'patient' | 'subject',
  view: View,
): Promise<{ reference: string }> {
  const named = parameters.reference(name);
  const expression = `Parameters.parameter.where(name='${name}')`;
  const key = keyIn(named);
  if (key?.type === 'Patient') {
    await visible(view, key);
    return { reference: `Patient/${key.id}` };
  }
  const { system, value } = named?.identifier ?? {};
  if (system === undefined || value === undefined) {
    throw new Failure('invalid', `The parameter ${name} is needed: a Patient, literally or by identifier.`, {
      expression,
      code: 'required',
    });
  }
  const [patient] = await view.patients({ system, value });
  if (patient === undefined) throw new Failure('not-found', 'There is no such Patient.', { expression });
  await visible(view, { type: 'Patient', id: patient.id! });
  return { ...named, reference: `Patient/${patient.id}` };
}
