import { allows, type Interaction, parseScope, parseScopes, scopeText } from '../../../src/access/scope.js';
import { Failure } from '../../../src/kernel/failure.js';

describe('a SMART scope', () => {
  test.each([
    ['system/Observation.rs', 'system/Observation.rs'],
    ['user/*.cruds', 'user/*.cruds'],
    ['patient/Patient.r', 'patient/Patient.r'],
    ['system/Observation.c', 'system/Observation.c'],
    ['system/Observation.rs?category=vital-signs', 'system/Observation.rs?category=vital-signs'],
    ['system/Observation.read', 'system/Observation.rs'],
    ['user/Patient.write', 'user/Patient.cud'],
    ['patient/*.*', 'patient/*.cruds'],
  ])('%s is read as %s', (text, expected) => {
    expect(scopeText(parseScope(text))).toBe(expected);
  });

  test.each([
    'system/Observation',
    'system/Observation.',
    'system/Observation.sr',
    'system/Observation.rr',
    'system/Observation.x',
    'system/observation.rs',
    'System/Observation.rs',
    'system/Observation.reads',
    'system/Observation.read?category=x',
    'system/Observation.rs?',
    'system/Observation.rs?category',
    'system//Observation.rs',
    'system/Observation.rs system/Patient.r',
    'system/*.',
    'launch/patient',
    '',
    ' ',
    `system/${'A'.repeat(100)}.rs`,
  ])('%j is refused as nonsense', (text) => {
    expect(() => parseScope(text)).toThrow(Failure);
  });
});

describe('the scopes of a token', () => {
  test('may be one text or a list, and those that are not about resources are passed over', () => {
    const texts = (claim: string | string[]): string[] => parseScopes(claim).map(scopeText);
    expect(texts('openid  system/Patient.r offline_access nhn:other/read')).toEqual(['system/Patient.r']);
    expect(texts(['system/Patient.r', 'fhirUser'])).toEqual(['system/Patient.r']);
    expect(texts('')).toEqual([]);
  });

  test('of the issuer itself mean what the settings say', () => {
    const meaning = { 'nhn:hjemmebro/read': ['system/*.rs'] };
    expect(parseScopes('nhn:hjemmebro/read', meaning).map(scopeText)).toEqual(['system/*.rs']);
    expect(parseScopes('toString constructor', meaning)).toEqual([]);
  });

  test('that begin like a SMART scope and are none spoil the whole token', () => {
    expect(() => parseScopes('system/Patient.r system/Observation.sr')).toThrow(Failure);
  });
});

describe('what scopes permit', () => {
  const cases: readonly (readonly [scopes: string, type: string, interaction: Interaction, permitted: boolean])[] = [
    ['system/Observation.r', 'Observation', 'read', true],
    ['system/Observation.r', 'Observation', 'vread', true],
    ['system/Observation.r', 'Observation', 'history-instance', true],
    ['system/Observation.r', 'Observation', 'history-type', false],
    ['system/Observation.r', 'Observation', 'search', false],
    ['system/Observation.s', 'Observation', 'search', true],
    ['system/Observation.s', 'Observation', 'history-type', true],
    ['system/Observation.s', 'Observation', 'read', false],
    ['system/Observation.c', 'Observation', 'create', true],
    ['system/Observation.c', 'Observation', 'update', false],
    ['system/Observation.u', 'Observation', 'patch', true],
    ['system/Observation.u', 'Observation', 'delete', false],
    ['system/Observation.d', 'Observation', 'delete', true],
    ['system/Observation.cruds', 'Patient', 'read', false],
    ['system/*.rs', 'Patient', 'read', true],
    ['system/*.rs', 'Patient', 'create', false],
    ['system/*.s', '*', 'history-system', true],
    ['system/Observation.s', '*', 'history-system', false],
    ['system/Observation.write', 'Observation', 'create', true],
    ['system/Observation.write', 'Observation', 'read', false],
    ['system/Patient.r system/Observation.s', 'Observation', 'search', true],
    ['system/Observation.rs?category=laboratory', 'Observation', 'read', false],
    ['', 'Observation', 'read', false],
  ];
  test.each(cases)('%s: %s %s is permitted: %s', (scopes, type, interaction, permitted) => {
    expect(allows(parseScopes(scopes), type, interaction)).toBe(permitted);
  });
});
