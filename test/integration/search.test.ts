import type { RowScope } from '../../src/access/row-scope.js';
import type { Resource } from '../../src/fhir/resource.js';
import { loadSearchRegistry } from '../../src/search/load-registry.js';
import { parseSearch } from '../../src/search/parse/parse-search.js';
import { parseQuery } from '../../src/search/parse/query-pairs.js';
import { countMatches } from '../../src/storage/search/count.js';
import { resolveCriteria } from '../../src/storage/search/resolve-criteria.js';
import { type SearchPage, searchPage } from '../../src/storage/search/search-page.js';
import { searchCases } from '../cases/search-cases.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { ResourceInserter } from '../support/insert.js';

const registry = loadSearchRegistry();
const everything: RowScope = { parties: [], controllers: '*', visibility: () => 'all' };
const now = Date.parse('2026-03-10T00:00:00Z');
const fnr = 'urn:oid:2.16.578.1.12.4.1.4.1';

async function open(): Promise<{ database: TestDatabase; store: ResourceInserter }> {
  const database = await createTestDatabase();
  return { database, store: await ResourceInserter.open(database.pool, registry) };
}

function finder(current: () => { database: TestDatabase; store: ResourceInserter }) {
  const deps = () => ({ dictionary: current().store.dictionary, registry });
  const request = (type: string | undefined, query: string) =>
    parseSearch(type, parseQuery(query), registry, { strict: true, now });
  return {
    page: (type: string | undefined, query: string, scope = everything): Promise<SearchPage> =>
      searchPage(current().database.pool, request(type, query), scope, deps()),
    ids: async (type: string | undefined, query: string, scope = everything): Promise<string[]> =>
      (await searchPage(current().database.pool, request(type, query), scope, deps())).matches.map((row) => row.id),
    count: (type: string, query: string, scope = everything): Promise<number> =>
      countMatches(current().database.pool, request(type, query), scope, deps()),
    criteria: (type: string, query: string) =>
      resolveCriteria(current().database.pool, { type, query, now }, everything, deps()),
    walk: async (type: string, query: string, scope = everything): Promise<string[]> => {
      const ids: string[] = [];
      let next: string | undefined;
      do {
        const page: SearchPage = await searchPage(
          current().database.pool,
          parseSearch(
            type,
            [...parseQuery(query), ...(next === undefined ? [] : [['_cursor', next] as const])],
            registry,
            { strict: true, now },
          ),
          scope,
          deps(),
        );
        ids.push(...page.matches.map((row) => row.id));
        next = page.next;
      } while (next !== undefined);
      return ids;
    },
  };
}

describe('what each query finds', () => {
  let current: { database: TestDatabase; store: ResourceInserter };
  const find = finder(() => current);
  beforeAll(async () => {
    current = await open();
    let number = 0;
    for (const { resource } of searchCases)
      await current.store.insert({ ...resource, id: `${resource.id}-${(number += 1)}` });
  });
  afterAll(() => current.database.drop());

  describe.each(searchCases.map((searchCase, index) => ({ ...searchCase, number: index + 1 })))(
    '$title',
    ({ resource, queries, number }) => {
      test.each(queries)('%s → %p', async (query, found) => {
        if (query.startsWith('_id')) return; // ids are made distinct here
        const ids = await find.ids(resource.resourceType, `${query}&_count=1000`);
        expect(ids.includes(`${resource.id}-${number}`)).toBe(found);
      });
    },
  );
});

describe('what is contained, several types, places and lists', () => {
  let current: { database: TestDatabase; store: ResourceInserter };
  const find = finder(() => current);
  const medication = (id: string, code: string, more: object = {}) => ({
    resourceType: 'Medication',
    id,
    code: { coding: [{ system: 'urn:m', code }] },
    ...more,
  });
  const request = (id: string, contained: readonly object[], to: string, more: object = {}): Resource => ({
    resourceType: 'MedicationRequest',
    id,
    status: 'active',
    intent: 'order',
    subject: { reference: 'Patient/p' },
    contained,
    medicationReference: { reference: to },
    ...more,
  });
  beforeAll(async () => {
    current = await open();
    const organisation = (name: string): object => ({ resourceType: 'Organization', id: name, name });
    const resources: readonly Resource[] = [
      { resourceType: 'Patient', id: 'p', name: [{ family: 'Berg' }] },
      { resourceType: 'Organization', id: 'maker', name: 'Maker' },
      medication('alone', 'x') as Resource,
      request('one', [medication('m', 'x', { manufacturer: { reference: 'Organization/maker' } })], '#m'),
      request('two', [organisation('Right'), organisation('Wrong'), medication('n', 'y')], '#n', {
        requester: { reference: '#Right' },
        performer: { reference: '#Wrong' },
      }),
      request('points', [], 'Medication/alone'),
      { resourceType: 'Location', id: 'far', position: { latitude: 60, longitude: 11 } },
      { resourceType: 'Location', id: 'near', position: { latitude: 60, longitude: 10.001 } },
      { resourceType: 'Observation', id: 'o', status: 'final', code: { coding: [{ code: 'x' }] } },
      { resourceType: 'Condition', id: 'c', code: { coding: [{ code: 'x' }] }, clinicalStatus: status('active') },
      { resourceType: 'Condition', id: 'gone', code: { coding: [{ code: 'y' }] }, clinicalStatus: status('resolved') },
      {
        resourceType: 'Condition',
        id: 'refuted',
        clinicalStatus: status('active'),
        verificationStatus: { coding: [{ code: 'refuted' }] },
      },
      { resourceType: 'AllergyIntolerance', id: 'drug', clinicalStatus: status('active'), category: ['medication'] },
      { resourceType: 'AllergyIntolerance', id: 'nuts', clinicalStatus: status('active'), category: ['food'] },
    ];
    for (const resource of resources) await current.store.insert(resource);
  });
  afterAll(() => current.database.drop());

  test.each<[string | undefined, string, string[]]>([
    // Chains lead into what is contained, plain searches do not.
    ['MedicationRequest', 'medication.code=x', ['points', 'one']],
    ['MedicationRequest', 'medication.code=urn:m|y', ['two']],
    ['MedicationRequest', 'medication:Medication.manufacturer.name=maker', ['one']],
    ['MedicationRequest', 'requester:Organization.name=right', ['two']],
    ['MedicationRequest', 'requester:Organization.name=wrong', []],
    ['MedicationRequest', 'requester:Organization.name:missing=true', []],
    ['MedicationRequest', 'medication.code:not=x', ['two']],
    ['Medication', 'code=x', ['alone']],
    ['Medication', 'code=x&_contained=false', ['alone']],
    ['Medication', 'code=x&_contained=true', ['one']],
    ['Medication', 'code=x&_contained=both', ['one', 'alone']],
    ['Medication', '_contained=true', ['two', 'one']],
    ['Medication', '_contained=true&_id=m', ['one']],
    ['Medication', '_contained=true&code:not=x', ['two']],
    ['Medication', '_contained=true&manufacturer.name=maker', ['one']],
    ['Medication', '_contained=both&_sort=_id', ['alone', 'one', 'two']],
    ['Organization', '_contained=true&name=wrong', ['two']],
    ['Patient', '_contained=true', []],
    // Several types: what each of them has.
    [undefined, '_type=Observation,Condition&code=x', ['c', 'o']],
    [undefined, '_type=Observation,Condition&code:not=x', ['refuted', 'gone']],
    [undefined, '_type=Observation&code=x&status=final', ['o']],
    [undefined, '_type=Observation,Condition&_filter=code eq x', ['c', 'o']],
    [undefined, '_type=Condition&_sort=clinical-status&code:missing=false', ['c', 'gone']],
    // Lists by function follow from the resources.
    ['Condition', '_list=$current-problems', ['c']],
    ['AllergyIntolerance', '_list=$current-allergies', ['nuts', 'drug']],
    ['AllergyIntolerance', '_list=$current-drug-allergies', ['drug']],
    [undefined, '_type=Condition&_list=$current-problems', ['c']],
    // The distance from the place that is asked for.
    ['Location', 'near=60|10|1000|km&_sort=near', ['near', 'far']],
    ['Location', 'near=60|10|1000|km&_sort=-near', ['far', 'near']],
    ['Location', 'near=60|12|1000|km&_sort=near', ['far', 'near']],
    ['Observation', '_sort=code-value-quantity', ['o']],
  ])('%s?%s → %j', async (type, query, ids) => {
    expect(await find.ids(type, query)).toEqual(ids);
    if (type !== undefined && !query.includes('_type'))
      expect([...(await find.walk(type, `${query}&_count=1`))].sort()).toEqual([...ids].sort());
  });

  test('the contained resources themselves are told by their places', async () => {
    const page = await find.page('Medication', 'code=x,y&_contained=both&_containedType=contained');
    expect(page.matches.map((row) => [row.id, page.contained?.get(row.rid)])).toEqual([
      ['two', { itself: false, places: [2] }],
      ['one', { itself: false, places: [0] }],
      ['alone', { itself: true, places: [] }],
    ]);
    expect(await find.count('Medication', 'code=x,y&_contained=both&_containedType=contained')).toBe(3);
    expect(await find.count('Organization', '_contained=true&_containedType=contained')).toBe(2);
    expect(await find.count('Organization', '_contained=true')).toBe(1);
  });

  test('who may not see the container finds nothing in it', async () => {
    const scope: RowScope = {
      ...everything,
      visibility: (type) => (type === 'MedicationRequest' ? 'none' : 'all'),
    };
    expect(await find.ids('Medication', 'code=x&_contained=both', scope)).toEqual(['alone']);
  });
});

const status = (code: string): object => ({ coding: [{ code }] });

describe('a population', () => {
  let current: { database: TestDatabase; store: ResourceInserter };
  const find = finder(() => current);
  const insert = (resource: Resource, controller = '910000012') => current.store.insert(resource, { controller });
  let patients: number[];

  beforeAll(async () => {
    current = await open();
    patients = [
      await insert({
        resourceType: 'Patient',
        id: 'a',
        active: true,
        identifier: [{ system: fnr, value: '11111111111' }],
        name: [{ family: 'Berg', given: ['Anna'] }],
        birthDate: '1950-01-01',
        generalPractitioner: [{ reference: 'Practitioner/g' }],
      }),
      await insert({
        resourceType: 'Patient',
        id: 'b',
        identifier: [{ system: fnr, value: '22222222222' }],
        name: [{ family: 'Aas', given: ['Bo'] }],
        birthDate: '1940',
      }),
      await insert({ resourceType: 'Patient', id: 'c', name: [{ family: 'Dahl' }] }),
    ];
    await insert({ resourceType: 'Practitioner', id: 'g', name: [{ family: 'Lege' }] }, '');
    for (let day = 1; day <= 20; day += 1) {
      await insert({
        resourceType: 'Observation',
        id: `hr${String(day).padStart(2, '0')}`,
        status: 'final',
        category: [
          { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/observation-category', code: 'vital-signs' }] },
        ],
        code: {
          coding: [
            { system: 'http://loinc.org', code: '8867-4' },
            ...(day % 2 === 0 ? [{ system: 'urn:iso:std:iso:11073:10101', code: '147842' }] : []),
          ],
        },
        subject: day % 3 === 0 ? { identifier: { system: fnr, value: '11111111111' } } : { reference: 'Patient/a' },
        effectiveDateTime: `2026-03-${String(Math.ceil(day / 2)).padStart(2, '0')}T10:00:00Z`,
        valueQuantity: { value: 60 + day, system: 'http://unitsofmeasure.org', code: '/min' },
      });
    }
    await insert({
      resourceType: 'Observation',
      id: 'undated',
      status: 'final',
      code: { coding: [{ system: 'http://loinc.org', code: '8867-4' }] },
      subject: { reference: 'Patient/a' },
    });
    await insert({
      resourceType: 'Observation',
      id: 'other',
      status: 'final',
      code: { coding: [{ system: 'http://loinc.org', code: '8867-4' }] },
      subject: { reference: 'Patient/b' },
      effectiveDateTime: '2026-03-05T10:00:00Z',
      performer: [{ reference: 'Practitioner/g' }],
      derivedFrom: [{ reference: 'Observation/hr01' }],
    });
    await insert({
      resourceType: 'Observation',
      id: 'foreign',
      status: 'final',
      code: { coding: [{ system: 'http://loinc.org', code: '8867-4' }] },
      subject: { reference: 'Patient/nobody' },
      effectiveDateTime: '2026-03-05T10:00:00Z',
    });
    await current.database.pool.query('analyze');
  });
  afterAll(() => current.database.drop());

  const byDate = [...Array.from({ length: 20 }, (_, index) => `hr${String(20 - index).padStart(2, '0')}`), 'undated'];

  test.each([
    ['patient and code by date', 'patient=Patient/a&code=http://loinc.org|8867-4&_sort=-date'],
    ['a code without system', 'patient=a&code=8867-4&_sort=-date'],
    ['several codes', 'subject=Patient/a&code=http://loinc.org|8867-4,147842&_sort=-date'],
    ['a chained identifier', `patient.identifier=${fnr}|11111111111&code=8867-4&_sort=-date`],
    ['a chained identifier with type', `subject:Patient.identifier=${fnr}|11111111111&code=8867-4&_sort=-date`],
    ['without the series index', 'patient=Patient/a&combo-code=8867-4&_sort=-date'],
    ['two sort parameters', 'patient=Patient/a&code=8867-4&_sort=-date,-value-quantity'],
  ])('%s: newest first, those without a date last, the same by pages', async (_title, query) => {
    expect(await find.ids('Observation', query)).toEqual(byDate);
    for (const count of [1, 2, 3, 7, 20, 21])
      expect(await find.walk('Observation', `${query}&_count=${count}`)).toEqual(byDate);
  });

  test('a sort upwards is the other way round, those without a date still last', async () => {
    expect(await find.walk('Observation', 'patient=a&code=8867-4&_sort=date&_count=4')).toEqual([
      ...byDate.slice(0, 20).reverse(),
      'undated',
    ]);
  });

  test('dates narrow the series', async () => {
    expect(
      await find.ids('Observation', 'patient=a&code=8867-4&date=ge2026-03-03&date=lt2026-03-05&_sort=date'),
    ).toEqual(['hr05', 'hr06', 'hr07', 'hr08']);
    expect(await find.ids('Observation', 'patient=a&code=8867-4&date=2026-03-03,2026-03-05&_sort=date')).toEqual([
      'hr05',
      'hr06',
      'hr09',
      'hr10',
    ]);
  });

  test('further conditions narrow the series', async () => {
    expect(await find.ids('Observation', 'patient=a&code=8867-4&value-quantity=gt78&_sort=-date')).toEqual([
      'hr20',
      'hr19',
    ]);
    expect(await find.ids('Observation', 'patient=a&code=8867-4&status=amended&_sort=-date')).toEqual([]);
    expect(await find.ids('Observation', 'patient=a&code=8867-4&category=vital-signs&_sort=-date&_count=1')).toEqual([
      'hr20',
    ]);
  });

  test('references to a patient who is not here are found by their text', async () => {
    expect(await find.ids('Observation', 'patient=nobody&code=8867-4&_sort=-date')).toEqual(['foreign']);
  });

  test('without _sort the newest come first, page by page', async () => {
    const all = await find.ids('Observation', 'code=8867-4');
    expect(all.slice(0, 3)).toEqual(['foreign', 'other', 'undated']);
    expect(await find.walk('Observation', 'code=8867-4&_count=5')).toEqual(all);
  });

  test.each([
    ['_sort=family', ['b', 'a', 'c']],
    ['_sort=-family', ['c', 'a', 'b']],
    ['_sort=birthdate', ['b', 'a', 'c']],
    ['_sort=-birthdate', ['a', 'b', 'c']],
    ['_sort=identifier', ['a', 'b', 'c']],
    ['_sort=active,-family', ['a', 'c', 'b']],
    ['_sort=_id', ['a', 'b', 'c']],
    ['_sort=-_id', ['c', 'b', 'a']],
    ['_sort=_lastUpdated', ['a', 'b', 'c']],
    ['_sort=-_lastUpdated', ['c', 'b', 'a']],
    ['_sort=general-practitioner,family', ['a', 'b', 'c']],
  ])('Patient?%s', async (query, ids) => {
    expect(await find.ids('Patient', query)).toEqual(ids);
    expect(await find.walk('Patient', `${query}&_count=1`)).toEqual(ids);
  });

  test('a resource with several values of the sort parameter appears once', async () => {
    const timing = { event: ['2026-01-01', '2026-01-01T00:00:00+01:00', '2026-01', '2025-06-01'] };
    await insert({ resourceType: 'MedicationRequest', id: 'mr1', dosageInstruction: [{ timing }] });
    await insert({
      resourceType: 'MedicationRequest',
      id: 'mr2',
      dosageInstruction: [{ timing: { event: ['2025-12-01'] } }],
    });
    expect(await find.walk('MedicationRequest', '_sort=date&_count=1')).toEqual(['mr1', 'mr2']);
    expect(await find.walk('MedicationRequest', '_sort=-date&_count=1')).toEqual(['mr1', 'mr2']);
    expect(await find.walk('MedicationRequest', '_sort=-date,_id&_count=1')).toEqual(['mr1', 'mr2']);
  });

  test('a cursor of another sort is refused', async () => {
    const { next } = await find.page('Patient', '_sort=family&_count=1');
    await expect(find.page('Patient', `_sort=-family&_count=1&_cursor=${next}`)).rejects.toThrow(/does not belong/);
    await expect(find.page('Patient', '_cursor=nonsense')).rejects.toThrow(/does not belong/);
  });

  test.each([
    ['Observation', 'patient.name=berg&value-quantity=gt79', ['hr20']],
    ['Observation', 'subject.name=aas', ['other']],
    ['Observation', 'subject:Patient.birthdate=lt1945', ['other']],
    ['Observation', 'patient.general-practitioner.name=lege&value-quantity=61', ['hr01']],
    ['Observation', 'patient.identifier=33333333333', []],
    ['Patient', '_has:Observation:patient:value-quantity=gt79', ['a']],
    ['Patient', '_has:Observation:subject:performer=Practitioner/g', ['b']],
    ['Practitioner', '_has:Observation:performer:patient.name=aas', ['g']],
    ['Patient', '_has:Observation:patient:_has:Observation:derived-from:status=final', ['a']],
    ['Patient', '_has:Observation:patient:code:not=http://loinc.org|8867-4', []],
    ['Patient', '_has:Observation:patient:performer:missing=false', ['b']],
    ['Observation', 'patient.name:missing=true', []],
    ['Patient', '_lastUpdated=gt2000&_lastUpdated=sa2000&_lastUpdated=ge2000&_lastUpdated=ne2000&_id=a', ['a']],
    ['Patient', '_lastUpdated=lt2100&_lastUpdated=eb2100&_lastUpdated=le2100&_lastUpdated=ap2026&_id=a', ['a']],
    ['Patient', 'name=berg,aas&birthdate=1940', ['b']],
    [undefined, '_type=Patient,Practitioner&_id=g,a', ['g', 'a']],
    [undefined, '_lastUpdated=gt2100', []],
  ])('%s?%s', async (type, query, ids) => {
    expect(await find.ids(type, query)).toEqual(ids);
  });

  test('includes what the matches refer to, also through an identifier, each once', async () => {
    const page = await find.page(
      'Observation',
      '_id=hr03,hr04,other&_include=Observation:patient&_include=Observation:performer',
    );
    expect(page.matches.map((row) => row.id)).toEqual(['other', 'hr04', 'hr03']);
    expect(page.included.map((row) => `${row.type}/${row.id}`).sort()).toEqual([
      'Patient/a',
      'Patient/b',
      'Practitioner/g',
    ]);
  });

  test('_include:iterate goes on from what was included', async () => {
    const page = await find.page(
      'Observation',
      '_id=hr01&_include=Observation:subject&_include:iterate=Patient:general-practitioner',
    );
    expect(page.included.map((row) => row.id)).toEqual(['a', 'g']);
    const once = await find.page(
      'Observation',
      '_id=hr01&_include=Observation:subject&_include=Patient:general-practitioner',
    );
    expect(once.included.map((row) => row.id)).toEqual(['a']);
  });

  test('_revinclude brings what refers to the matches, also through an identifier', async () => {
    const page = await find.page('Patient', '_id=a&_revinclude=Observation:patient');
    expect(page.included).toHaveLength(21);
    expect((await find.page('Patient', '_id=a&_revinclude=Observation:performer')).included).toHaveLength(0);
    expect((await find.page('Patient', '_id=b&_revinclude=*')).included.map((row) => row.id)).toEqual(['other']);
    expect((await find.page('Observation', '_id=other&_include=*')).included).toHaveLength(3);
  });

  test('a total counts every page', async () => {
    expect(await find.count('Observation', 'patient=a&_count=1')).toBe(21);
    expect(await find.count('Observation', 'code=unheard-of')).toBe(0);
  });

  test('criteria find rows without regard to pages; empty criteria are refused', async () => {
    expect(await find.criteria('Patient', `identifier=${fnr}|11111111111`)).toEqual([
      { rid: patients[0], id: 'a', version: 1 },
    ]);
    expect(await find.criteria('Observation', 'code=8867-4')).toHaveLength(2);
    await expect(find.criteria('Patient', 'name=')).rejects.toThrow(/at least one/);
  });

  test('rows come back as they are stored', async () => {
    const [row] = (await find.page('Observation', '_id=hr01')).matches;
    expect(row).toMatchObject({ type: 'Observation', id: 'hr01', version: 1 });
    expect(JSON.parse(row!.text)).toMatchObject({ valueQuantity: { value: 61 } });
  });

  describe('for a caller with a relation to patient a only', () => {
    let scope: RowScope;
    beforeAll(async () => {
      await current.store.dictionary.ensure({ parties: ['org:910000020'] });
      await current.database.pool.query(
        "insert into relation (party, patient, kind, source, starts) values ($1, $2, 'episode', 1, now() - interval '1 day')",
        [current.store.dictionary.partyId('org:910000020'), patients[0]],
      );
      scope = {
        parties: ['org:910000020'],
        controllers: ['910000012'],
        visibility: (type) => (type === 'Practitioner' ? 'all' : type === 'Task' ? 'none' : 'related'),
      };
    });

    test.each([
      ['Observation', 'code=8867-4&_count=100', 21],
      ['Observation', 'patient=a&code=8867-4&_sort=-date', 21],
      ['Observation', 'patient=b&code=8867-4&_sort=-date', 0],
      ['Observation', `patient.identifier=${fnr}|22222222222&code=8867-4&_sort=-date`, 0],
      ['Observation', `patient.identifier=${fnr}|11111111111&code=8867-4&_sort=-date`, 21],
      ['Patient', 'name=aas', 0],
      ['Patient', 'birthdate=lt2000', 1],
      ['Practitioner', '_has:Observation:performer:code=8867-4', 0],
      ['Observation', 'derived-from.code=8867-4', 0],
      ['Task', '_lastUpdated=gt2000', 0],
      [undefined, '_type=Patient,Task', 1],
    ])('%s?%s finds %i', async (type, query, count) => {
      expect(await find.ids(type, query, scope)).toHaveLength(count);
      if (type !== undefined) expect(await find.count(type, query, scope)).toBe(count);
    });

    test('neither includes nor reverse includes show more', async () => {
      expect((await find.page('Practitioner', '_id=g&_revinclude=Observation:performer', scope)).included).toEqual([]);
      expect((await find.page('Observation', '_id=hr01&_revinclude=Observation:derived-from', scope)).included).toEqual(
        [],
      );
      expect(
        (await find.page('Observation', '_id=hr01&_include=Observation:patient', scope)).included.map((row) => row.id),
      ).toEqual(['a']);
    });

    test('another controller sees nothing', async () => {
      expect(
        await find.ids('Observation', 'patient=a&code=8867-4&_sort=-date', { ...scope, controllers: ['999999999'] }),
      ).toEqual([]);
    });
  });
});
