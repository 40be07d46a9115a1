// https://ucum.org/ucum: the library knows which codes are valid, their dimension and their factor.
import { createRequire } from 'node:module';
import { ExactDecimal } from './exact-decimal.js';

/** What is known of a UCUM code. */
export interface UcumUnit {
  readonly code: string;
  /** Units of the same dimension (and number of moles) can be converted into each other. */
  readonly dimension: string;
  /** To the base unit of the dimension, rounded to the 15 digits the tables are exact to. */
  readonly factor: ExactDecimal;
  /** The conversion function of a special unit (`Cel`, `degF`); no plain factor. */
  readonly special?: string;
  readonly moles: number;
}

interface LibraryUnit {
  readonly magnitude_: number;
  readonly dim_: { readonly dimVec_: readonly number[] | null } | null;
  readonly cnv_: string | null;
  readonly moleExp_: number;
  readonly isArbitrary_: boolean;
}
interface UcumLibrary {
  getSpecifiedUnit(code: string, mode: 'validate'): { readonly unit: LibraryUnit | null };
}

const most = 1000;
const known = new Map<string, UcumUnit | undefined>();
let library: UcumLibrary | undefined;

/** Loading the tables takes some 100 ms, so it waits for the first unit that needs them. */
function loaded(): UcumLibrary {
  library ??= (
    createRequire(import.meta.url)('@lhncbc/ucum-lhc') as { UcumLhcUtils: { getInstance(): UcumLibrary } }
  ).UcumLhcUtils.getInstance();
  return library;
}

/** @returns undefined where the code is not UCUM */
export function ucumUnit(code: string): UcumUnit | undefined {
  if (known.has(code)) return known.get(code);
  if (known.size >= most) known.clear();
  const unit = code.length === 0 || code.length > 50 ? undefined : lookUp(code);
  known.set(code, unit);
  return unit;
}

function lookUp(code: string): UcumUnit | undefined {
  let unit: LibraryUnit | null;
  try {
    unit = loaded().getSpecifiedUnit(code, 'validate').unit;
  } catch {
    return undefined; // the library throws on some codes it cannot parse
  }
  if (unit === null || !(unit.magnitude_ > 0) || !Number.isFinite(unit.magnitude_)) return undefined;
  const exponents = (unit.dim_?.dimVec_ ?? [0, 0, 0, 0, 0, 0, 0]).join(',');
  return {
    code,
    // arbitrary units ([iU]) are comparable to nothing but themselves
    dimension: unit.isArbitrary_ ? `arbitrary:${code}` : exponents,
    factor: new ExactDecimal(unit.magnitude_.toPrecision(15)),
    moles: unit.moleExp_,
    ...(unit.cnv_ === null ? {} : { special: unit.cnv_ }),
  };
}
