import { ExactDecimal } from './exact-decimal.js';
import { type UcumUnit, ucumUnit } from './ucum-unit.js';

/** Molar mass by analyte, g/mol: mass and amount of substance are converted only where the analyte is told. */
const molarMass: Readonly<Record<string, string>> = { glucose: '180.156' };

/** Not UCUM, but unmistakable in what scales send. */
const alias: Readonly<Record<string, string>> = { lb: '[lb_av]' };

/** Dimensions: exponents of m, s, g, rad, K, C, cd. */
const massConcentration = '-3,0,1,0,0,0,0';
const substanceConcentration = '-3,0,0,0,0,0,0';

export interface Conversion {
  readonly from: string;
  readonly to: string;
  readonly analyte?: string;
}

/**
 * Converts a value between UCUM units, unrounded.
 *
 * @returns undefined where a unit is unknown or the dimensions differ: the value cannot be judged
 */
export function convertUnit(value: ExactDecimal, conversion: Conversion): ExactDecimal | undefined {
  const fromCode = alias[conversion.from] ?? conversion.from;
  const toCode = alias[conversion.to] ?? conversion.to;
  if (fromCode === toCode) return value;
  const from = ucumUnit(fromCode);
  const to = ucumUnit(toCode);
  if (from === undefined || to === undefined) return undefined;
  if (from.dimension !== to.dimension || from.moles !== to.moles)
    return byMolarMass(value, from, to, conversion.analyte);
  if (from.special !== undefined || to.special !== undefined) return temperature(value, from, to);
  return value.times(ratio(from.factor, to.factor));
}

/** Factors are right to 15 digits, so their ratio is to 13: `/s` to `/min` is 60, not 59.99999999999988. */
function ratio(from: ExactDecimal, to: ExactDecimal): ExactDecimal {
  return from.div(to).toSignificantDigits(13);
}

const kelvinZero = new ExactDecimal('273.15');

function temperature(value: ExactDecimal, from: UcumUnit, to: UcumUnit): ExactDecimal | undefined {
  const celsius = toCelsius(value, from);
  if (celsius === undefined) return undefined;
  if (to.code === 'Cel') return celsius;
  if (to.code === '[degF]') return celsius.times(9).div(5).plus(32);
  return to.special === undefined ? celsius.plus(kelvinZero).div(to.factor) : undefined;
}

function toCelsius(value: ExactDecimal, from: UcumUnit): ExactDecimal | undefined {
  if (from.code === 'Cel') return value;
  if (from.code === '[degF]') return value.minus(32).times(5).div(9);
  return from.special === undefined ? value.times(from.factor).minus(kelvinZero) : undefined;
}

function byMolarMass(
  value: ExactDecimal,
  from: UcumUnit,
  to: UcumUnit,
  analyte: string | undefined,
): ExactDecimal | undefined {
  const mass = analyte === undefined ? undefined : molarMass[analyte];
  if (mass === undefined) return undefined;
  const milligrams = ucumUnit('mg/dL');
  const millimoles = ucumUnit('mmol/L');
  if (milligrams === undefined || millimoles === undefined) return undefined;
  // 1 mmol/L = molar mass / 10 mg/dL
  const perMillimole = new ExactDecimal(mass).div(10);
  if (isMass(from) && isSubstance(to)) {
    return value
      .times(ratio(from.factor, milligrams.factor))
      .div(perMillimole)
      .times(ratio(millimoles.factor, to.factor));
  }
  if (isSubstance(from) && isMass(to)) {
    return value
      .times(ratio(from.factor, millimoles.factor))
      .times(perMillimole)
      .times(ratio(milligrams.factor, to.factor));
  }
  return undefined;
}

function isMass(unit: UcumUnit): boolean {
  return unit.dimension === massConcentration && unit.moles === 0;
}

function isSubstance(unit: UcumUnit): boolean {
  return unit.dimension === substanceConcentration && unit.moles === 1;
}
