import { supplierReference } from '../../followup/supplier/supplier-task.js';
import type { Reference } from '../../followup/vocabulary/element.js';
import { Failure } from '../../kernel/failure.js';
import type { View } from '../commit-types.js';
import type { OperationParameters } from '../operation.js';
import { keyIn } from './run-operation.js';

/** The Organization in the parameter `supplier`, as the owner of a Task. */
export async function supplierNamed(parameters: OperationParameters, view: View): Promise<Reference | Failure> {
  const expression = "Parameters.parameter.where(name='supplier')";
  const named = parameters.reference('supplier');
  const key = keyIn(named);
  if (key?.type !== 'Organization')
    return new Failure('invalid', 'supplier names an Organization of this server.', { expression, code: 'required' });
  const organisation = await view.read(key);
  return organisation === undefined
    ? new Failure('unprocessable', 'There is no such Organization.', { expression })
    : supplierReference(organisation);
}
