/** What the centre asks of a supplier of equipment: a Task on the supplier's desk that names no patient. */
import type { Change } from '../../fhir/change.js';
import type { Resource } from '../../fhir/resource.js';
import { Failure } from '../../kernel/failure.js';
import type { Ids } from '../../kernel/ids.js';
import type { Concept, Identifier, Reference } from '../vocabulary/element.js';
import { many } from '../vocabulary/element.js';
import type { TaskCode } from '../vocabulary/codes.js';
import { identifierSystem } from '../vocabulary/systems.js';
import { type WorklistEntry, worklistTask } from '../vocabulary/worklist.js';

/** Who asks, and when. */
export interface Asking {
  readonly by: Reference;
  readonly now: number;
  readonly ids: Ids;
}

export type SupplierTaskCode = Extract<TaskCode, 'equipment-fault' | 'equipment-order' | 'equipment-notice'>;

/**
 * The supplier as the owner of a Task: by its organisation number, which its own client is known by.
 *
 * @returns a Failure where the Organization has none: nobody could see the Task
 */
export function supplierReference(organisation: Resource): Reference | Failure {
  const number = many<Identifier>(organisation.identifier).find(
    ({ system }) => system === identifierSystem.organisation,
  );
  if (number?.value === undefined)
    return new Failure('unprocessable', 'The supplier has no organisation number.', {
      expression: "Parameters.parameter.where(name='supplier')",
    });
  return {
    reference: `Organization/${organisation.id}`,
    type: 'Organization',
    identifier: { system: identifierSystem.organisation, value: number.value },
    ...(typeof organisation.name === 'string' ? { display: organisation.name } : {}),
  };
}

export function supplierTask(
  entry: Pick<WorklistEntry, 'description' | 'priority' | 'due' | 'focus'> & {
    readonly code: SupplierTaskCode;
    readonly supplier: Reference;
  },
  { by, now, ids }: Asking,
): Resource {
  const { supplier, ...rest } = entry;
  return { ...worklistTask({ ...rest, owner: supplier }, { ids, now }), requester: by };
}

/** The supplier sees it too; nothing of it concerns a patient. */
export function createdFor({ identifier }: Reference, resource: Resource): Change {
  return { op: 'create', resource, managed: true, by: 'module', grants: [`org:${identifier?.value ?? ''}`] };
}

/** `Pulsoksymeter, serienummer OX-1, Bydel Øst` – all that a supplier needs to know it by. */
export function equipmentWords(device: Resource): string {
  const [name] = many<{ readonly name?: string }>(device.deviceName);
  const type = device.type as Concept | undefined;
  const owner = device.owner as Reference | undefined;
  const serial = device.serialNumber ?? many<Identifier>(device.identifier)[0]?.value;
  return [
    type?.text ?? type?.coding?.[0]?.display ?? name?.name ?? 'Utstyr',
    ...(typeof serial === 'string' ? [`serienummer ${serial}`] : []),
    ...(owner?.display === undefined ? [] : [owner.display]),
  ].join(', ');
}
