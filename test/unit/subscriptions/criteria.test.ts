import fc from 'fast-check';
import type { Resource } from '../../../src/fhir/resource.js';
import { Failure } from '../../../src/kernel/failure.js';
import { extractRows } from '../../../src/search/extract/extract-rows.js';
import { loadSearchRegistry } from '../../../src/search/load-registry.js';
import { criteriaCompiler } from '../../../src/subscriptions/criteria.js';
import { SubscriptionIndex } from '../../../src/subscriptions/subscription-index.js';

import { searchSubscription } from '../../support/subscription.js';

const base = 'http://localhost:8080/fhir';
const registry = loadSearchRegistry();
const compile = criteriaCompiler(registry, base);
const fnr = 'urn:oid:2.16.578.1.12.4.1.4.1';
const patients = new Map([[`${fnr}|12834812019`, 'p1']]);

const observation = (more: object): Resource => ({
  resourceType: 'Observation',
  id: 'o1',
  status: 'final',
  code: { coding: [{ system: 'http://loinc.org', code: '59408-5' }] },
  ...more,
});

describe('Criteria match a resource or not', () => {
  test.each<[string, Resource, boolean]>([
    ['', observation({}), true],
    ['status=final', observation({}), true],
    ['status=preliminary', observation({}), false],
    ['status=preliminary,final', observation({}), true],
    ['code=http://loinc.org|59408-5', observation({}), true],
    ['code=59408-5', observation({}), true],
    ['code=http://snomed.info/sct|59408-5', observation({}), false],
    ['code:not=59408-5', observation({}), false],
    ['subject=Patient/p1', observation({ subject: { reference: 'Patient/p1' } }), true],
    ['patient=p1', observation({ subject: { reference: 'Patient/p1' } }), true],
    ['patient=Patient/p1', observation({ subject: { reference: `${base}/Patient/p1` } }), true],
    ['patient=Patient/p1', observation({ subject: { identifier: { system: fnr, value: '12834812019' } } }), true],
    ['patient=Patient/p2', observation({ subject: { identifier: { system: fnr, value: '12834812019' } } }), false],
    [
      `subject:identifier=${fnr}|12834812019`,
      observation({ subject: { identifier: { system: fnr, value: '12834812019' } } }),
      true,
    ],
    [
      'value-quantity=lt90',
      observation({ valueQuantity: { value: 88, unit: '%', system: 'http://unitsofmeasure.org', code: '%' } }),
      true,
    ],
    [
      'value-quantity=lt90',
      observation({ valueQuantity: { value: 93, unit: '%', system: 'http://unitsofmeasure.org', code: '%' } }),
      false,
    ],
    ['date=ge2026-01-01&status=final', observation({ effectiveDateTime: '2026-02-01T08:00:00+01:00' }), true],
    ['_id=o1', observation({}), true],
    ['_id=o2', observation({}), false],
    ['_tag=x|y', observation({ meta: { tag: [{ system: 'x', code: 'y' }] } }), true],
    [
      'combo-code=8480-6',
      observation({ component: [{ code: { coding: [{ system: 'http://loinc.org', code: '8480-6' }] } }] }),
      true,
    ],
  ])('Observation?%s', (query, resource, expected) => {
    const criteria = compile('Observation', query);
    expect(criteria.matches(resource, extractRows(resource, registry, { base }), patients)).toBe(expected);
  });
});

describe('Criteria are refused with the reason', () => {
  test.each([
    ['patient.identifier=1', /other resources/],
    ['_has:Task:focus:status=ready', /other resources/],
    ['_include=Observation:subject', /_include/],
    ['_sort=date', /_sort/],
    ['_count=10', /_count/],
    ['colour=red', /colour/],
    ['status:exactly=final', /./],
    ['date=yesterday', /./],
  ])('Observation?%s', (query, reason) => {
    expect(() => compile('Observation', query)).toThrow(reason);
    expect(() => compile('Observation', query)).toThrow(Failure);
  });
});

const queries = [
  '',
  'status=final',
  'status=final,preliminary',
  'code=a',
  'code=s|a,b',
  'code:not=a',
  'patient=p1',
  'subject=Patient/p2&code=b',
  'subject=Device/p1',
  `subject:identifier=${fnr}|12834812019`,
  'status=final&code=s|b',
  '_id=o1',
  '_id=o1,o2&status=final',
  'code:missing=true',
  'combo-code=a',
  'identifier=s|1',
  'category=x&patient=p1,p2',
];
const coding = fc.record({ system: fc.constantFrom('s', 't'), code: fc.constantFrom('a', 'b') });
const resources = fc.record(
  {
    resourceType: fc.constant('Observation'),
    id: fc.constantFrom('o1', 'o2', 'o3'),
    status: fc.constantFrom('final', 'preliminary', 'amended'),
    code: fc.record({ coding: fc.array(coding, { maxLength: 2 }) }),
    category: fc.array(fc.record({ coding: fc.constant([{ system: 'c', code: 'x' }]) }), { maxLength: 1 }),
    identifier: fc.array(fc.record({ system: fc.constant('s'), value: fc.constantFrom('1', '2') }), { maxLength: 2 }),
    component: fc.array(fc.record({ code: fc.record({ coding: fc.array(coding, { maxLength: 1 }) }) }), {
      maxLength: 2,
    }),
    subject: fc.oneof(
      fc.record({ reference: fc.constantFrom('Patient/p1', 'Patient/p2', 'Device/p1', `${base}/Patient/p1`) }),
      fc.constant({ identifier: { system: fnr, value: '12834812019' } }),
    ),
  },
  { requiredKeys: ['resourceType', 'id', 'status'] },
);

test('whatever the resource, the index finds the same subscriptions as asking each of them', () => {
  const all = queries.map((query, rid) => ({
    rid,
    criteria: compile('Observation', query),
    subscription: searchSubscription(String(rid), 'Observation', compile('Observation', query)),
  }));
  const index = new SubscriptionIndex<(typeof all)[number]>();
  for (const entry of all) index.put(entry);
  fc.assert(
    fc.property(resources, fc.boolean(), (resource, resolved) => {
      const found = resource as unknown as Resource;
      const rows = extractRows(found, registry, { base });
      const known = resolved ? patients : undefined;
      const expected = all.filter(({ criteria }) => criteria.matches(found, rows, known)).map(({ rid }) => rid);
      const change = {
        type: 'Observation',
        kind: 'u' as const,
        resource: found,
        rows,
        ...(known === undefined ? {} : { patients: known }),
      };
      expect(index.match(change).map(({ rid }) => rid)).toEqual(expected);
    }),
    { numRuns: 500 },
  );
});
