/** `Device/$order`: equipment is ordered. https://hl7.org/fhir/R4/supplyrequest.html */
import type { Change } from '../../fhir/change.js';
import type { Resource } from '../../fhir/resource.js';
import { instant } from '../../kernel/clock.js';
import { type Reference, referenceTo } from '../vocabulary/element.js';
import { type Asking, createdFor, supplierTask } from './supplier-task.js';

export interface Order extends Asking {
  readonly supplier: Reference;
  /** What kind of equipment, in words. */
  readonly item: string;
  readonly quantity: number;
  /** Where it goes: the bydel, or a place. */
  readonly deliverTo?: Reference | undefined;
  readonly reason?: string | undefined;
  /** YYYY-MM-DD */
  readonly neededBy?: string | undefined;
}

/** → SupplyRequest, and the Task `equipment-order` that puts it on the supplier's desk. */
export function orderEquipment(facts: Order): Change[] {
  const { supplier, item, quantity, deliverTo, reason, neededBy, by, now, ids } = facts;
  const order: Resource = {
    resourceType: 'SupplyRequest',
    id: ids.next(),
    status: 'active',
    priority: 'routine',
    itemCodeableConcept: { text: item },
    quantity: { value: quantity },
    ...(neededBy === undefined ? {} : { occurrenceDateTime: neededBy }),
    authoredOn: instant(now),
    requester: by,
    supplier: [supplier],
    ...(reason === undefined ? {} : { reasonCode: [{ text: reason }] }),
    ...(deliverTo === undefined ? {} : { deliverTo }),
  };
  const place = deliverTo?.display === undefined ? '' : ` til ${deliverTo.display}`;
  const task = supplierTask(
    {
      code: 'equipment-order',
      supplier,
      focus: referenceTo(order),
      description: `Bestilling: ${quantity} ${item}${place}.`,
      ...(neededBy === undefined ? {} : { due: Date.parse(`${neededBy}T12:00:00Z`) }),
    },
    facts,
  );
  return [createdFor(supplier, order), createdFor(supplier, task)];
}
