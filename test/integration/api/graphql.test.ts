// https://hl7.org/fhir/R4/graphql.html
import { loadDefinitions } from '../../../src/fhir/definitions.js';
import type { DemoClientId } from '../../../src/config/demo.js';
import { type HereResponse, type HereServer, startHere } from '../../support/here.js';

let server: HereServer;
const number = { system: 'urn:oid:2.16.578.1.12.4.1.4.1', value: '17912099997' };
beforeAll(async () => {
  server = await startHere();
  const put = async (type: string, id: string, content: object): Promise<void> => {
    const init = {
      method: 'PUT',
      body: JSON.stringify({ resourceType: type, id, ...content }).replace('"1.50"', '1.50'),
    };
    expect((await server.request('admin', `${type}/${id}`, init)).status).toBe(201);
  };
  await put('Organization', 'o', { name: 'Fjordheim' });
  await put('Patient', 'p', {
    identifier: [number],
    active: true,
    name: [
      { use: 'official', family: 'Graf', given: ['Anne', 'Kari'] },
      { use: 'nickname', given: ['Annika'] },
    ],
    birthDate: '1959-11-17',
    _birthDate: { extension: [{ url: 'http://x.example/e', valueString: 'about' }] },
    managingOrganization: { reference: 'Organization/o' },
    contained: [{ resourceType: 'Practitioner', id: 'c', name: [{ family: 'Inni' }] }],
    generalPractitioner: [{ reference: '#c' }, { reference: 'Practitioner/none' }, { display: 'somebody' }],
  });
  for (const [id, value] of [
    ['w1', '1.50'],
    ['w2', '2'],
    ['w3', '3'],
  ])
    await put('Observation', id!, {
      status: 'final',
      code: { coding: [{ system: 'http://loinc.org', code: '29463-7' }] },
      subject: { reference: 'Patient/p' },
      valueQuantity: { value: id === 'w1' ? '1.50' : Number(value), unit: 'kg' },
      component: [{ code: { text: 'part' }, valueString: 'x' }],
    });
});
afterAll(() => server.stop());

const ask = (
  query: string,
  place = '$graphql',
  client: DemoClientId = 'admin',
  more: object = {},
): Promise<HereResponse> =>
  server.request(client, place, {
    body: { query, ...more },
    headers: { 'content-type': 'application/json' },
  });
const data = async (query: string, place?: string): Promise<unknown> => {
  const answer = await ask(query, place);
  expect([answer.status, answer.json.errors, answer.text]).toEqual([200, undefined, expect.any(String)]);
  return answer.json.data;
};

test.each<[what: string, query: string, expected: unknown]>([
  [
    'one resource by its id',
    '{ Patient(id: "p") { resourceType id active name { family given } birthDate _birthDate { extension { url valueString } } } }',
    {
      Patient: {
        resourceType: 'Patient',
        id: 'p',
        active: true,
        name: [
          { family: 'Graf', given: ['Anne', 'Kari'] },
          { family: null, given: ['Annika'] },
        ],
        birthDate: '1959-11-17',
        _birthDate: { extension: [{ url: 'http://x.example/e', valueString: 'about' }] },
      },
    },
  ],
  [
    'some of a list, by values and by place',
    '{ Patient(id: "p") { official: name(use: official) { family } second: name(_offset: 1, _count: 1) { given(_count: 1) } } }',
    { Patient: { official: [{ family: 'Graf' }], second: [{ given: ['Annika'] }] } },
  ],
  [
    'what is referred to, of a type, contained, or not to be had',
    `{ Patient(id: "p") {
        managingOrganization { reference resource { __typename id ... on Organization { name } } }
        generalPractitioner { display resource(optional: true, type: Practitioner) { ... on Practitioner { name { family } } } }
      } }`,
    {
      Patient: {
        managingOrganization: {
          reference: 'Organization/o',
          resource: { __typename: 'Organization', id: 'o', name: 'Fjordheim' },
        },
        generalPractitioner: [
          { display: null, resource: { name: [{ family: 'Inni' }] } },
          { display: null, resource: null },
          { display: 'somebody', resource: null },
        ],
      },
    },
  ],
  [
    'a search, by parameters whose names have hyphens too',
    '{ ObservationList(code: "29463-7", value_quantity: ["gt1.6", "lt2.5"], _sort: "_id") { id component { valueString } } }',
    { ObservationList: [{ id: 'w2', component: [{ valueString: 'x' }] }] },
  ],
  [
    'a search by identity number',
    `{ PatientList(identifier: "${number.system}|${number.value}", active: true) { id } }`,
    { PatientList: [{ id: 'p' }] },
  ],
  [
    'what refers to a resource',
    '{ PatientList(family: "Graf") { id ObservationList(_reference: patient, _sort: "_id", _count: 2) { id } } }',
    { PatientList: [{ id: 'p', ObservationList: [{ id: 'w1' }, { id: 'w2' }] }] },
  ],
  ['fragments', '{ Patient(id: "p") { ...it } } fragment it on Patient { id }', { Patient: { id: 'p' } }],
  ['what a field is, by introspection', '{ __type(name: "Patient") { name } }', { __type: { name: 'Patient' } }],
])('%s', async (_what, query, expected) => {
  expect(await data(query)).toEqual(expected);
});

test('introspection tells every type with its fields', async () => {
  const { __schema: schema } = (await data('{ __schema { queryType { name } types { name fields { name } } } }')) as {
    __schema: { types: { name: string; fields: { name: string }[] | null }[] };
  };
  const fields = (type: string): string[] =>
    schema.types.find(({ name }) => name === type)!.fields!.map(({ name }) => name);
  expect(fields('Device')).toEqual(expect.arrayContaining(['id', 'udiCarrier', 'owner']));
  expect(fields('DeviceUdiCarrier')).toContain('deviceIdentifier');
  expect(fields('Query')).toEqual(expect.arrayContaining([...loadDefinitions().resourceTypes]));
});

test('of a resource its own elements are asked for, and what refers to it', async () => {
  const query =
    '{ name(use: official) { family } ObservationList(_reference: subject, _count: 1) { code { coding { code } } } }';
  expect(await data(query, 'Patient/p/$graphql')).toEqual({
    name: [{ family: 'Graf' }],
    ObservationList: [{ code: { coding: [{ code: '29463-7' }] } }],
  });
  expect((await ask('{ id }', 'Patient/nobody/$graphql')).status).toBe(404);
});

test('a decimal keeps its digits', async () => {
  const { text } = await ask('{ Observation(id: "w1") { valueQuantity { value } } }');
  expect(text).toContain('"value":1.50}');
});

test('a connection leads from page to page', async () => {
  const ids: string[] = [];
  for (let cursor = ''; ; ) {
    const query = `query ($cursor: String) { ObservationConnection(code: "29463-7", _count: 2, _cursor: $cursor) { count pagesize next edges { mode resource { id } } } }`;
    const variables = cursor === '' ? {} : { cursor };
    const { ObservationConnection: page } = (await ask(query, '$graphql', 'admin', { variables })).json.data;
    if (cursor === '') expect([page.count, page.pagesize, page.edges[0].mode]).toEqual([3, 2, 'match']);
    ids.push(...page.edges.map(({ resource }: { resource: { id: string } }) => resource.id));
    if (page.next === null) break;
    cursor = page.next;
  }
  expect(ids.sort()).toEqual(['w1', 'w2', 'w3']);
});

test('a query comes in the URL, as a body of its own, or in Parameters', async () => {
  const query = 'query a($id: ID!) { Patient(id: $id) { id } } query b { PatientList(_id: "p") { id } }';
  const variables = JSON.stringify({ id: 'p' });
  const search = new URLSearchParams({ query, variables, operationName: 'a' }).toString();
  const graphql = { 'content-type': 'application/graphql' };
  const parameter = [
    { name: 'query', valueString: query },
    { name: 'operationName', valueString: 'b' },
  ];
  const answers = [
    await server.request('admin', `$graphql?${search}`),
    await server.request('admin', '$graphql?operationName=b', { method: 'POST', body: query, headers: graphql }),
    await server.request('admin', '$graphql', { body: { resourceType: 'Parameters', parameter } }),
  ];
  expect(answers.map(({ json }) => json.data)).toEqual([
    { Patient: { id: 'p' } },
    { PatientList: [{ id: 'p' }] },
    { PatientList: [{ id: 'p' }] },
  ]);
  expect(answers[0]!.headers.get('content-type')).toMatch(/^application\/json/);
  const elsewhere = await server.request('admin', 'Patient', { method: 'POST', body: query, headers: graphql });
  expect(elsewhere.status).toBe(415);
});

test('in a batch the answer is the content of a Binary', async () => {
  const parameter = [{ name: 'query', valueString: '{ Patient(id: "p") { id } }' }];
  const entry = [{ resource: { resourceType: 'Parameters', parameter }, request: { method: 'POST', url: '$graphql' } }];
  const { json } = await server.request('admin', '', { body: { resourceType: 'Bundle', type: 'batch', entry } });
  const { resourceType, contentType, data: content } = json.entry[0].resource;
  expect([resourceType, contentType]).toEqual(['Binary', 'application/json']);
  expect(JSON.parse(Buffer.from(content, 'base64').toString())).toEqual({ data: { Patient: { id: 'p' } } });
});

test('what may not be seen is as if it were not there, and the rest is answered', async () => {
  const query = '{ a: Patient(id: "p") { id } b: Patient(id: "never") { id } ObservationList { id } }';
  const { status, json } = await ask(query, '$graphql', 'gp');
  expect([status, json.data]).toEqual([200, { a: null, b: null, ObservationList: [] }]);
  const told = (json.errors as { path: string[]; extensions: { resource: { issue: object[] } } }[]).map(
    ({ extensions, path }) => [path, extensions.resource.issue[0]],
  );
  expect(told).toEqual([
    [['a'], expect.objectContaining({ code: 'not-found' })],
    [['b'], told[0]![1]],
  ]);
  const { rows } = await server.running.services.pool.query(
    "select action, outcome from audit where client = 'gp' order by seq desc limit 3",
  );
  expect(rows).toEqual(
    expect.arrayContaining([
      { action: 'read', outcome: 4 },
      { action: 'search', outcome: 0 },
    ]),
  );
});

const nested = (depth: number): string => (depth === 0 ? '{ url }' : `{ extension ${nested(depth - 1)} }`);
const fragments = Array.from({ length: 25 }, (_, at) => `fragment f${at} on Patient { ...f${at + 1} ...f${at + 1} }`);

test.each<[what: string, query: string, code: string]>([
  ['nothing', ' ', 'invalid'],
  ['what is no GraphQL', '{ Patient(', 'structure'],
  ['an unknown field', '{ Patient(id: "p") { shoe } }', 'invalid'],
  ['an unknown parameter', '{ PatientList(shoe: "x") { id } }', 'invalid'],
  ['an unknown type', '{ ShoeList { id } }', 'invalid'],
  ['a change', 'mutation { PatientDelete(id: "p") }', 'not-supported'],
  ['a query that is too deep', `{ Patient(id: "p") ${nested(40)} }`, 'too-costly'],
  ['fragments in a circle', '{ Patient(id: "p") { ...a } } fragment a on Patient { ...a }', 'invalid'],
  [
    'fragments that double each other',
    `{ Patient(id: "p") { ...f0 } } ${fragments.join(' ')} fragment f25 on Patient { id }`,
    'too-costly',
  ],
  [
    'too many fields',
    `{ Patient(id: "p") { ${Array.from({ length: 2500 }, (_, at) => `a${at}: id`).join(' ')} } }`,
    'too-costly',
  ],
  ['too many words', `{ Patient(id: "p") { ${'id '.repeat(16_000)} } }`, 'structure'],
  [
    'too many types',
    `{ ${[...loadDefinitions().resourceTypes]
      .slice(0, 30)
      .map((type) => `${type}List { id }`)
      .join(' ')} }`,
    'too-costly',
  ],
  ['a variable that is not given', 'query ($id: ID!) { Patient(id: $id) { id } }', 'invalid'],
])('%s is refused', async (_what, query, code) => {
  const answer = await ask(query);
  expect([answer.status, answer.json.resourceType, answer.json.issue[0].code]).toEqual([400, 'OperationOutcome', code]);
});

test('a query that reads too often is given up as a whole', async () => {
  const each = Array.from(
    { length: 520 },
    (_, at) => `a${at}: Patient(id: "n${at}") { id } b${at}: Observation(id: "n${at}") { id }`,
  );
  const answer = await ask(`{ ${each.join(' ')} }`);
  expect([answer.status, answer.json.issue[0].code]).toEqual([400, 'too-costly']);
}, 60_000);

test('an identity number in the URL is refused, wherever in the query it stands', async () => {
  const query = encodeURIComponent(`{ PatientList(identifier: "${number.value}") { id } }`);
  expect((await server.request('admin', `$graphql?query=${query}`)).status).toBe(400);
});

test('a body that is not a query is refused', async () => {
  for (const body of [{}, { query: 5 }, { query: '{ id }', variables: [] }, { query: '{ id }', operationName: 3 }]) {
    const headers = { 'content-type': 'application/json' };
    expect((await server.request('admin', '$graphql', { body, headers })).status).toBe(400);
  }
});
