import { parseJson } from '../../../src/fhir/json.js';
import type { Resource } from '../../../src/fhir/resource.js';
import { extractRows } from '../../../src/search/extract/extract-rows.js';
import { extractSeries } from '../../../src/search/extract/extract-series.js';
import { loadSearchRegistry } from '../../../src/search/load-registry.js';
import { canonicalUnit, toCanonical } from '../../../src/search/canonical-unit.js';

const registry = loadSearchRegistry();
const read = (text: string): Resource => parseJson(text) as Resource;
const rowsOf = (resource: Resource, param: string) =>
  extractRows(resource, registry).filter((row) => row.param === param);

test.each<[string, string, string, readonly object[]]>([
  [
    'a CodeableConcept gives each coding once',
    '{"resourceType":"Observation","code":{"coding":[{"system":"s","code":"1"},{"system":"s","code":"1"},{"code":"2"},{"display":"x"}]}}',
    'code',
    [
      { system: 's', code: '1' },
      { system: '', code: '2' },
    ],
  ],
  [
    'a code has no system',
    '{"resourceType":"Observation","status":"final"}',
    'status',
    [{ kind: 'token', system: '', code: 'final' }],
  ],
  ['a boolean is a code', '{"resourceType":"Patient","active":false}', 'active', [{ kind: 'token', code: 'false' }]],
  [
    'an identifier is text with its type',
    '{"resourceType":"Patient","identifier":[{"type":{"coding":[{"system":"t","code":"MR"}]},"system":"s","value":"v"}]}',
    'identifier',
    [{ kind: 'identifier', system: 's', value: 'v', typeSystem: 't', typeCode: 'MR' }],
  ],
  [
    'a contact point has no system',
    '{"resourceType":"Patient","telecom":[{"system":"phone","value":"1"}]}',
    'telecom',
    [{ kind: 'identifier', system: '', value: '1' }],
  ],
  ['a url is text', '{"resourceType":"ValueSet","url":"http://x"}', 'url', [{ kind: 'uri', value: 'http://x' }]],
  [
    'a string token is text',
    '{"resourceType":"ValueSet","version":"1.2"}',
    'version',
    [{ kind: 'identifier', system: '', value: '1.2' }],
  ],
  [
    'a reference below a version',
    '{"resourceType":"Task","focus":{"reference":"Patient/1/_history/3"}}',
    'focus',
    [{ targetType: 'Patient', targetId: '1', targetVersion: '3' }],
  ],
  [
    'a logical reference with type',
    '{"resourceType":"Task","for":{"type":"Patient","identifier":{"system":"s","value":"v"}}}',
    'subject',
    [{ targetType: 'Patient', identifierSystem: 's', identifierValue: 'v' }],
  ],
  ['a contained reference points nowhere', '{"resourceType":"Task","for":{"reference":"#p"}}', 'subject', []],
  [
    'a canonical is found without its version',
    '{"resourceType":"CarePlan","instantiatesCanonical":["http://x/PlanDefinition/1|2"]}',
    'instantiates-canonical',
    [{ url: 'http://x/PlanDefinition/1' }],
  ],
  [
    'resolve() is T by the reference itself',
    '{"resourceType":"EpisodeOfCare","careManager":{"reference":"PractitionerRole/1"}}',
    'care-manager',
    [],
  ],
  [
    'the first entry of a document',
    '{"resourceType":"Bundle","type":"document","entry":[{"resource":{"resourceType":"Composition","id":"c"}},{"resource":{"resourceType":"Patient","id":"p"}}]}',
    'composition',
    [{ targetType: 'Composition', targetId: 'c' }],
  ],
  [
    'where() of an expression',
    '{"resourceType":"Patient","telecom":[{"system":"email","value":"a@b"},{"system":"phone","value":"1"}]}',
    'email',
    [{ value: 'a@b' }],
  ],
  [
    'a name part by part',
    '{"resourceType":"Patient","name":[{"family":"Ås","given":["Bo","Per"]}]}',
    'name',
    [{ value: 'as', exact: 'Ås' }, { value: 'bo' }, { value: 'per' }],
  ],
  [
    'a Timing spans its events',
    '{"resourceType":"Observation","effectiveTiming":{"event":["2026-03-03T00:00:00Z","2026-03-01T00:00:00Z"]}}',
    'date',
    [{ low: Date.parse('2026-03-01T00:00:00Z'), high: Date.parse('2026-03-03T00:00:01Z') }],
  ],
  [
    'an open Period',
    '{"resourceType":"Encounter","period":{"start":"2026-03-01T00:00:00Z"}}',
    'date',
    [{ low: Date.parse('2026-03-01T00:00:00Z'), high: 8.64e15 }],
  ],
  [
    'sampled data from the lowest to the highest',
    '{"resourceType":"Observation","valueSampledData":{"origin":{"value":10,"system":"http://unitsofmeasure.org","code":"mV"},"period":1,"factor":2,"dimensions":1,"data":"-1 3 E 2"}}',
    'value-quantity',
    [{ low: '8', high: '16' }],
  ],
  [
    'money by its currency',
    '{"resourceType":"Invoice","totalGross":{"value":10.00,"currency":"NOK"}}',
    'totalgross',
    [{ low: '10.00', system: 'urn:iso:std:iso:4217', code: 'NOK' }],
  ],
  [
    'a decimal keeps its literal',
    '{"resourceType":"Observation","valueQuantity":{"value":5.40}}',
    'value-quantity',
    [{ low: '5.40', high: '5.40' }],
  ],
  [
    'a decimal out of all proportion is left out',
    '{"resourceType":"Observation","valueQuantity":{"value":1e9999}}',
    'value-quantity',
    [],
  ],
  ['deceased: false', '{"resourceType":"Patient","deceasedBoolean":false}', 'deceased', [{ code: 'false' }]],
  ['deceased by a date', '{"resourceType":"Patient","deceasedDateTime":"2026"}', 'deceased', [{ code: 'true' }]],
  ['deceased: nothing said', '{"resourceType":"Patient"}', 'deceased', [{ code: 'false' }]],
])('%s', (_title, text, param, expected) => {
  const rows = rowsOf(read(text), param);
  expect(rows).toHaveLength(expected.length);
  rows.forEach((row, index) => expect(row).toMatchObject(expected[index]!));
});

test('no NUL reaches the database, and no value is longer than what is compared', () => {
  const [row] = rowsOf({ resourceType: 'Patient', name: [{ family: `a\0b${'x'.repeat(600)}` }] }, 'family');
  expect(row).toMatchObject({ exact: `ab${'x'.repeat(497)}` });
});

test('references below the own base are local', () => {
  const resource = read('{"resourceType":"Task","for":{"reference":"https://me.no/fhir/Patient/1"}}');
  expect(extractRows(resource, registry, { base: 'https://me.no/fhir' })).toContainEqual(
    expect.objectContaining({ param: 'subject', targetType: 'Patient', targetId: '1' }),
  );
});

test('the series has a point for each coding of the code and of the components', () => {
  const points = extractSeries(
    read(`{"resourceType":"Observation","code":{"coding":[{"system":"http://loinc.org","code":"85354-9"}]},"effectiveDateTime":"2026-03-01T00:00:00Z",
    "component":[{"code":{"coding":[{"system":"http://loinc.org","code":"8480-6"}]},"valueQuantity":{"value":16,"system":"http://unitsofmeasure.org","code":"kPa"}},
                 {"code":{"coding":[{"system":"http://loinc.org","code":"8462-4"}]},"valueQuantity":{"value":5,"comparator":"<","system":"http://unitsofmeasure.org","code":"kPa"}}]}`),
  );
  expect(points).toEqual([
    {
      system: 'http://loinc.org',
      code: '85354-9',
      low: Date.parse('2026-03-01T00:00:00Z'),
      high: Date.parse('2026-03-01T00:00:01Z'),
      component: false,
    },
    {
      system: 'http://loinc.org',
      code: '8480-6',
      low: Date.parse('2026-03-01T00:00:00Z'),
      high: Date.parse('2026-03-01T00:00:01Z'),
      value: '16000000',
      unit: 'm-1.s-2.g',
      component: true,
    },
    {
      system: 'http://loinc.org',
      code: '8462-4',
      low: Date.parse('2026-03-01T00:00:00Z'),
      high: Date.parse('2026-03-01T00:00:01Z'),
      component: true,
    },
  ]);
});

test('an Observation without a time has no point', () => {
  expect(extractSeries(read('{"resourceType":"Observation","code":{"coding":[{"code":"1"}]}}'))).toEqual([]);
});

test.each([
  ['kg', '6.3', 'g', '6300'],
  ['g/L', '1', 'm-3.g', '1000'],
  ['mg/dL', '1', 'm-3.g', '10'],
  ['mmol/L', '5.5', 'm-3.mol', '5.5'],
  ['/min', '72', 's-1', '1.2'],
  ['%', '95', '1', '0.95'],
  ['Cel', '37.0', 'K', '310.15'],
  ['[degF]', '98.6', 'K', '310.15'],
  ['mm[Hg]', '120', 'm-1.s-2.g', '15998640'],
  ['[iU]/L', '3', '[iU]/L', '3'],
])('%s: %s in %s is %s', (unit, value, code, canonical) => {
  const known = canonicalUnit(unit)!;
  expect(known.code).toBe(code);
  expect(Number(toCanonical(value, known))).toBe(Number(canonical));
});

test('what is no UCUM unit has no base unit', () => {
  expect(canonicalUnit('slag per minutt')).toBeUndefined();
  expect(canonicalUnit('')).toBeUndefined();
  expect(canonicalUnit('x'.repeat(200))).toBeUndefined();
});

test('an expression of somebody’s own that would take for ever finds nothing', () => {
  const own = loadSearchRegistry();
  const expression = ["Basic.code.text.where($this.matches('^(a+)+$'))"];
  const definition = { type: 'Basic', code: 'own', kind: 'string', url: 'urn:own', expression, own: true } as const;
  own.setOwn([definition], 1);
  const rowsOf = (text: string) =>
    extractRows({ resourceType: 'Basic', code: { text } }, own).filter(({ param }) => param === 'own');
  expect(rowsOf('aaa')).toHaveLength(1);
  expect(rowsOf(`${'a'.repeat(60)}!`)).toEqual([]);
});
