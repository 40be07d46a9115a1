/**
 * Observation → `obs`. https://hl7.org/fhir/R4/observation.html
 *
 * Circumstances of a measurement (`ctx`) are extension `dho-measure-context` (valueCoding), or for oxygen a component
 * «inhaled oxygen flow rate» (LOINC 3151-8): above 0 = `o2`, 0 = `air`. What the device says of its own reading is
 * extension `dho-device-status` (valueCoding, repeats).
 */
import { Decimal } from 'decimal.js';
import { isNumber, literalOf, numberOf } from '../../fhir/json.js';
import type { Resource } from '../../fhir/resource.js';
import type { Comparator, ComponentValue, ObsInput } from '../engine/input.js';
import { codeTextOf } from '../plan/code-text.js';
import { isComponentMeasure, type Measure, type RuleSet } from '../ruleset/grammar.js';
import {
  type Coding,
  type Concept,
  extensionsOf,
  type Identifier,
  many,
  type Reference,
} from '../vocabulary/element.js';
import { structure, system } from '../vocabulary/systems.js';
import { effectiveOf } from './effective-time.js';
import { factsAt, type IntakeFacts } from './intake-facts.js';

interface Quantity {
  value?: unknown;
  unit?: string;
  system?: string;
  code?: string;
  comparator?: string;
}
interface Component {
  code?: Concept;
  valueQuantity?: Quantity;
  valueInteger?: unknown;
}

const codesOf = (concept: unknown): string[] =>
  many<Coding>((concept as Concept | undefined)?.coding).flatMap((one) => codeTextOf(one) ?? []);

/** The plan's measure that an Observation is a reading of: any coding in common; the most where several have one. */
export function measureKey(observation: Resource, plan: RuleSet | undefined): string | undefined {
  const codes = new Set(codesOf(observation.code));
  let best: { key: string; shared: number } | undefined;
  for (const [key, measure] of Object.entries(plan?.measures ?? {})) {
    const shared = (measure.code ?? []).filter((code) => codes.has(code)).length;
    if (shared > (best?.shared ?? 0)) best = { key, shared };
  }
  return best?.key;
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
  return { ...amount(quantity), ...comparatorOf(quantity) };
}

function amount(quantity: Quantity): { value?: string; unit?: string } {
  const unit = quantity.code ?? quantity.unit;
  return {
    ...(isNumber(quantity.value) ? { value: plain(quantity.value) } : {}),
    ...(unit === undefined ? {} : { unit }),
  };
}

const comparators = new Set(['<', '>', '<=', '>=']);
const comparatorOf = ({ comparator }: Quantity): { comparator?: Comparator } =>
  comparator !== undefined && comparators.has(comparator) ? { comparator: comparator as Comparator } : {};

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

function contextOf(observation: Resource): string | undefined {
  const told = (extensionsOf(observation, structure('dho-measure-context'))[0]?.valueCoding as Coding | undefined)
    ?.code;
  if (told !== undefined) return told;
  const flow = many<Component>(observation.component).find((one) =>
    many<Coding>(one.code?.coding).some((c) => c.system === system.loinc && c.code === '3151-8'),
  );
  const value = flow?.valueQuantity?.value;
  return isNumber(value) ? (numberOf(value) > 0 ? 'o2' : 'air') : undefined;
}

/** The grammar's decimals have no exponent. */
function plain(value: Parameters<typeof literalOf>[0]): string {
  const literal = literalOf(value);
  return /[eE]/.test(literal) ? new Decimal(literal).toFixed() : literal;
}
