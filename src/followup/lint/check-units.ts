import type { SimpleMeasure } from '../ruleset/grammar.js';
import { convertUnit } from '../units/convert-unit.js';
import { ExactDecimal } from '../units/exact-decimal.js';
import { ucumUnit } from '../units/ucum-unit.js';
import { type Check, type Finding, partOf, valuesOf } from './finding.js';

/** Units are UCUM, and of the kind that the code's readings come in; others could not be converted, and no reading would be judged. https://ucum.org/ucum */
export const checkUnits: Check = (plan) =>
  valuesOf(plan).flatMap((found): Finding[] => {
    const { key, name, measure } = found;
    const place = { kind: 'measure', id: key } as const;
    const { unit } = measure;
    if (ucumUnit(unit) === undefined)
      return [
        {
          severity: 'error',
          check: 'unit',
          place,
          words: `${name}: "${unit}" is no UCUM unit.`,
          values: { ...partOf(found), unit },
        },
      ];
    const expected = unitsOf(measure).find((one) => !isConvertible(one, measure));
    if (expected === undefined) return [];
    return [
      {
        severity: 'error',
        check: 'unit-dimension',
        place,
        words: `${name}: readings come in ${expected}, which cannot be converted to ${unit}.`,
        values: { ...partOf(found), unit, 'expected-unit': expected },
      },
    ];
  });

/** The unit that readings of a code come in. https://hl7.org/fhir/R4/observation-vitalsigns.html, and what the centre's meters send */
const unitOfCode: Readonly<Record<string, string>> = {
  'loinc|2708-6': '%',
  'loinc|59408-5': '%',
  'loinc|8867-4': '/min',
  'loinc|9279-1': '/min',
  'loinc|8310-5': 'Cel',
  'loinc|29463-7': 'kg',
  'loinc|8302-2': 'cm',
  'loinc|39156-5': 'kg/m2',
  'loinc|8480-6': 'mm[Hg]',
  'loinc|8462-4': 'mm[Hg]',
  'loinc|15074-8': 'mmol/L',
  'loinc|1988-5': 'mg/L',
};

const unitsOf = ({ code = [] }: SimpleMeasure): string[] => code.flatMap((one) => unitOfCode[one] ?? []);

const isConvertible = (from: string, { unit, analyte }: SimpleMeasure): boolean =>
  convertUnit(new ExactDecimal(1), { from, to: unit, ...(analyte === undefined ? {} : { analyte }) }) !== undefined;
