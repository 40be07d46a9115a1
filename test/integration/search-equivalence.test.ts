import fc from 'fast-check';
import { Decimal } from '../../src/fhir/json.js';
import type { Resource } from '../../src/fhir/resource.js';
import { loadSearchRegistry } from '../../src/search/load-registry.js';
import { compileMatcher } from '../../src/search/match/compile-matcher.js';
import { parseSearch } from '../../src/search/parse/parse-search.js';
import { searchPage } from '../../src/storage/search/search-page.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { ResourceInserter } from '../support/insert.js';

// The database and the matcher in memory (subscriptions) must give the same answer to every search of one resource.

const registry = loadSearchRegistry();
const now = Date.parse('2026-06-01T12:00:00Z');
const fnr = 'urn:oid:2.16.578.1.12.4.1.4.1';
const resolved = new Map([[`${fnr}|11111111111`, 'p1']]);

const oneOf = <T>(...values: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...values);
const systems = oneOf('', 'http://loinc.org', 'http://snomed.info/sct', 'http://example.org/a');
const codes = oneOf('1', '2', 'final', 'A b', 'æ', 'x,y', 'p|q', 'm$n');
const times = oneOf(
  '2026',
  '2026-03',
  '2026-03-29',
  '2026-10-25',
  '2026-03-29T02:30:00+02:00',
  '2026-03-29T00:30:00Z',
  '2026-10-25T02:30:00',
  '2026-03-29T12:00:00.123Z',
  '1900-01-01',
);
const decimals = oneOf('0', '1', '-1', '5', '5.0', '5.4', '5.44', '100', '1e2', '0.001', '12345678901234567.5');
const units = oneOf(
  ['http://unitsofmeasure.org', 'kg'],
  ['http://unitsofmeasure.org', 'g'],
  ['http://unitsofmeasure.org', 'Cel'],
  ['http://unitsofmeasure.org', 'K'],
  ['http://example.org/a', 'kg'],
  ['', 'kg'],
  ['http://unitsofmeasure.org', 'nonsense unit'],
);
const words = oneOf('Ås', 'Aas', 'as', 'Øst', 'ost', 'Ole-Per', 'ole per', 'O', 'Zoë', '-', 'Straße', 'x'.repeat(600));
const ids = oneOf('p1', 'p2', 'x');
const types = oneOf('Patient', 'Group', 'Device');

const coding = fc
  .record({ system: systems, code: codes })
  .map(({ system, code }) => (system === '' ? { code } : { system, code }));
const concept = fc.record({ coding: fc.array(coding, { maxLength: 3 }) });
const quantity = fc
  .record({ value: decimals, unit: units, comparator: oneOf(undefined, undefined, '<', '>', '>=') })
  .map(({ value, unit: [system, code], comparator }) => ({
    value: new Decimal(value),
    ...(system !== '' && { system }),
    code,
    ...(comparator && { comparator }),
  }));
const reference = fc.oneof(
  fc.tuple(types, ids).map(([type, id]) => ({ reference: `${type}/${id}` })),
  ids.map((id) => ({ reference: `Patient/${id}/_history/1` })),
  oneOf(
    { reference: 'https://example.org/fhir/Patient/p1' },
    { reference: '#c' },
    { reference: 'urn:uuid:0b5a9c0e-0000-4000-8000-000000000000' },
    {},
  ),
  oneOf('11111111111', '2').map((value) => ({ identifier: { system: fnr, value } })),
  codes.map((value) => ({ type: 'Group', identifier: { value } })),
);
const effective = fc.oneof(
  times.map((effectiveDateTime) => ({ effectiveDateTime })),
  fc
    .tuple(fc.option(times, { nil: undefined }), fc.option(times, { nil: undefined }))
    .map(([start, end]) => ({ effectivePeriod: { ...(start && { start }), ...(end && { end }) } })),
  fc.constant({}),
);
const observation: fc.Arbitrary<Record<string, unknown>> = fc
  .record({
    status: oneOf('final', 'amended'),
    code: concept,
    category: fc.array(concept, { maxLength: 2 }),
    subject: reference,
    effective,
    meta: fc.record({
      lastUpdated: times.filter((t) => t.includes('Z')),
      tag: fc.array(coding, { maxLength: 1 }),
      profile: fc.array(oneOf('http://a.no/x', 'http://a.no/x/y'), { maxLength: 1 }),
    }),
    identifier: fc.array(fc.record({ system: systems, value: codes }), { maxLength: 2 }),
    value: fc.oneof(
      quantity.map((valueQuantity) => ({ valueQuantity })),
      concept.map((valueCodeableConcept) => ({ valueCodeableConcept })),
      words.map((valueString) => ({ valueString })),
      fc.constant({}),
    ),
    component: fc.array(fc.record({ code: concept, valueQuantity: quantity }), { maxLength: 2 }),
  })
  .map(({ effective: when, value, ...rest }) => ({ resourceType: 'Observation', ...rest, ...when, ...value }));
const person: fc.Arbitrary<Record<string, unknown>> = fc
  .record({
    active: fc.boolean(),
    name: fc.array(fc.record({ family: words, given: fc.array(words, { maxLength: 2 }) }), { maxLength: 2 }),
    birthDate: oneOf('2026', '2026-03', '2026-03-29'),
    gender: oneOf('male', 'female'),
  })
  .map((rest) => ({ resourceType: 'Patient', ...rest }));

const escaped = (text: string): string => text.replace(/[\\,|$]/g, '\\$&');
const token = fc.tuple(oneOf('none', 'any', 'only', 'both'), systems, codes).map(([form, system, code]) => {
  if (form === 'none') return `|${escaped(code)}`;
  return form === 'any'
    ? escaped(code)
    : form === 'only' && system !== ''
      ? `${system}|`
      : `${system}|${escaped(code)}`;
});
const prefix = oneOf('', 'eq', 'ne', 'gt', 'lt', 'ge', 'le', 'sa', 'eb', 'ap');
const dated = fc.tuple(prefix, times).map(([before, time]) => before + time);
const measured = fc
  .tuple(prefix, decimals, fc.option(units, { nil: undefined }))
  .map(([before, number, unit]) => before + number + (unit === undefined ? '' : `|${unit[0]}|${unit[1]}`));
const referring = fc.oneof(
  ids,
  fc.tuple(types, ids).map(([type, id]) => `${type}/${id}`),
  oneOf(
    'Patient/p1/_history/1',
    'https://example.org/fhir/Patient/p1',
    'urn:uuid:0b5a9c0e-0000-4000-8000-000000000000',
  ),
);
const many = (one: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.array(one, { minLength: 1, maxLength: 3 }).map((all) => all.join(','));
const pair = (names: fc.Arbitrary<string>, values: fc.Arbitrary<string>): fc.Arbitrary<[string, string]> =>
  fc.tuple(names, many(values));
const missing = (...names: string[]): fc.Arbitrary<[string, string]> =>
  fc.tuple(
    oneOf(...names).map((name) => `${name}:missing`),
    oneOf('true', 'false'),
  );

/** A test of `_filter`; values as JSON strings, in which nothing needs escaping. */
const tested = (name: string, operators: readonly string[], values: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.tuple(oneOf(...operators), values).map(([operator, value]) => `${name} ${operator} ${JSON.stringify(value)}`);
const comparisons = ['eq', 'ne', 'gt', 'lt', 'ge', 'le', 'ap', 'sa', 'eb'];
const filterOf = (tests: fc.Arbitrary<string>): fc.Arbitrary<[string, string]> =>
  fc
    .tuple(tests, tests, oneOf('and', 'or', 'and not', 'or not', ''))
    .map(([a, b, word]) => ['_filter', word === '' ? a : `${a} ${word} (${b})`]);
const texts = ['eq', 'ne', 'co', 'sw', 'ew'];

const observationPair = fc.oneof(
  filterOf(
    fc.oneof(
      tested('code', ['eq', 'ne'], token),
      tested('combo-code', ['eq', 'ne'], token),
      tested('identifier', ['eq', 'ne'], token),
      tested('date', [...comparisons, 'po'], times),
      tested('combo-value-quantity', comparisons, decimals),
      tested('value-string', texts, words),
      tested('subject', ['eq', 're'], referring),
      tested('method', ['pr'], oneOf('true', 'false')),
      tested('value-quantity', ['pr'], oneOf('true', 'false')),
    ),
  ),
  pair(
    oneOf(
      'code',
      'code:not',
      'combo-code',
      'component-code',
      'category',
      'value-concept',
      'identifier',
      'identifier:not',
      'status',
      '_tag',
      'subject:identifier',
      'patient:identifier',
    ),
    token,
  ),
  pair(oneOf('date', '_lastUpdated'), dated),
  pair(oneOf('value-quantity', 'combo-value-quantity', 'component-value-quantity'), measured),
  pair(oneOf('subject', 'patient'), referring),
  pair(oneOf('subject:Patient', 'subject:Group'), ids),
  pair(oneOf('value-string', 'value-string:exact', 'value-string:contains'), words),
  pair(
    oneOf('_profile', '_profile:above', '_profile:below'),
    oneOf('http://a.no/x', 'http://a.no/', 'http://a.no/x/y/z'),
  ),
  fc.tuple(
    oneOf('code-value-quantity', 'component-code-value-quantity', 'combo-code-value-quantity'),
    fc.tuple(token, measured).map(([code, value]) => `${code}$${value}`),
  ),
  missing('code', 'date', 'subject', 'patient', 'value-quantity', 'combo-value-quantity', 'identifier', 'value-string'),
);
const personPair = fc.oneof(
  filterOf(
    fc.oneof(
      tested('name', texts, words),
      tested('given', texts, words),
      tested('gender', ['eq', 'ne'], oneOf('male', 'female')),
    ),
  ),
  pair(oneOf('name', 'family', 'given:exact', 'name:contains', 'family:exact'), words),
  pair(fc.constant('birthdate'), dated),
  pair(
    oneOf('gender', 'gender:not', 'active'),
    oneOf('male', 'female', 'true', 'http://hl7.org/fhir/administrative-gender|male', 'http://example.org|male'),
  ),
  missing('name', 'deceased'),
);

describe('the database and the matcher agree', () => {
  let database: TestDatabase;
  let store: ResourceInserter;
  const resources: Resource[] = [];

  beforeAll(async () => {
    database = await createTestDatabase();
    store = await ResourceInserter.open(database.pool, registry);
    await store.insert({ resourceType: 'Patient', id: 'p1', identifier: [{ system: fnr, value: '11111111111' }] });
    const generated = [
      ...fc.sample(observation, { numRuns: 120, seed: 20260301 }),
      ...fc.sample(person, { numRuns: 40, seed: 7 }),
    ];
    for (const [index, elements] of generated.entries()) {
      const resource = { ...elements, id: `g${index}` } as unknown as Resource;
      resources.push(resource);
      await store.insert(resource);
    }
  }, 60_000);
  afterAll(() => database.drop());

  test.each([
    ['Observation', observationPair],
    ['Patient', personPair],
  ] as const)(
    'on every search of %s',
    async (type, one) => {
      const deps = { dictionary: store.dictionary, registry };
      let matched = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(one, { minLength: 1, maxLength: 2 }), async (pairs) => {
          const request = parseSearch(type, [...pairs, ['_count', '1000']], registry, { strict: true, now });
          const matches = compileMatcher(request, registry);
          const expected = resources
            .filter((resource) => matches(resource, undefined, { patients: resolved }))
            .map((resource) => resource.id);
          const page = await searchPage(
            database.pool,
            request,
            { parties: [], controllers: '*', visibility: () => 'all' },
            deps,
          );
          const found = page.matches.map((row) => row.id).filter((id) => id.startsWith('g'));
          expect(found.sort()).toEqual(expected.sort());
          matched += found.length;
        }),
        { numRuns: type === 'Observation' ? 600 : 200 },
      );
      expect(matched).toBeGreaterThan(500); // else the searches asked for nothing that is there
    },
    60_000,
  );
});
