/** What the supplier is told of a notice: which device, whose, when the rent ends, and why. */
import type { Change } from '../../fhir/change.js';
import type { Resource } from '../../fhir/resource.js';
import type { Notice } from '../equipment/termination.js';
import { type Reference, referenceTo } from '../vocabulary/element.js';
import { type Asking, createdFor, equipmentWords, supplierTask } from './supplier-task.js';

export function noticeToSupplier(
  facts: Asking & {
    readonly device: Resource;
    readonly notice: Notice;
    readonly supplier: Reference;
    readonly reason?: string | undefined;
  },
): Change {
  const { device, notice, supplier, reason } = facts;
  const last = notice.end.split('-').toReversed().join('.');
  const why = reason === undefined ? '' : ` Grunn: ${reason}`;
  return createdFor(
    supplier,
    supplierTask(
      {
        code: 'equipment-notice',
        supplier,
        focus: referenceTo(device),
        due: Date.parse(`${notice.end}T12:00:00Z`),
        description: `Oppsigelse: ${equipmentWords(device)}. Leien slutter ${last}.${why}`,
      },
      facts,
    ),
  );
}
