/**
 * How a measurement was taken, as its Observation tells: extension `dho-measure-context` (valueCoding), or for oxygen a
 * component «inhaled oxygen flow rate» (LOINC 3151-8): above 0 = `o2`, 0 = `air`; and the comparator of a meter's HI and LO.
 */
import { isNumber, numberOf } from '../../fhir/json-number.js';
import type { Resource } from '../../fhir/resource.js';
import type { Comparator } from '../engine/input.js';
import { type Coding, type Concept, extensionsOf, many } from '../vocabulary/element.js';
import { structure, system } from '../vocabulary/systems.js';

interface Component {
  readonly code?: Concept;
  readonly valueQuantity?: { readonly value?: unknown };
}

const oxygenFlow = '3151-8';

export function contextOf(observation: Resource): string | undefined {
  const told = (extensionsOf(observation, structure('dho-measure-context'))[0]?.valueCoding as Coding | undefined)
    ?.code;
  if (told !== undefined) return told;
  const flow = many<Component>(observation.component).find((one) =>
    many<Coding>(one.code?.coding).some((c) => c.system === system.loinc && c.code === oxygenFlow),
  );
  const value = flow?.valueQuantity?.value;
  return isNumber(value) ? (numberOf(value) > 0 ? 'o2' : 'air') : undefined;
}

const comparators: readonly Comparator[] = ['<', '>', '<=', '>='];

export function comparatorOf(observation: Resource): Comparator | undefined {
  const { comparator } = (observation.valueQuantity ?? {}) as { comparator?: unknown };
  return comparators.find((one) => one === comparator);
}
