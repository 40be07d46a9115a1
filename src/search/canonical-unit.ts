// https://ucum.org/ucum – every unit is a factor (and for temperatures an offset) times powers of seven base units.
import { createRequire } from 'node:module';
import { Decimal } from 'decimal.js';

/** The code system of UCUM units. */
export const ucumSystem = 'http://unitsofmeasure.org';

/** How values of a unit are written in the base unit of their dimension: `(value + offset) × factor`. */
export interface CanonicalUnit {
  /** Base unit, such as `g.m-1.s-2`; `1` for numbers without dimension. */
  readonly code: string;
  readonly factor: Decimal;
  readonly offset: Decimal;
}

interface UcumUnit {
  readonly magnitude_: number;
  readonly dim_: { readonly dimVec_: readonly number[] | null } | null;
  readonly cnv_: string | null;
  readonly cnvPfx_: number;
  readonly moleExp_: number;
  readonly isArbitrary_: boolean;
}
/** The parser inside the library: its public `getSpecifiedUnit` prints what it cannot read to the console. */
interface UcumUtils {
  readonly uStrParser_: {
    parseString(code: string, valConv: 'validate', suggest: boolean): readonly [UcumUnit | null, ...unknown[]];
  };
}

const baseUnits = ['m', 's', 'g', 'rad', 'K', 'C', 'cd'];
const avogadro = new Decimal('6.0221367e23');
const most = 5000;
const one = new Decimal(1);
const none = new Decimal(0);
/** Doubles of the UCUM tables are right to 15 digits. */
const Arithmetic = Decimal.clone({ precision: 40 });

let library: UcumUtils | undefined;
const known = new Map<string, CanonicalUnit | undefined>();

/** @returns undefined where `code` is not valid UCUM */
export function canonicalUnit(code: string): CanonicalUnit | undefined {
  if (known.has(code)) return known.get(code);
  if (known.size >= most) known.clear();
  const unit = code.length > 100 ? undefined : resolve(code);
  known.set(code, unit);
  return unit;
}

/** A value in the base unit, rounded to the 15 digits that unit factors are exact to; unchanged where the factor is 1. */
export function toCanonical(value: string, unit: CanonicalUnit): string {
  if (value.endsWith('Infinity')) return value;
  if (unit.factor === one && unit.offset === none) return value;
  return new Arithmetic(value).plus(unit.offset).times(unit.factor).toSignificantDigits(15).toString();
}

function resolve(code: string): CanonicalUnit | undefined {
  library ??= (
    createRequire(import.meta.url)('@lhncbc/ucum-lhc') as { UcumLhcUtils: { getInstance(): UcumUtils } }
  ).UcumLhcUtils.getInstance();
  let unit: UcumUnit | null;
  try {
    [unit] = library.uStrParser_.parseString(code, 'validate', false);
  } catch {
    return undefined;
  }
  if (unit === null || unit === undefined) return undefined;
  if (unit.isArbitrary_) return { code, factor: one, offset: none }; // comparable with nothing but itself
  if (unit.cnv_ === 'Cel' || unit.cnv_ === 'degF') return temperature(unit);
  if (unit.cnv_ !== null) return { code, factor: one, offset: none }; // logarithmic scales
  const dimension = unit.dim_?.dimVec_ ?? [];
  const powers = dimension.flatMap((power, index) =>
    power === 0 ? [] : [baseUnits[index]! + (power === 1 ? '' : power)],
  );
  if (unit.moleExp_ !== 0) powers.push(unit.moleExp_ === 1 ? 'mol' : `mol${unit.moleExp_}`);
  if (!(unit.magnitude_ > 0) || !Number.isFinite(unit.magnitude_)) return undefined;
  const factor = new Arithmetic(unit.magnitude_)
    .div(new Arithmetic(avogadro).pow(unit.moleExp_))
    .toSignificantDigits(15);
  return { code: powers.join('.') || '1', factor: factor.eq(1) ? one : factor, offset: none };
}

function temperature(unit: UcumUnit): CanonicalUnit {
  if (unit.cnv_ === 'Cel') {
    const scale = new Arithmetic(unit.magnitude_).times(unit.cnvPfx_);
    return { code: 'K', factor: scale.eq(1) ? one : scale, offset: new Arithmetic('273.15').div(scale) };
  }
  return { code: 'K', factor: new Arithmetic(5).div(9), offset: new Arithmetic('459.67') };
}
