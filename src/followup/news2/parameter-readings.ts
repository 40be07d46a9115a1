/** Observation → what it says of NEWS2's seven parameters. https://hl7.org/fhir/R4/observation.html */
import type { Resource } from '../../fhir/resource.js';
import { effectiveOf } from '../intake/effective-time.js';
import { obsInput } from '../intake/observation.js';
import { codeTextOf } from '../plan/code-text.js';
import type { RuleSet, SimpleMeasure } from '../ruleset/grammar.js';
import { convertUnit } from '../units/convert-unit.js';
import { decimalOf, inRange } from '../units/range.js';
import { type Coding, type Concept, many } from '../vocabulary/element.js';
import type { News2Parameter } from './score-table.js';

/** The latest usable value of one parameter. */
export interface ParameterReading {
  /** Effective time, ms since 1970. */
  readonly t: number;
  /** A decimal string; `air`/`oxygen`; `alert`/`altered`. */
  readonly value: string;
  /** `Observation/123` */
  readonly source: string;
}
export type ParameterReadings = Partial<Record<News2Parameter, ParameterReading>>;

/** Impossible values are no part of a score (the plausibility limits of the rule library). */
const numeric = {
  respiration: measure('/min', { ge: '2', le: '80' }, ['loinc|9279-1', 'sct|86290005', 'sct|271625008']),
  saturation: measure('%', { ge: '1', le: '100' }, ['loinc|2708-6', 'loinc|59408-5', 'sct|431314004', 'mdc|150456']),
  pulse: measure('/min', { ge: '20', le: '300' }, [
    'loinc|8867-4',
    'sct|364075005',
    'sct|78564009',
    'mdc|149546',
    'mdc|149530',
  ]),
  temperature: measure('Cel', { ge: '30.0', le: '44.0' }, ['loinc|8310-5', 'sct|276885007', 'mdc|150364']),
} as const;
const pressureCodes = ['loinc|85354-9', 'sct|75367002', 'mdc|150020'];
const pressure = {
  components: {
    sys: measure('mm[Hg]', { ge: '40', le: '280' }, ['loinc|8480-6', 'sct|271649006', 'mdc|150021']),
    dia: measure('mm[Hg]', { ge: '20', le: '200' }, ['loinc|8462-4', 'sct|271650006', 'mdc|150022']),
  },
};
const consciousnessCodes = new Set(['sct|1104441000000107', 'loinc|67775-7']);
/** ACVPU: every other answer scores 3. */
const alert = new Set(['sct|248234008', 'loinc|LA9340-6']);
const altered = new Set([
  'sct|130987000',
  'sct|300202002',
  'sct|450847001',
  'sct|422768004',
  'loinc|LA9341-4',
  'loinc|LA9342-2',
  'loinc|LA9343-0',
]);
const oxygenFlow = 'loinc|3151-8';
const usable = new Set(['final', 'amended', 'corrected']);

function measure(unit: string, impossible: SimpleMeasure['impossible'] & object, code: string[]): SimpleMeasure {
  return { unit, decimals: 1, impossible, code };
}

const codesOf = (concept: unknown): string[] =>
  many<Coding>((concept as Concept | undefined)?.coding).flatMap((one) => codeTextOf(one) ?? []);
const shares = (codes: readonly string[], wanted: readonly string[] = []): boolean =>
  codes.some((code) => wanted.includes(code));

/** A plan of nothing but this, so that the Observation is read as for any rule. */
const asPlan = (key: string, one: RuleSet['measures'][string], timezone: string): RuleSet => ({
  ruleSetVersion: '1',
  timezone,
  schedules: [],
  escalations: [],
  rules: [],
  measures: { [key]: one },
});

/**
 * What one Observation says of the parameters: of a saturation also the oxygen it was measured on. Nothing where its
 * value cannot be used: not final, without time, an unknown unit, HI or LO, impossible, or a device that says so.
 *
 * @param facts.fatalDeviceStatus codes that make a reading unusable
 */
export function parameterReadings(
  observation: Resource,
  facts: {
    readonly source: string;
    readonly received: number;
    readonly zone: string;
    readonly fatalDeviceStatus: readonly string[];
  },
): ParameterReadings {
  const t = effectiveOf(observation, facts.zone);
  if (t === undefined || t > facts.received + 300_000 || !usable.has(String(observation['status']))) return {};
  const codes = codesOf(observation['code']);
  const found = (parameter: News2Parameter, value: string | undefined): ParameterReadings =>
    value === undefined ? {} : { [parameter]: { t, value, source: facts.source } };
  if (codes.some((code) => consciousnessCodes.has(code))) return found('consciousness', acvpu(observation));
  const numericName = Object.keys(numeric).find((name) => shares(codes, numeric[name as keyof typeof numeric].code)) as
    | keyof typeof numeric
    | undefined;
  const key = numericName ?? (shares(codes, pressureCodes) ? 'pressure' : undefined);
  if (key === undefined) return codes.includes(oxygenFlow) ? found('oxygen', onOxygen(observation, facts)) : {};
  const own = numericName === undefined ? { ...pressure, code: pressureCodes } : numeric[numericName];
  const input = obsInput(observation, { ...facts, plan: asPlan(key, own, facts.zone) });
  if (input.comparator !== undefined || input.status?.some((code) => facts.fatalDeviceStatus.includes(code)) === true)
    return {};
  if (numericName === undefined) return found('systolic', systolicOf(input.components));
  const value = possible(input.value, input.unit, numeric[numericName]);
  const oxygen = input.ctx === 'o2' ? 'oxygen' : input.ctx === 'air' ? 'air' : undefined;
  return {
    ...found(numericName, value),
    ...(numericName === 'saturation' && value !== undefined ? found('oxygen', oxygen) : {}),
  };
}

function possible(value: string | undefined, unit: string | undefined, one: SimpleMeasure): string | undefined {
  if (value === undefined) return undefined;
  const converted = convertUnit(decimalOf(value), { from: unit ?? one.unit, to: one.unit });
  return converted !== undefined && inRange(converted, one.impossible ?? {}) ? converted.toFixed() : undefined;
}

function systolicOf(
  components: Readonly<Record<string, { readonly value: string; readonly unit?: string }>> | undefined,
): string | undefined {
  const [sys, dia] = (['sys', 'dia'] as const).map((name) =>
    possible(components?.[name]?.value, components?.[name]?.unit, pressure.components[name]),
  );
  if (sys === undefined || (components?.['dia'] !== undefined && dia === undefined)) return undefined;
  return dia !== undefined && decimalOf(dia).gte(decimalOf(sys)) ? undefined : sys;
}

function acvpu(observation: Resource): 'alert' | 'altered' | undefined {
  const codes = codesOf(observation['valueCodeableConcept']);
  if (codes.some((code) => altered.has(code))) return 'altered';
  return codes.some((code) => alert.has(code)) ? 'alert' : undefined;
}

function onOxygen(
  observation: Resource,
  facts: { readonly source: string; readonly received: number },
): 'air' | 'oxygen' | undefined {
  const { value, comparator } = obsInput(observation, facts);
  if (value === undefined || comparator !== undefined) return undefined;
  return decimalOf(value).gt(0) ? 'oxygen' : 'air';
}
