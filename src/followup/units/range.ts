import type { DecimalString, Range } from '../ruleset/grammar.js';
import { ExactDecimal } from './exact-decimal.js';

/** Whether a value lies in a range; which bounds belong to it the range says. */
export function inRange(value: ExactDecimal, range: Range): boolean {
  if (range.eq !== undefined) return value.eq(decimalOf(range.eq));
  return (
    (range.gt === undefined || value.gt(decimalOf(range.gt))) &&
    (range.ge === undefined || value.gte(decimalOf(range.ge))) &&
    (range.lt === undefined || value.lt(decimalOf(range.lt))) &&
    (range.le === undefined || value.lte(decimalOf(range.le)))
  );
}

const parsed = new Map<string, ExactDecimal>();

/** Bounds come again and again, so they are parsed once. */
export function decimalOf(literal: DecimalString): ExactDecimal {
  let value = parsed.get(literal);
  if (value === undefined) {
    value = new ExactDecimal(literal);
    if (parsed.size > 5000) parsed.clear();
    parsed.set(literal, value);
  }
  return value;
}
