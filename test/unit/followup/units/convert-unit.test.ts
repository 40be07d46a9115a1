import { convertUnit } from '../../../../src/followup/units/convert-unit.js';
import { ExactDecimal, roundHalfUp } from '../../../../src/followup/units/exact-decimal.js';

test.each([
  ['69.9', '[lb_av]', 'kg', undefined, '31.706106663'],
  ['1', 'lb', 'kg', undefined, '0.45359237'],
  ['85050', 'g', 'kg', undefined, '85.05'],
  ['16', 'kPa', 'mm[Hg]', undefined, '120.01'],
  ['100.4', '[degF]', 'Cel', undefined, '38'],
  ['311.15', 'K', 'Cel', undefined, '38'],
  ['38', 'Cel', '[degF]', undefined, '100.4'],
  ['0', 'Cel', 'K', undefined, '273.15'],
  ['1.2', '/s', '/min', undefined, '72'],
  ['72', '{beats}/min', '/min', undefined, '72'],
  ['0.95', '1', '%', undefined, '95'],
  ['180.156', 'mg/dL', 'mmol/L', 'glucose', '10'],
  ['1.80156', 'g/L', 'mmol/L', 'glucose', '10'],
  ['10', 'mmol/L', 'mg/dL', 'glucose', '180.156'],
])('%s %s is as many %s as the definition says', (value, from, to, analyte, expected) => {
  const converted = convertUnit(new ExactDecimal(value), { from, to, ...(analyte === undefined ? {} : { analyte }) });
  expect(converted?.toDecimalPlaces(10).minus(expected).abs().lt('0.01')).toBe(true);
  if (from !== 'kPa') expect(converted?.toDecimalPlaces(9).toFixed()).toBe(expected);
});

test.each([
  ['mg/dL', 'mmol/L', undefined],
  ['mmol/L', 'kg', 'glucose'],
  ['kg', 'mmol/L', 'glucose'],
  ['stone', 'kg', undefined],
  ['', 'kg', undefined],
  ['[iU]/L', 'mmol/L', undefined],
  ['x'.repeat(500), 'kg', undefined],
])('a value in "%s" cannot be told in %s', (from, to, analyte) => {
  expect(convertUnit(new ExactDecimal(1), { from, to, ...(analyte === undefined ? {} : { analyte }) })).toBeUndefined();
});

test.each([
  ['37.95', 1, '38'],
  ['37.949999999999999999', 1, '37.9'],
  ['89.5', 0, '90'],
  ['-0.5', 0, '-1'],
  ['0.005', 2, '0.01'],
])('%s to %i decimals is %s', (value, decimals, expected) => {
  expect(roundHalfUp(new ExactDecimal(value), decimals).toFixed()).toBe(expected);
});
