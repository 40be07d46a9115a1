import type { ComponentMeasure, Measure, SimpleMeasure, ZoneColour } from '../ruleset/grammar.js';
import { isComponentMeasure } from '../ruleset/grammar.js';
import { convertUnit } from '../units/convert-unit.js';
import { type ExactDecimal, roundHalfUp } from '../units/exact-decimal.js';
import { decimalOf, inRange } from '../units/range.js';
import { worstOf } from './colour-rank.js';
import type { ObsInput } from './input.js';
import { zoneOfValue } from './zone-table.js';

/** What the gate lets through: the value in the measure's unit, rounded, and its zone. */
export interface Assessment {
  readonly quality: 'good' | 'technical' | 'impossible';
  readonly value?: string;
  readonly unit?: string;
  readonly components?: Readonly<Record<string, string>>;
  readonly zone?: ZoneColour;
  /** outside `suspect`: judged, and a repeat is asked for */
  readonly suspect?: true;
  readonly noted?: readonly string[];
}

/**
 * The gate before judgement, in this order: fatal device status, missing value or component, unknown unit, impossible
 * value, no zone for it. The step against the last good reading is `step-check.ts`. A meter's HI and LO are real, so
 * the impossible range does not hold for them.
 */
export function assess(input: ObsInput, measure: Measure, fatalDeviceStatus: readonly string[]): Assessment {
  if (input.status?.some((code) => fatalDeviceStatus.includes(code)) === true) return { quality: 'technical' };
  const noted = input.status === undefined || input.status.length === 0 ? {} : { noted: input.status };
  const assessed = isComponentMeasure(measure) ? assessComponents(input, measure) : assessValue(input, measure);
  return assessed.quality === 'good' ? { ...assessed, ...noted } : assessed;
}

function assessValue(input: ObsInput, measure: SimpleMeasure): Assessment {
  const value =
    input.value === undefined || input.components !== undefined ? undefined : inUnit(input.value, input.unit, measure);
  if (value === undefined) return { quality: 'technical' };
  const kept = { value: value.toFixed(), unit: measure.unit };
  if (input.comparator === undefined && !isPossible(value, measure)) return { quality: 'impossible', ...kept };
  const zone = zoneOfValue(measure, value, input);
  if (zone === 'gap') return { quality: 'technical', ...kept };
  return {
    quality: 'good',
    ...kept,
    ...(zone === undefined ? {} : { zone }),
    ...(isSuspect(value, measure) ? { suspect: true } : {}),
  };
}

function assessComponents(input: ObsInput, measure: ComponentMeasure): Assessment {
  const values = new Map<string, ExactDecimal>();
  for (const [name, component] of Object.entries(measure.components)) {
    const sent =
      input.components !== undefined && Object.hasOwn(input.components, name) ? input.components[name] : undefined;
    const value = sent === undefined ? undefined : inUnit(sent.value, sent.unit ?? input.unit, component);
    if (value === undefined) return { quality: 'technical' };
    values.set(name, value);
  }
  const all = [...values].map(([name, value]) => ({ value, component: measure.components[name] as SimpleMeasure }));
  const kept = { components: Object.fromEntries([...values].map(([name, value]) => [name, value.toFixed()])) };
  const possible =
    all.every(({ value, component }) => isPossible(value, component)) && !diastolicReachesSystolic(values);
  if (input.comparator === undefined && !possible) return { quality: 'impossible', ...kept };
  const zones = all.map(({ value, component }) => zoneOfValue(component, value, input));
  if (zones.includes('gap')) return { quality: 'technical', ...kept };
  const zone = worstOf(zones.filter((z): z is ZoneColour => z !== undefined));
  const suspect = all.some(({ value, component }) => isSuspect(value, component));
  return { quality: 'good', ...kept, ...(zone === undefined ? {} : { zone }), ...(suspect ? { suspect } : {}) };
}

/** The value in the measure's unit, rounded to its decimals: only then is it compared with anything. */
function inUnit(value: string, unit: string | undefined, measure: SimpleMeasure): ExactDecimal | undefined {
  const analyte = measure.analyte === undefined ? {} : { analyte: measure.analyte };
  const converted = convertUnit(decimalOf(value), { from: unit ?? measure.unit, to: measure.unit, ...analyte });
  return converted === undefined ? undefined : roundHalfUp(converted, measure.decimals);
}

function isPossible(value: ExactDecimal, { impossible }: SimpleMeasure): boolean {
  return impossible === undefined || inRange(value, impossible);
}

function isSuspect(value: ExactDecimal, { suspect }: SimpleMeasure): boolean {
  return suspect !== undefined && !inRange(value, suspect);
}

function diastolicReachesSystolic(values: ReadonlyMap<string, ExactDecimal>): boolean {
  const sys = values.get('sys');
  const dia = values.get('dia');
  return sys !== undefined && dia !== undefined && dia.gte(sys);
}
