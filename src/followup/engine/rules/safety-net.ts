// NEWS2 © Royal College of Physicians 2017: the values that score 3 for a single parameter.
import type { Measure, Range, SimpleMeasure } from '../../ruleset/grammar.js';
import { isComponentMeasure } from '../../ruleset/grammar.js';
import { convertUnit } from '../../units/convert-unit.js';
import { inRange } from '../../units/range.js';
import type { Reading } from '../state.js';
import { valueIn } from '../value-in.js';
import { readingWords } from '../words.js';
import type { Outcome } from './rule-case.js';

/** Each in its own unit. */
const singleParameterThree: Readonly<Record<string, { readonly unit: string; readonly red: readonly Range[] }>> = {
  'loinc|9279-1': { unit: '/min', red: [{ le: '8' }, { ge: '25' }] },
  'loinc|2708-6': { unit: '%', red: [{ le: '91' }] },
  'loinc|59408-5': { unit: '%', red: [{ le: '91' }] },
  'loinc|8480-6': { unit: 'mm[Hg]', red: [{ le: '90' }, { ge: '220' }] },
  'loinc|8867-4': { unit: '/min', red: [{ le: '40' }, { ge: '131' }] },
  'loinc|8310-5': { unit: 'Cel', red: [{ le: '35.0' }] },
};

/** Judges a reading of a measure without limits, while the plan's safety net is on: red, or nothing is said. */
export function judgeSafetyNet(key: string, reading: Reading, measure: Measure): Outcome {
  const parts: [string | undefined, SimpleMeasure][] = isComponentMeasure(measure)
    ? Object.entries(measure.components)
    : [[undefined, measure]];
  const red = parts.some(([name, part]) => {
    const limits = (part.code ?? []).map((code) => singleParameterThree[code]).find((found) => found !== undefined);
    const measured = limits === undefined ? undefined : valueIn(reading, measure, name);
    if (limits === undefined || measured === undefined) return false;
    const value = convertUnit(measured, { from: part.unit, to: limits.unit });
    return value !== undefined && limits.red.some((range) => inRange(value, range));
  });
  return red
    ? { colour: 'red', basis: [reading], words: `${readingWords(key, reading, measure)} (NEWS2 3 poeng)` }
    : undefined;
}
