// Searches that other stored things decide: ValueSets, CodeSystems, places, Lists, full text. https://hl7.org/fhir/R4/search.html
import { type HereServer, startHere } from '../../support/here.js';

type Body = { readonly resourceType: string; readonly id: string; readonly [element: string]: unknown };

const animals = 'http://example.org/animals';
const fnrSystem = 'urn:oid:2.16.578.1.12.4.1.4.1';
let server: HereServer;

const coded = (code: string, more: object = {}) => ({ coding: [{ system: animals, code, ...more }] });
const valueSet = (id: string, compose: object): Body => ({
  resourceType: 'ValueSet',
  id,
  url: `http://example.org/ValueSet/${id}`,
  version: '2',
  status: 'active',
  compose,
});
const narrative = (text: string) => ({
  status: 'generated',
  div: `<div xmlns="http://www.w3.org/1999/xhtml"><p>${text}</p></div>`,
});
const condition = (id: string, code: object, more: object = {}): Body => ({
  resourceType: 'Condition',
  id,
  code,
  subject: { reference: 'Patient/p' },
  ...more,
});

const resources: readonly Body[] = [
  {
    resourceType: 'CodeSystem',
    id: 'animals',
    url: animals,
    status: 'active',
    content: 'complete',
    hierarchyMeaning: 'is-a',
    concept: [
      {
        code: 'animal',
        concept: [{ code: 'dog', concept: [{ code: 'spaniel' }] }, { code: 'cat' }],
      },
      { code: 'puppy', property: [{ code: 'parent', valueCode: 'dog' }] },
      { code: 'stone' },
    ],
  },
  valueSet('dogs', { include: [{ system: animals, filter: [{ property: 'concept', op: 'is-a', value: 'dog' }] }] }),
  valueSet('cats', { include: [{ system: animals, concept: [{ code: 'cat' }] }] }),
  valueSet('pets', {
    include: [{ valueSet: ['http://example.org/ValueSet/dogs'] }, { valueSet: ['http://example.org/ValueSet/cats|2'] }],
    exclude: [{ system: animals, concept: [{ code: 'puppy' }] }],
  }),
  valueSet('all', { include: [{ system: animals }] }),
  valueSet('elsewhere', { include: [{ system: 'http://example.org/nowhere' }] }),
  valueSet('round', { include: [{ valueSet: ['http://example.org/ValueSet/round'] }] }),
  {
    resourceType: 'Patient',
    id: 'p',
    identifier: [{ system: fnrSystem, value: '12834812019' }],
    name: [{ family: 'Prøve' }],
  },
  condition('dog', coded('dog', { display: 'Hund (familiehund)' })),
  condition(
    'spaniel',
    { ...coded('spaniel'), text: 'Ærlig spaniel' },
    { text: narrative('Bjeffer om natten &amp; hoster') },
  ),
  condition('puppy', coded('puppy')),
  condition('cat', coded('cat'), { note: [{ text: 'Katten sover om dagen, hoster om natten.' }] }),
  condition('stone', { coding: [{ system: 'http://example.org/other', code: 'dog' }] }),
  { resourceType: 'Location', id: 'house', name: 'Huset' },
  { resourceType: 'Location', id: 'floor', name: 'Etasjen', partOf: { reference: 'Location/house' } },
  { resourceType: 'Location', id: 'room', name: 'Rommet', partOf: { reference: 'Location/floor' } },
  ...['house', 'room'].map(
    (place): Body => ({
      resourceType: 'Encounter',
      id: `at-${place}`,
      status: 'finished',
      class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'HH' },
      subject: { reference: 'Patient/p' },
      location: [{ location: { reference: `Location/${place}` } }],
    }),
  ),
  {
    resourceType: 'List',
    id: 'some',
    status: 'current',
    mode: 'working',
    subject: { reference: 'Patient/p' },
    entry: [{ item: { reference: 'Condition/dog' } }, { item: { reference: 'Condition/cat' } }],
  },
];

const ask = async (query: string, client: 'admin' | 'hospital' = 'admin') => {
  const answer = await server.request(client, query);
  return {
    status: answer.status,
    ids: ((answer.json.entry ?? []) as { resource: { id: string } }[]).map(({ resource }) => resource.id).sort(),
    text: answer.text,
  };
};

beforeAll(async () => {
  server = await startHere();
  for (const body of resources) {
    const answer = await server.request('admin', `${body.resourceType}/${body.id}`, { method: 'PUT', body });
    if (answer.status !== 201) throw new Error(answer.text);
  }
});
afterAll(() => server.stop());

const url = 'http://example.org/ValueSet';

test.each<[string, readonly string[]]>([
  [`Condition?code:in=${url}/dogs`, ['dog', 'puppy', 'spaniel']],
  [`Condition?code:in=${url}/cats`, ['cat']],
  [`Condition?code:in=${url}/cats|2`, ['cat']],
  [`Condition?code:in=${url}/pets`, ['cat', 'dog', 'spaniel']],
  [`Condition?code:in=${url}/dogs,${url}/cats`, ['cat', 'dog', 'puppy', 'spaniel']],
  ['Condition?code:in=ValueSet/cats', ['cat']],
  [`Condition?code:not-in=${url}/all`, ['stone']],
  [`Condition?code:not-in=${url}/dogs`, ['cat', 'stone']],
  ['Encounter?status:in=http://hl7.org/fhir/ValueSet/encounter-status', ['at-house', 'at-room']],
  ['Encounter?status:not-in=http://hl7.org/fhir/ValueSet/encounter-status', []],
  [`Condition?code:below=${animals}|dog`, ['dog', 'puppy', 'spaniel']],
  [`Condition?code:below=${animals}|animal`, ['cat', 'dog', 'puppy', 'spaniel']],
  [`Condition?code:above=${animals}|spaniel`, ['dog', 'spaniel']],
  [`Condition?code:below=${animals}|cat,${animals}|stone`, ['cat']],
  [`Condition?_filter=code ss ${animals}|dog`, ['dog', 'puppy', 'spaniel']],
  [`Condition?_filter=code sb ${animals}|spaniel and not (code eq dog)`, ['spaniel']],
  [`Condition?_filter=code in ${url}/cats or code ni ${url}/all`, ['cat', 'stone']],
  [`Patient?_has:Condition:subject:code:in=${url}/cats`, ['p']],
  ['Encounter?location:below=Location/house', ['at-house', 'at-room']],
  ['Encounter?location:below=Location/floor', ['at-room']],
  ['Encounter?location:above=Location/room', ['at-house', 'at-room']],
  ['Encounter?location:above=Location/house', ['at-house']],
  ['Encounter?location:below=Location/nowhere', []],
  ['Condition?_list=some', ['cat', 'dog']],
  ['Condition?_list=List/some&code=cat', ['cat']],
  ['Condition?_list=none', []],
  ['Condition?code:text=hund', ['dog']],
  ['Condition?code:text=familiehund', []],
  ['Condition?code:text=AERLIG', ['spaniel']],
  ['Condition?_text=bjeffer', ['spaniel']],
  ['Condition?_text=katten', []],
  ['Condition?_content=hoster', ['cat', 'spaniel']],
  ['Condition?_content=hoster natten', ['cat', 'spaniel']],
  ['Condition?_content="hoster om natten"', ['cat']],
  ['Condition?_content=bjeff* OR sover', ['cat', 'spaniel']],
  ['Condition?_content=bjeffer,sover', ['cat', 'spaniel']],
  ['Condition?_content=bjeff', []],
  ['Condition?_content=div', []],
  ['Patient?_content=prove', ['p']],
  ['Patient?_has:Condition:subject:_content=sover', ['p']],
  ['?_type=Condition,Patient&_content=sover', ['cat']],
])('%s', async (query, ids) => {
  const found = await ask(query.replaceAll(' ', '%20').replaceAll('"', '%22'));
  expect([found.status, found.ids, found.status === 200 ? '' : found.text]).toEqual([200, ids, '']);
});

test('the better the words fit, the higher the score', async () => {
  const put = (id: string, text: string) =>
    server.request('admin', `Condition/${id}`, { method: 'PUT', body: condition(id, { text }) });
  await put('once', 'flaggermus og andre dyr som flyr om natten');
  await put('often', 'flaggermus flaggermus flaggermus');
  expect((await ask('Condition?_content=flaggermus&_sort=-_score&_count=1')).ids).toEqual(['often']);
  expect((await ask('Condition?_content=flaggermus&_sort=_score&_count=1')).ids).toEqual(['once']);
});

test('a reference is found by what people read beside it', async () => {
  const subject = { reference: 'Patient/p', display: 'Kari Bjeffesen' };
  await server.request('admin', 'Condition/shown', {
    method: 'PUT',
    body: condition('shown', coded('cat'), { subject }),
  });
  expect((await ask('Condition?subject:text=kari')).ids).toEqual(['shown']);
  expect((await ask('Condition?subject:text=bjeffesen')).ids).toEqual([]);
});

test('a contained resource comes under the address of what contains it', async () => {
  const inside = { resourceType: 'Practitioner', id: 'who', name: [{ family: 'Containedsen' }] };
  const body = condition('holder', coded('cat'), { contained: [inside], asserter: { reference: '#who' } });
  await server.request('admin', 'Condition/holder', { method: 'PUT', body });
  const query = 'Practitioner?family=containedsen&_total=accurate';
  expect((await ask(query)).ids).toEqual([]);
  expect((await ask(`${query}&_contained=true`)).ids).toEqual(['holder']);
  const { json } = await server.request('admin', `${query}&_contained=true&_containedType=contained`);
  expect([json.total, json.entry]).toEqual([
    1,
    [{ fullUrl: `${server.base}/Condition/holder#who`, resource: inside, search: { mode: 'match' } }],
  ]);
  await server.request('admin', 'Condition/holder', { method: 'PUT', body: condition('holder', coded('cat')) });
  expect((await ask(`${query}&_contained=true`)).ids).toEqual([]);
});

test('full text finds what was just written, and no longer what was overwritten or deleted', async () => {
  const put = (text: string) =>
    server.request('admin', 'Condition/changing', { method: 'PUT', body: condition('changing', { text }) });
  await put('sommerfugl');
  expect((await ask('Condition?_content=sommerfugl')).ids).toEqual(['changing']);
  expect((await ask('Condition?code:text=sommer')).ids).toEqual(['changing']);
  await put('humle');
  expect((await ask('Condition?_content=sommerfugl')).ids).toEqual([]);
  expect((await ask('Condition?code:text=sommer')).ids).toEqual([]);
  expect((await ask('Condition?_content=humle')).ids).toEqual(['changing']);
  await server.request('admin', 'Condition/changing', { method: 'DELETE' });
  expect((await ask('Condition?_content=humle')).ids).toEqual([]);
});

test.each([
  [`Condition?code:in=${url}/unheard-of`, /unheard-of is not known here/],
  [`Condition?code:in=${url}/elsewhere`, /code system http:\/\/example\.org\/nowhere is not known/],
  [`Condition?code:in=${url}/round`, /includes itself/],
  [`Condition?code:in=${url}/cats|3`, /cats\|3 is not known/],
  ['Condition?code:below=http://example.org/nowhere|x', /nowhere is not known/],
  ['Condition?code:below=x', /takes system\|code/],
  ['Condition?subject:below=Patient/p', /:below is not supported/],
  ['Condition?_filter=code eq', /_filter cannot be read/],
  ['Condition?_contained=maybe', /_contained takes true, false, both/],
  ['Condition?_containedType=none', /_containedType takes container, contained/],
  ['?_contained=true', /needs a search of one type/],
  ['Condition?_contained=true&_sort=code', /_sort is by _id or _lastUpdated/],
  ['Condition?_sort=_score', /needs a search by _text or _content/],
  ['Location?_sort=near', /needs a search by near/],
  ['Condition?_list=$current-recipes', /lists by function are \$current-problems/],
  ['Condition?_list=$current-allergies', /is a list of AllergyIntolerance/],
  ['?_type=Condition,Patient&code=x', /code is not known for Patient/],
  ['?_type=Condition,Patient&_sort=code', /code is not known/],
])('%s is refused and says why', async (query, why) => {
  const answer = await server.request('admin', query.replaceAll(' ', '%20'));
  expect([answer.status, answer.text]).toEqual([400, expect.stringMatching(why)]);
});

test('who may not see the resources, the List or the Location learns nothing by any of these ways', async () => {
  for (const query of [
    `Condition?code:in=${url}/dogs`,
    `Condition?code:below=${animals}|dog`,
    'Condition?_list=some',
    'Condition?code:text=hund',
    'Condition?_content=hoster',
    'Condition?_text=bjeffer',
    'Condition?_filter=code%20pr%20true',
    'Condition?_filter=subject.family%20eq%20prove',
    'Patient?_has:Condition:subject:_content=sover',
    'Encounter?location:below=Location/house',
  ])
    expect(await ask(query, 'hospital')).toMatchObject({ status: 200, ids: [] });
});

test('an identity number in a filter or in words stands in no URL', async () => {
  for (const query of ['Patient?_content=12834812019', `Patient?_filter=identifier%20eq%20${fnrSystem}|12834812019`])
    expect((await ask(query)).status).toBe(400);
  const answer = await server.request('admin', 'Patient/_search', {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: '_content=12834812019',
  });
  expect(answer.json.entry).toHaveLength(1);
});

test('full text is refused where a change depends on it', async () => {
  const answer = await server.request('admin', 'Condition', {
    method: 'POST',
    headers: { 'if-none-exist': '_content=hoster' },
    body: { resourceType: 'Condition', subject: { reference: 'Patient/p' } },
  });
  expect([answer.status, answer.text]).toEqual([400, expect.stringMatching(/only in a search/)]);
});
