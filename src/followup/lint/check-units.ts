import { ucumUnit } from '../units/ucum-unit.js';
import { type Check, valuesOf } from './finding.js';

/** Units are UCUM; others could not be converted, and no reading would be judged. https://ucum.org/ucum */
export const checkUnits: Check = (plan) =>
  valuesOf(plan)
    .filter(({ measure }) => ucumUnit(measure.unit) === undefined)
    .map(({ key, name, measure }) => ({
      severity: 'error',
      check: 'unit',
      place: { kind: 'measure', id: key },
      words: `${name}: "${measure.unit}" is no UCUM unit.`,
    }));
