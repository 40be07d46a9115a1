import {
  identifierProblem,
  identifierSystems,
  identityNumber,
  isOrganisationNumber,
  looksLikeIdentityNumber,
  withoutIdentityNumbers,
} from '../../../src/fhir/national-identifiers.js';

test.each([
  ['02013299997', { kind: 'fnr', rule: 'standard' }],
  ['30108299920', { kind: 'fnr', rule: 'standard' }],
  ['30108299939', { kind: 'fnr', rule: '2032' }],
  ['15507600333', { kind: 'fnr', rule: 'standard', synthetic: 'nav' }],
  ['55507608360', { kind: 'dnr', rule: 'standard', synthetic: 'nav' }],
  ['17912099997', { kind: 'fnr', rule: 'standard', synthetic: 'tenor' }],
  ['57912075186', { kind: 'dnr', rule: 'standard', synthetic: 'tenor' }],
  ['13717404089', { kind: 'fnr', rule: 'standard', synthetic: 'nhn' }],
  ['12834812019', { kind: 'fnr', rule: 'standard', synthetic: 'tenor' }],
  ['13116900216', { kind: 'fnr', rule: 'standard' }],
])('%s is an identity number', (value, expected) => {
  expect(identityNumber(value)).toEqual(expected);
});

test.each([
  '02013299998',
  '30108299929',
  '12345678901',
  '0201329999',
  '020132999970',
  '00000000000',
  '31023299999',
  'abcdefghijk',
  '',
])('%j is no identity number', (value) => {
  expect(identityNumber(value)).toBeUndefined();
});

test('exactly one number in 121 of those beginning with 8 or 9 has right check digits', () => {
  let valid = 0;
  for (let value = 80_000_000_000; value < 80_000_012_100; value += 1)
    if (identityNumber(String(value))?.kind === 'fhn') valid += 1;
  expect(valid).toBeGreaterThan(60);
  expect(valid).toBeLessThan(140);
});

test.each([
  ['994598759', true],
  ['974683520', true],
  ['123456785', true],
  ['043871668', true],
  ['994598758', false],
  ['99459875', false],
])('organisation number %s is valid: %s', (value, valid) => {
  expect(isOrganisationNumber(value)).toBe(valid);
});

test('in production an organisation number begins with 8 or 9', () => {
  expect(isOrganisationNumber('994598759', { production: true })).toBe(true);
  expect(isOrganisationNumber('043871668', { production: true })).toBe(false);
});

test.each([
  [identifierSystems.fnr, '13116900216', false, undefined],
  [identifierSystems.fnr, '12834812019', true, undefined],
  [identifierSystems.fnr, '12834812019', false, 'test number'],
  [identifierSystems.fnr, '55507608360', true, 'another kind'],
  [identifierSystems.dnr, '55507608360', true, undefined],
  [identifierSystems.fnr, '13116900217', true, 'not a valid identity number'],
  [identifierSystems.enh, '994598758', true, 'organisation number'],
  [identifierSystems.hpr, '9144897', true, undefined],
  [identifierSystems.hpr, 'abc', true, '1 to 9 digits'],
  ['urn:other', 'anything', true, undefined],
])('an identifier of %s (%s, test numbers allowed: %s): %s', (system, value, allowSynthetic, problem) => {
  const found = identifierProblem(system, value, { allowSynthetic });
  if (problem === undefined) expect(found).toBeUndefined();
  else expect(found).toContain(problem);
  expect(found ?? '').not.toContain(value);
});

test('a text as a whole is recognised as an identity number, also in two groups', () => {
  expect(looksLikeIdentityNumber('13116900216')).toBe(true);
  expect(looksLikeIdentityNumber('131169 00216')).toBe(true);
  expect(looksLikeIdentityNumber('x13116900216')).toBe(false);
  expect(looksLikeIdentityNumber('13116900217')).toBe(false);
});

test('identity numbers are taken out of a text', () => {
  expect(withoutIdentityNumbers('a 13116900216, 131169 00216 and 13116900217')).toBe(
    'a ***********, *********** and 13116900217',
  );
});
