import { loadDefinitions } from '../../../src/fhir/definitions.js';
import { valueSetsOf } from '../../../src/terminology/value-sets.js';

const valueSets = valueSetsOf(loadDefinitions());

test.each([
  ['http://hl7.org/fhir/ValueSet/observation-status', 'http://hl7.org/fhir/observation-status', 'final', true],
  ['http://hl7.org/fhir/ValueSet/observation-status|4.0.1', 'http://hl7.org/fhir/observation-status', 'final', true],
  ['http://hl7.org/fhir/ValueSet/observation-status', 'http://hl7.org/fhir/observation-status', 'bogus', false],
  ['http://hl7.org/fhir/ValueSet/observation-status', 'http://elsewhere.example', 'final', false],
  [
    'http://terminology.hl7.org/ValueSet/v3-ActEncounterCode',
    'http://terminology.hl7.org/CodeSystem/v3-ActCode',
    'ACUTE',
    true,
  ],
  [
    'http://terminology.hl7.org/ValueSet/v3-ActEncounterCode',
    'http://terminology.hl7.org/CodeSystem/v3-ActCode',
    '_ActEncounterCode',
    false,
  ],
  [
    'http://terminology.hl7.org/ValueSet/v3-ActEncounterCode',
    'http://terminology.hl7.org/CodeSystem/v3-ActCode',
    'OPIOID',
    false,
  ],
  ['http://hl7.org/fhir/ValueSet/ucum-units', 'http://unitsofmeasure.org', 'mm[Hg]', undefined],
  ['http://hl7.org/fhir/ValueSet/nowhere', 'x', 'y', undefined],
])('in %s, %s|%s: %s', (url, system, code, member) => {
  expect(valueSets.isMember(url, system, code)).toBe(member);
});

test('the codes of a bound value set are known by system', () => {
  const found = valueSets.codesOf('http://hl7.org/fhir/ValueSet/observation-status');
  expect(found?.complete).toBe(true);
  expect([...(found?.codes.get('http://hl7.org/fhir/observation-status') ?? [])]).toEqual([
    'registered',
    'preliminary',
    'final',
    'amended',
    'corrected',
    'cancelled',
    'entered-in-error',
    'unknown',
  ]);
  expect(valueSets.codesOf('http://hl7.org/fhir/ValueSet/mimetypes')?.complete).toBe(false);
  expect(valueSets.codesOf('http://hl7.org/fhir/ValueSet/nowhere')).toBeUndefined();
});
