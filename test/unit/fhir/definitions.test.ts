import { loadDefinitions } from '../../../src/fhir/definitions.js';

const definitions = loadDefinitions();

test('the resource types are those of R4', () => {
  expect(definitions.resourceTypes).toHaveLength(148 - 2);
  expect(definitions.isResourceType('Observation')).toBe(true);
  for (const name of ['DomainResource', 'Quantity', 'SubscriptionStatus', 'toString', ''])
    expect(definitions.isResourceType(name)).toBe(false);
});

test.each([
  ['Observation.value', 'Observation.value', 11],
  ['Observation.valueQuantity', 'Observation.value', 1],
  ['Observation.valueQuantity.unit', 'Quantity.unit', 1],
  ['Observation.component.referenceRange.low', 'Observation.referenceRange.low', 1],
  ['Observation.component.valueDateTime', 'Observation.component.value', 1],
  ['Questionnaire.item.item.item.linkId', 'Questionnaire.item.linkId', 1],
  ['Patient.name.given', 'HumanName.given', 1],
  ['Extension.value', 'Extension.value', 50],
  ['Bundle.entry.resource', 'Bundle.entry.resource', 1],
])('%s is found as %s with %i types', (path, expected, types) => {
  const found = definitions.elementAt(path);
  expect(found?.path).toBe(expected);
  expect(found?.types).toHaveLength(types);
});

test.each(['Observation.nothing', 'Observation', 'Nothing.at', 'Observation.valueMoney', 'Patient.name.given.x', ''])(
  '%j is no element',
  (path) => {
    expect(definitions.elementAt(path)).toBeUndefined();
  },
);

test('elements that later releases or others have added are not there', () => {
  for (const path of [
    'Meta.project',
    'Meta.account',
    'Binary.url',
    'DeviceDefinition.classification',
    'ResearchStudy.label',
    'EvidenceVariable.characteristic.linkId',
  ]) {
    expect(definitions.elementAt(path)).toBeUndefined();
  }
  expect(definitions.elementAt('EvidenceVariable.characteristic.definitionTriggerDefinition')?.types[0]?.code).toBe(
    'TriggerDefinition',
  );
});

test('an element knows its cardinality, targets, binding and invariants', () => {
  expect(definitions.elementAt('Observation.status')?.node).toMatchObject({
    min: 1,
    binding: { strength: 'required', valueSet: 'http://hl7.org/fhir/ValueSet/observation-status' },
  });
  expect(definitions.elementAt('Observation.performer')).toMatchObject({
    node: { max: '*', list: true },
    types: [{ code: 'Reference', targets: expect.arrayContaining(['Patient', 'CareTeam']) }],
  });
  expect(definitions.elementAt('Observation.id')?.types).toEqual([{ code: 'id' }]);
  expect(definitions.type('Observation')?.rules?.map((rule) => rule.key)).toEqual(['obs-6', 'obs-7']);
});

test('the Patient compartment names the parameters that lead to the patient', () => {
  expect(definitions.compartmentParameters('Patient', 'Observation')).toEqual(['subject', 'performer']);
  expect(definitions.compartmentParameters('Patient', 'Medication')).toBeUndefined();
});
