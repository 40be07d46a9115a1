/**
 * Observation → `obs`. https://hl7.org/fhir/R4/observation.html
 *
 * What the device says of its own reading is extension `dho-device-status` (valueCoding, repeats).
 */
import { Decimal } from 'decimal.js';
import { isNumber, literalOf } from '../../fhir/json.js';
import type { Resource } from '../../fhir/resource.js';
import type { ComponentValue, ObsInput } from '../engine/input.js';
import { isComponentMeasure, type Measure } from '../ruleset/grammar.js';
import {
  type Coding,
  type Concept,
  extensionsOf,
  type Identifier,
  many,
  type Reference,
} from '../vocabulary/element.js';
import { structure } from '../vocabulary/systems.js';
import { comparatorOf, contextOf } from './circumstances.js';
import { effectiveOf } from './effective-time.js';
import { factsAt, type IntakeFacts } from './intake-facts.js';
import { codesOf, measureKey } from './measure-key.js';

interface Quantity {
  value?: unknown;
  unit?: string;
  system?: string;
  code?: string;
}
interface Component {
  code?: Concept;
  valueQuantity?: Quantity;
  valueInteger?: unknown;
}

/** What to call a measure that the plan does not have: its first code, or its text. */
export const nameOfMeasure = (observation: Resource): string =>
  codesOf(observation.code)[0] ?? (observation.code as Concept | undefined)?.text ?? 'ukjent måling';

/** The engine's input; `t` undefined where the Observation has no usable time. */
export function obsInput(
  observation: Resource,
  facts: IntakeFacts,
): Omit<ObsInput, 't'> & { readonly t: number | undefined } {
  const t = effectiveOf(observation, facts.plan?.timezone ?? 'Europe/Oslo');
  // By the plan of its time; a code that only the present plan has names the same measure.
  const plans = [factsAt(facts, t).plan, facts.plan];
  const plan = plans.find((one) => measureKey(observation, one) !== undefined);
  const key = measureKey(observation, plan);
  const measure = key === undefined ? undefined : plan?.measures[key];
  const identifier = identityOf(observation);
  const device = deviceOf(observation.device as Reference | undefined);
  const ctx = contextOf(observation);
  const status = extensionsOf(observation, structure('dho-device-status')).flatMap(
    (one) => (one.valueCoding as Coding | undefined)?.code ?? [],
  );
  return {
    type: 'obs',
    t,
    received: facts.received,
    source: facts.source,
    measure: key ?? nameOfMeasure(observation),
    ...(measure !== undefined && isComponentMeasure(measure)
      ? { components: componentsOf(observation, measure.components) }
      : valueOf(observation)),
    ...(ctx === undefined ? {} : { ctx }),
    ...(device === undefined ? {} : { device }),
    ...(identifier === undefined ? {} : { identifier }),
    ...(status.length === 0 ? {} : { status }),
  };
}

/** `system|value` of the business identifier; one with a system before one without. */
export function identityOf(resource: Resource): string | undefined {
  const all = many<Identifier>(resource.identifier).filter((one) => one.value !== undefined);
  const found = all.find((one) => one.system !== undefined) ?? all[0];
  return found === undefined ? undefined : `${found.system ?? ''}|${found.value}`;
}

function deviceOf(device: Reference | undefined): string | undefined {
  const { identifier, reference, display } = device ?? {};
  return identifier?.value ?? reference ?? display;
}

function valueOf(observation: Resource): Pick<ObsInput, 'value' | 'unit' | 'comparator'> {
  const quantity = observation.valueQuantity as Quantity | undefined;
  if (quantity === undefined)
    return isNumber(observation.valueInteger) ? { value: plain(observation.valueInteger) } : {};
  const comparator = comparatorOf(observation);
  return { ...amount(quantity), ...(comparator === undefined ? {} : { comparator }) };
}

function amount(quantity: Quantity): { value?: string; unit?: string } {
  const unit = quantity.code ?? quantity.unit;
  return {
    ...(isNumber(quantity.value) ? { value: plain(quantity.value) } : {}),
    ...(unit === undefined ? {} : { unit }),
  };
}

function componentsOf(
  observation: Resource,
  components: Readonly<Record<string, Measure>>,
): Record<string, ComponentValue> {
  const found: Record<string, ComponentValue> = {};
  for (const one of many<Component>(observation.component)) {
    const codes = new Set(codesOf(one.code));
    const key = Object.keys(components).find((name) => (components[name]!.code ?? []).some((code) => codes.has(code)));
    const value =
      one.valueQuantity === undefined
        ? isNumber(one.valueInteger)
          ? { value: plain(one.valueInteger) }
          : {}
        : amount(one.valueQuantity);
    if (key !== undefined && value.value !== undefined) found[key] = value as ComponentValue;
  }
  return found;
}

/** The grammar's decimals have no exponent. */
function plain(value: Parameters<typeof literalOf>[0]): string {
  const literal = literalOf(value);
  return /[eE]/.test(literal) ? new Decimal(literal).toFixed() : literal;
}
