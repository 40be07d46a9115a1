import { Decimal } from 'decimal.js';

/** Decimal arithmetic of the engine: 40 digits, ties away from zero. Never floats. */
export const ExactDecimal = Decimal.clone({
  precision: 40,
  rounding: Decimal.ROUND_HALF_UP,
  toExpNeg: -40,
  toExpPos: 40,
});
export type ExactDecimal = Decimal;

/** HALF_UP to so many decimals: `roundHalfUp('37.95', 1)` is 38.0. */
export function roundHalfUp(value: ExactDecimal, decimals: number): ExactDecimal {
  return value.toDecimalPlaces(decimals, Decimal.ROUND_HALF_UP);
}
