import { windowStart } from '../calendar/elapsed.js';
import type { DecimalString, SimpleMeasure } from '../ruleset/grammar.js';
import { isComponentMeasure, type Measure } from '../ruleset/grammar.js';
import type { ExactDecimal } from '../units/exact-decimal.js';
import { decimalOf } from '../units/range.js';
import { isBefore } from './series.js';
import type { Reading } from './state.js';
import { valueIn } from './value-in.js';

/** Readings that were waiting for a repeat and have now got it. */
export interface StepCheck {
  readonly confirmed: readonly Reading[];
  /** the step is too large and nothing confirms it yet */
  readonly unconfirmed: boolean;
}

/**
 * A step larger than `maxStep` against the last good reading within the time is not believed until a reading within
 * the tolerance repeats it; then both count.
 */
export function checkStep(
  reading: Reading,
  series: readonly Reading[],
  options: { readonly measure: Measure; readonly zone: string },
): StepCheck {
  const { measure, zone } = options;
  if (isComponentMeasure(measure) || measure.maxStep === undefined) return { confirmed: [], unconfirmed: false };
  const { abs, within, confirmTolerance } = measure.maxStep;
  const others = series.filter((other) => other.id !== reading.id && other.withdrawn !== true);
  const confirmed = others.filter(
    (other) => other.quality === 'unconfirmed' && isAtMost(distanceOf(other, reading, measure), confirmTolerance),
  );
  if (confirmed.length > 0) return { confirmed, unconfirmed: false };
  const from = windowStart(reading.t, within, zone);
  const last = others.findLast((other) => other.quality === 'good' && other.t >= from && isBefore(other, reading));
  const distance = last === undefined ? undefined : distanceOf(last, reading, measure);
  return { confirmed, unconfirmed: distance?.gt(decimalOf(abs)) ?? false };
}

function isAtMost(distance: ExactDecimal | undefined, limit: DecimalString): boolean {
  return distance?.lte(decimalOf(limit)) ?? false;
}

function distanceOf(a: Reading, b: Reading, measure: SimpleMeasure): ExactDecimal | undefined {
  const left = valueIn(a, measure);
  const right = valueIn(b, measure);
  return left === undefined || right === undefined ? undefined : left.minus(right).abs();
}
