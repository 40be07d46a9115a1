import { loadSearchRegistry } from '../../../src/search/load-registry.js';
import { compileMatcher } from '../../../src/search/match/compile-matcher.js';
import { parseSearch } from '../../../src/search/parse/parse-search.js';
import { parseQuery } from '../../../src/search/parse/query-pairs.js';
import { searchCases } from '../../cases/search-cases.js';

const registry = loadSearchRegistry();
const now = Date.parse('2026-03-10T00:00:00Z');

describe.each(searchCases)('$title', ({ resource, queries }) => {
  test.each(queries)('%s → %p', (query, found) => {
    const request = parseSearch(resource.resourceType, parseQuery(query), registry, { strict: true, now });
    expect(compileMatcher(request, registry)(resource)).toBe(found);
  });
});

test('a search of another type finds nothing', () => {
  const request = parseSearch('Patient', [['_id', 'o1']], registry, { strict: true });
  expect(compileMatcher(request, registry)({ resourceType: 'Observation', id: 'o1' })).toBe(false);
});

test('a logical subject that resolves to the patient is found by the patient', () => {
  const request = parseSearch('Observation', [['patient', 'Patient/p1']], registry, { strict: true });
  const resource = {
    resourceType: 'Observation',
    subject: { identifier: { system: 'urn:oid:2.16.578.1.12.4.1.4.1', value: '12834812019' } },
  };
  const matches = compileMatcher(request, registry);
  expect(matches(resource)).toBe(false);
  expect(
    matches(resource, undefined, { patients: new Map([['urn:oid:2.16.578.1.12.4.1.4.1|12834812019', 'p1']]) }),
  ).toBe(true);
});

test('chained parameters are refused: they ask other resources', () => {
  const request = parseSearch('Observation', [['patient.name', 'x']], registry, { strict: true });
  expect(() => compileMatcher(request, registry)).toThrow(/asks other resources/);
});
