import { Failure } from '../../../src/kernel/failure.js';
import { loadSearchRegistry } from '../../../src/search/load-registry.js';
import { parseSearch, printSearch } from '../../../src/search/parse/parse-search.js';
import { parseQuery } from '../../../src/search/parse/query-pairs.js';

const registry = loadSearchRegistry();
const parse = (type: string | undefined, query: string, strict = true) =>
  parseSearch(type, parseQuery(query), registry, { strict });

function failure(type: string | undefined, query: string): Failure {
  try {
    parse(type, query);
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error(`${query} was accepted`);
}

describe('what is not understood is refused by name, with what is near', () => {
  test.each([
    ['Observation', 'patent=1', 'invalid', /patent is not known for Observation\. Did you mean patient/],
    ['Patient', 'birth-date=1950', 'invalid', /birth-date.*birthdate/],
    [
      'Observation',
      'code:exact=1',
      'invalid',
      /:exact is not supported for code\. It takes :text, :not, :missing, :in, :not-in, :above, :below/,
    ],
    ['Observation', 'code:in=x', 'invalid', /URL of a ValueSet/],
    ['Observation', 'identifier:in=http://x', 'invalid', /:in is not supported/],
    ['Observation', 'code:below=x', 'invalid', /takes system\|code/],
    ['Location', 'near=91|0', 'invalid', /latitude\|longitude/],
    ['Location', 'near=60|10|5|kg', 'invalid', /latitude\|longitude/],
    ['Patient', '_query=x', 'invalid', /No named queries/],
    ['Patient', '_list=$current-allergies', 'invalid', /is a list of AllergyIntolerance/],
    ['Patient', '_text=--', 'invalid', /write words/],
    ['Observation', 'subject:Nonsense=1', 'invalid', /:Nonsense is not supported for subject/],
    ['Observation', 'date=xx2026', 'invalid', /prefix xx is not known; use eq, ne/],
    ['Observation', 'date=2026-13-01', 'invalid', /date: the value has the wrong form/],
    ['Observation', 'date=2026-02-30', 'invalid', /wrong form/],
    ['Observation', 'value-quantity=abc', 'invalid', /prefix ab is not known/],
    ['Observation', 'value-quantity=5|a|b|c', 'invalid', /number\|system\|code/],
    ['Observation', 'code=a|b|c', 'invalid', /system\|code/],
    ['Observation', 'code=|', 'invalid', /system\|code/],
    ['Observation', 'subject=a b', 'invalid', /Type\/id/],
    ['Observation', 'subject:Patient=Group/1', 'invalid', /another type than Patient/],
    ['Observation', 'code:missing=maybe', 'invalid', /true or false/],
    ['Observation', 'code.name=1', 'invalid', /no reference/],
    ['Observation', 'subject.nonsense=1', 'invalid', /nonsense is not known/],
    ['Observation', 'component-code-value-quantity=a', 'invalid', /takes component-code\$component-value-quantity/],
    ['Observation', 'code-value-quantity=a', 'invalid', /takes code\$value-quantity/],
    ['Observation', '_has:Patient:general-practitioner:name=x', 'invalid', /does not refer to Observation/],
    ['Patient', '_has:Observation:patient=x', 'invalid', /_has:Type/],
    ['Patient', '_sort=nonsense', 'invalid', /nonsense is not known/],
    ['Patient', '_count=-1', 'invalid', /_count takes/],
    ['Patient', '_total=many', 'invalid', /none, estimate, accurate/],
    ['Patient', '_include=Patient:name', 'invalid', /no reference/],
    ['Patient', '_include=Pasient:x', 'invalid', /Did you mean Patient/],
    ['Patient', 'identifier:of-type=a|b', 'invalid', /type system\|type code\|value/],
    ['Patient', 'name=%zz', 'invalid', /percent sign/],
    ['Pasient', 'name=x', 'not-found', /not a resource type/],
    [
      'Observation',
      `${'subject:Patient.link:Patient.'.slice(0, 16)}${'link:Patient.'.repeat(9)}name=x`,
      'too-costly',
      /at most 8/,
    ],
    ['Observation', `code=${'a,'.repeat(3000)}`, 'too-costly', /at most 2000 values/],
    ['Observation', 'code=a&'.repeat(60), 'too-costly', /at most 50 parameters/],
  ])('%s?%.60s', (type, query, category, message) => {
    const refused = failure(type, query);
    expect(refused.category).toBe(category);
    expect(refused.message).toMatch(message);
  });

  test('no message repeats a value: it may be an identity number', () => {
    for (const query of [
      'patient=12834812019 x',
      'date=12834812019',
      '12834812019=1',
      'identifier=a|b|12834812019',
      'value-quantity=1|2|3|12834812019',
    ]) {
      expect(failure('Observation', query).message).not.toMatch(/12834812019/);
    }
  });
});

test('lenient handling leaves out what is not understood, and says so', () => {
  const request = parse('Patient', 'nme=x&name=y&gender:exact=male&_count=no', false);
  expect(request.conditions).toHaveLength(1);
  expect(request.warnings.map((issue) => issue.severity)).toEqual(['warning', 'warning', 'warning']);
  expect(request.warnings[0]!.diagnostics).toMatch(/nme/);
  expect(printSearch(request)).toBe('name=y');
});

test('empty values are ignored', () => {
  expect(parse('Patient', 'name=&gender=,&birthdate&_count=').conditions).toEqual([]);
});

test('lenient handling does not lift the limits', () => {
  expect(() => parse('Observation', 'code=a&'.repeat(60), false)).toThrow(/at most/);
});

test.each([
  [
    'code=a,b\\,c',
    [
      { kind: 'token', code: 'a' },
      { kind: 'token', code: 'b,c' },
    ],
  ],
  ['code=s\\|x|c\\\\d', [{ kind: 'token', system: 's|x', code: 'c\\d' }]],
  ['code=|c', [{ kind: 'token', system: '', code: 'c' }]],
  ['code=s|', [{ kind: 'token', system: 's' }]],
  [
    'subject=Patient/1,2',
    [
      { kind: 'reference', types: ['Patient'], id: '1' },
      { kind: 'reference', types: ['Group', 'Device', 'Patient', 'Location'], id: '2' },
    ],
  ],
  ['patient=1', [{ kind: 'reference', types: ['Patient'], id: '1' }]],
  ['subject=http://else.where/Patient/1|2', [{ kind: 'url', url: 'http://else.where/Patient/1' }]],
  [
    'date=ge2026-03-01',
    [{ kind: 'date', prefix: 'ge', low: Date.parse('2026-02-28T23:00:00Z'), high: Date.parse('2026-03-01T23:00:00Z') }],
  ],
  [
    'date=2026-03-01T10:00:00 01:00',
    [{ kind: 'date', prefix: 'eq', low: Date.parse('2026-03-01T09:00:00Z'), high: Date.parse('2026-03-01T09:00:01Z') }],
  ],
  ['value-quantity=lt5.40', [{ kind: 'quantity', prefix: 'lt', range: { value: '5.4', low: '5.395', high: '5.405' } }]],
  ['value-quantity=1e2', [{ kind: 'quantity', prefix: 'eq', range: { value: '100', low: '95', high: '105' } }]],
  ['value-string=Åse', [{ kind: 'string', text: 'Åse', folded: 'ase' }]],
])('%s', (query, values) => {
  const [condition] = parse('Observation', query).conditions;
  expect(condition).toMatchObject({ op: 'match', values });
});

test('references below the own base are local', () => {
  const { conditions } = parseSearch('Observation', [['subject', 'https://me.no/fhir/Patient/1']], registry, {
    strict: true,
    base: 'https://me.no/fhir',
  });
  expect(conditions[0]).toMatchObject({ values: [{ kind: 'reference', types: ['Patient'], id: '1' }] });
});

test('ap of a date is a tenth of the distance to now to either side', () => {
  const { conditions } = parseSearch('Observation', [['date', 'ap2026-03-01T00:00:00Z']], registry, {
    strict: true,
    now: Date.parse('2026-03-11T00:00:00.500Z'),
  });
  expect(conditions[0]).toMatchObject({
    values: [{ low: Date.parse('2026-02-28T00:00:00Z'), high: Date.parse('2026-03-02T00:00:01Z') }],
  });
});

test.each([
  [
    'patient.identifier=x',
    {
      op: 'chain',
      parameter: { code: 'patient' },
      branches: [{ type: 'Patient', condition: { op: 'match', parameter: { code: 'identifier' } } }],
    },
  ],
  ['subject:Patient.name=x', { op: 'chain', branches: [{ type: 'Patient' }] }],
  [
    'subject.identifier=x',
    { op: 'chain', branches: [{ type: 'Group' }, { type: 'Device' }, { type: 'Patient' }, { type: 'Location' }] },
  ],
  ['subject.birthdate=2026', { op: 'chain', branches: [{ type: 'Patient' }] }],
  ['_has:Observation:derived-from:code=x', { op: 'has', type: 'Observation', parameter: { code: 'derived-from' } }],
])('%s', (query, shape) => {
  expect(parse('Observation', query).conditions[0]).toMatchObject(shape);
});

test('what to give back', () => {
  const request = parse(
    'Observation',
    '_sort=-date,code&_count=5000&_include=Observation:subject:Patient&_include:iterate=Patient:general-practitioner&_revinclude=*&_total=accurate&_summary=data&_elements=code,value&_format=json&_pretty=true',
  );
  expect(request).toMatchObject({
    sort: [
      { parameter: { code: 'date' }, descending: true },
      { parameter: { code: 'code' }, descending: false },
    ],
    count: 1000,
    total: 'accurate',
    summary: 'data',
    elements: ['code', 'value'],
    includes: [
      { type: 'Observation', parameter: { code: 'subject' }, target: 'Patient', iterate: false },
      { type: 'Patient', iterate: true },
    ],
    revincludes: [{ iterate: false }],
  });
  expect(printSearch(request)).not.toMatch(/_format|_pretty/);
});

test('a printed search reads back as the same search', () => {
  const query =
    'name:contains=a%20b%2Cc&birthdate=ge1950,lt1940&identifier=http://x.no%7C%26%3D%2B&_sort=-_lastUpdated';
  const request = parse('Patient', query);
  expect(printSearch(request)).toBe(
    'name:contains=a%20b,c&birthdate=ge1950,lt1940&identifier=http://x.no%7C%26%3D%2B&_sort=-_lastUpdated',
  );
  expect(parse('Patient', printSearch(request))).toEqual(request);
});

test('a search over all types knows only what every type has', () => {
  expect(parse(undefined, '_type=Patient,Group&_tag=x').types).toEqual(['Patient', 'Group']);
  expect(() => parse(undefined, 'name=x')).toThrow(/search over all types/);
  expect(() => parse('Patient', '_type=Group')).toThrow(/all types/);
});
