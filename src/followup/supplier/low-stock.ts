/** Equipment leaves the stock: somebody is told before there is none left. */
import type { Change } from '../../fhir/change.js';
import type { Resource } from '../../fhir/resource.js';
import type { Ids } from '../../kernel/ids.js';
import { stateNow } from '../equipment/equipment-state.js';
import { typeName } from '../equipment/stock.js';
import { asReference, type Reference } from '../vocabulary/element.js';
import { identifierSystem } from '../vocabulary/systems.js';
import { worklistEntry } from '../vocabulary/worklist.js';

export interface Stock {
  /** What is taken out of it. */
  readonly device: Resource;
  /** All that the same owner has, the device itself among them. */
  readonly devices: readonly Resource[];
  /** Fewer than so many left in stock are too few; 0: nobody asks. */
  readonly minimum: number;
  readonly centre: Reference;
  readonly now: number;
  readonly ids: Ids;
}

/** What the Task about the stock of such devices is known by. */
export const stockIdentity = (device: Resource): string =>
  `stock-low|${asReference(device.owner)?.reference ?? ''}|${typeName(device)}`;

/**
 * → Task `stock-low` for the owner of the equipment, who orders it by `Device/$order`.
 *
 * @param open the Task that says so already
 */
export function warnOfLowStock(facts: Stock, open: Resource | undefined): Change[] {
  const { device, devices, minimum, centre, now, ids } = facts;
  const type = typeName(device);
  const left = devices.filter((one) => one.id !== device.id && typeName(one) === type && stateNow(one) === 'stock');
  if (left.length >= minimum || open !== undefined) return [];
  return [
    worklistEntry(
      {
        code: 'stock-low',
        owner: asReference(device.owner) ?? centre,
        description: `Det er ${left.length} igjen på lager av ${type}; minst ${minimum} skal være der.`,
        identifier: { system: identifierSystem.worklist, value: stockIdentity(device) },
      },
      { ids, now },
    ),
  ];
}
