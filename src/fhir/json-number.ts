import { Failure } from '../kernel/failure.js';
import { systemClock } from '../kernel/clock.js';
import { uuidv7 } from '../kernel/ids.js';

/**
 * A JSON number whose literal would be lost as a JavaScript number: `1.0`, `0.10`, twenty digits, `-0.0`.
 * Precision of a FHIR decimal is significant: https://hl7.org/fhir/R4/datatypes.html#decimal
 */
export class Decimal {
  constructor(readonly literal: string) {}

  /** The nearest double. */
  valueOf(): number {
    return Number(this.literal);
  }

  toString(): string {
    return this.literal;
  }

  /** Only `stringifyJson` gets the literal; any other serialiser gets the nearest double. */
  toJSON(): string | number {
    if (!writing) return Number(this.literal);
    decimalsWritten += 1;
    return guarded().placeholder + this.literal;
  }
}

/** A number of a resource: a plain number where nothing is lost, else its literal. */
export type Num = number | Decimal;

const numberLiteral = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

export const isNumber = (value: unknown): value is Num => typeof value === 'number' || value instanceof Decimal;

/** The number as it was written, for example `1.0`. */
export const literalOf = (value: Num): string => (typeof value === 'number' ? String(value) : value.literal);

/** The nearest double. May be infinite for a literal such as `1e400`. */
export const numberOf = (value: Num): number => (typeof value === 'number' ? value : Number(value.literal));

/** Literal → `Num`: keeps the literal only where it would be lost. Throws `invalid` where it is no JSON number. */
export function numFrom(literal: string): Num {
  if (!numberLiteral.test(literal))
    throw new Failure('invalid', 'Write a decimal as digits with a point, such as 36.7.', { code: 'value' });
  const value = Number(literal);
  return String(value) === literal ? value : new Decimal(literal);
}

// Guards the way back from placeholder to literal: no client can know the token, so no string can pass for a number.
// Made when first needed: a page that only reads needs none.
let guard: { readonly placeholder: string; readonly inText: RegExp } | undefined;
function guarded() {
  if (guard === undefined) {
    const token = uuidv7(systemClock).next();
    guard = { placeholder: `\u0001${token}:`, inText: new RegExp(`"\\\\u0001${token}:([-+.0-9eE]+)"`, 'g') };
  }
  return guard;
}
let writing = false;
let decimalsWritten = 0;

/** Value → JSON text; a `Decimal` comes out exactly as it came in. `indent` as for JSON.stringify. */
export function stringifyJson(value: unknown, indent?: number): string {
  const outer = writing;
  const before = decimalsWritten;
  writing = true;
  try {
    const text = JSON.stringify(value, undefined, indent) ?? 'null';
    return decimalsWritten === before ? text : text.replace(guarded().inText, '$1');
  } finally {
    writing = outer;
  }
}

/** A deep copy of parsed JSON. Decimals are shared: they never change. */
export function cloneJson<T>(value: T): T {
  if (typeof value !== 'object' || value === null || value instanceof Decimal) return value;
  if (Array.isArray(value)) return value.map(cloneJson) as T;
  const copy: Record<string, unknown> = {};
  for (const key of Object.keys(value)) copy[key] = cloneJson((value as Record<string, unknown>)[key]);
  return copy as T;
}
