// https://hl7.org/fhir/R4/search.html#number
import { Decimal } from 'decimal.js';

const literal = /^[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d{1,4})?$/;
/** Beyond any decimal of FHIR (18 digits), within what the database can index. */
const mostDigits = 60;
const largestExponent = 400;
const Exact = Decimal.clone({ precision: 500, toExpPos: 1e9, toExpNeg: -1e9, maxE: 1e6, minE: -1e6 });

/** The decimal literal where it can be stored and compared; undefined where it is malformed or out of all proportion. */
export function usableDecimal(text: string): string | undefined {
  if (text.length > mostDigits || !literal.test(text)) return undefined;
  const exponent = /[eE]([-+]?\d+)$/.exec(text);
  if (exponent !== null && Math.abs(Number(exponent[1])) > largestExponent) return undefined;
  return text;
}

/** What a search value stands for: `value`, the half-open range of its significant figures, and ±10 % (for `ap`). */
export interface SignificantRange {
  readonly value: string;
  readonly low: string;
  readonly high: string;
}

/**
 * `100` → [99.5, 100.5); `100.00` → [99.995, 100.005); `1e2` → [95, 105): half a unit of the last significant digit to
 * either side. An exponent gives the digits before it, as the specification's own example reads.
 *
 * @returns undefined where `text` is no usable decimal
 */
export function significantRange(text: string): SignificantRange | undefined {
  if (usableDecimal(text) === undefined) return undefined;
  const [mantissa = '', exponent = '0'] = text.toLowerCase().split('e');
  const decimals = mantissa.includes('.') ? mantissa.length - mantissa.indexOf('.') - 1 : 0;
  const value = new Exact(text);
  // A lone digit before an exponent (1e2) stands for two significant figures less one: the specification gives [95, 105).
  const lone = exponent !== '0' && /^[-+]?\d$/.test(mantissa) ? 1 : 0;
  const half = new Exact(5).times(new Exact(10).pow(Number(exponent) - decimals - 1 - lone));
  return { value: value.toFixed(), low: value.minus(half).toFixed(), high: value.plus(half).toFixed() };
}

/** `ap`: within 10 % of the value. */
export function approximateRange(text: string): SignificantRange | undefined {
  if (usableDecimal(text) === undefined) return undefined;
  const value = new Exact(text);
  const tenth = value.abs().div(10);
  return { value: value.toFixed(), low: value.minus(tenth).toFixed(), high: value.plus(tenth).toFixed() };
}

/** -1, 0 or 1; `Infinity` and `-Infinity` are the ends. */
export function compareDecimals(a: string, b: string): number {
  if (a === b) return 0;
  return new Exact(a).cmp(new Exact(b));
}
