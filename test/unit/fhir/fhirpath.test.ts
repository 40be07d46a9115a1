import { compilePath, isPath } from '../../../src/fhir/fhirpath.js';
import { Decimal, parseJson, stringifyJson } from '../../../src/fhir/json.js';
import { Failure } from '../../../src/kernel/failure.js';

const observation = parseJson(
  '{"resourceType":"Observation","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"8310-5"}]},"valueQuantity":{"value":36.70,"unit":"Cel"},"component":[{"valueQuantity":{"value":1.0}},{"valueQuantity":{"value":2.5}}]}',
);

test('an expression is evaluated with the types of R4', () => {
  expect(compilePath('Observation.value.ofType(Quantity).unit')(observation)).toEqual(['Cel']);
  expect(compilePath("Observation.code.coding.where(system='http://loinc.org').code")(observation)).toEqual(['8310-5']);
  expect(compilePath('Observation.value is Quantity')(observation)).toEqual([true]);
});

test('decimals come out as they came in', () => {
  const before = stringifyJson(observation);
  expect(compilePath('Observation.component.value.value')(observation)).toEqual([new Decimal('1.0'), 2.5]);
  expect(stringifyJson(compilePath('Observation.value')(observation))).toBe('[{"value":36.70,"unit":"Cel"}]');
  expect(compilePath('Observation.component.value.value.first() = 1')(observation)).toEqual([true]);
  expect(compilePath('Observation.value.value > 36.69')(observation)).toEqual([true]);
  expect(stringifyJson(observation)).toBe(before);
});

test('an expression is evaluated on an element of a resource with its surroundings', () => {
  const item = { linkId: '1', type: 'display', required: true };
  expect(compilePath("type!='display' or required.empty()", 'Questionnaire.item')(item)).toEqual([false]);
  expect(
    compilePath('%resource.status')(item, { resource: { resourceType: 'Questionnaire', status: 'draft' } }),
  ).toEqual(['draft']);
});

test('what cannot be parsed is refused', () => {
  expect(() => compilePath('Observation..x')).toThrow(Failure);
  expect(
    compilePath('Observation.effective.toString()')({ resourceType: 'Observation', effectiveDateTime: '2026-01-01' }),
  ).toEqual(['2026-01-01']);
  expect(isPath('Observation.(')).toBe(false);
  expect(isPath('Observation.code')).toBe(true);
});

test('trace() prints nothing', () => {
  const lines: unknown[] = [];
  const log = console.log;
  console.log = (...line: unknown[]) => lines.push(line);
  try {
    expect(compilePath("Observation.status.trace('x')")(observation)).toEqual(['final']);
  } finally {
    console.log = log;
  }
  expect(lines).toEqual([]);
});
