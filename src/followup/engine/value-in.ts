import type { Measure } from '../ruleset/grammar.js';
import { isComponentMeasure } from '../ruleset/grammar.js';
import { convertUnit } from '../units/convert-unit.js';
import { type ExactDecimal, roundHalfUp } from '../units/exact-decimal.js';
import { decimalOf } from '../units/range.js';
import type { Reading } from './state.js';

/**
 * A reading's value in the measure's unit (a later plan may measure in another). Undefined where it has none, or none
 * that can be converted.
 */
export function valueIn(reading: Reading, measure: Measure, component?: string): ExactDecimal | undefined {
  if (isComponentMeasure(measure)) {
    const value = component === undefined ? undefined : reading.components?.[component];
    return value === undefined ? undefined : decimalOf(value);
  }
  if (reading.value === undefined) return undefined;
  const value = decimalOf(reading.value);
  if (reading.unit === undefined || reading.unit === measure.unit) return value;
  const analyte = measure.analyte === undefined ? {} : { analyte: measure.analyte };
  const converted = convertUnit(value, { from: reading.unit, to: measure.unit, ...analyte });
  return converted === undefined ? undefined : roundHalfUp(converted, measure.decimals);
}
