import { literalOf, type Num, numFrom } from '../../fhir/json.js';
import type { DurationString } from '../ruleset/grammar.js';
import { system } from '../vocabulary/systems.js';

/** https://hl7.org/fhir/R4/datatypes.html#Duration, its unit as UCUM. */
export interface FhirDuration {
  readonly value?: Num;
  readonly unit?: string;
  readonly system?: string;
  readonly code?: string;
}

const dateUnits = [
  ['Y', 'a'],
  ['M', 'mo'],
  ['W', 'wk'],
  ['D', 'd'],
] as const;
const timeUnits = [
  ['H', 'h'],
  ['M', 'min'],
  ['S', 's'],
] as const;

/** `PT1H30M` → 1 h, 30 min: a Duration has one unit, so a compound one becomes several that are added. */
export function durationsOf(text: DurationString): FhirDuration[] {
  const time = text.startsWith('PT');
  const units: readonly (readonly [string, string])[] = time ? timeUnits : dateUnits;
  return [...text.slice(time ? 2 : 1).matchAll(/(\d+)([A-Z])/g)].map(([, digits, letter]) => {
    const code = units.find(([name]) => name === letter)?.[1] ?? '';
    return { value: numFrom(String(BigInt(digits!))), unit: code, system: system.ucum, code };
  });
}

/** The way back; undefined where a unit is not one of a calendar or a clock, or both kinds are mixed. */
export function durationText(parts: readonly FhirDuration[]): DurationString | undefined {
  for (const [units, prefix] of [
    [dateUnits, 'P'],
    [timeUnits, 'PT'],
  ] as const) {
    const letters = parts.map((part) => units.find(([, code]) => code === (part.code ?? part.unit))?.[0]);
    if (letters.every((letter) => letter !== undefined)) {
      return (
        prefix +
        parts.map((part, index) => `${part.value === undefined ? '' : literalOf(part.value)}${letters[index]}`).join('')
      );
    }
  }
  return undefined;
}
