// Search parameters that are stored as resources. https://hl7.org/fhir/R4/searchparameter.html
import { type HereResponse, type HereServer, startHere } from '../../support/here.js';

let server: HereServer;
beforeAll(async () => {
  server = await startHere();
});
afterAll(() => server.stop());

interface Parameter {
  readonly code: string;
  readonly type?: string;
  readonly base?: readonly string[];
  readonly expression?: string;
  readonly [element: string]: unknown;
}

const url = (code: string): string => `http://example.org/SearchParameter/${code}`;
const parameter = ({ code, ...more }: Parameter) => ({
  resourceType: 'SearchParameter',
  id: code,
  url: url(code),
  name: 'Own',
  status: 'active',
  description: 'own',
  code,
  base: ['Patient'],
  type: 'string',
  expression: 'Patient.maritalStatus.text',
  ...more,
});
const put = (body: { resourceType: string; id: string }): Promise<HereResponse> =>
  server.request('admin', `${body.resourceType}/${body.id}`, { method: 'PUT', body });
const patient = (id: string, more: object) => put({ resourceType: 'Patient', id, ...more });
const search = (query: string) => server.request('admin', query);

/** Waits for what happens in the background, however long the machine takes. */
async function settled(query: string): Promise<{ status: number; ids: string[]; text: string }> {
  for (;;) {
    const answer = await search(query);
    if (answer.status === 400 && /is being indexed/.test(answer.text)) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      continue;
    }
    const ids = ((answer.json.entry ?? []) as { resource: { id: string } }[]).map(({ resource }) => resource.id).sort();
    return { status: answer.status, ids, text: answer.text };
  }
}

test('a stored parameter finds what was there before, what comes, and no longer works once it is retired or gone', async () => {
  for (let number = 0; number < 130; number += 1)
    await patient(`old${number}`, { maritalStatus: { text: number % 2 === 0 ? 'Gift' : 'Ugift' } });
  expect((await search('Patient?marital=gift')).status).toBe(400);
  expect((await put(parameter({ code: 'marital' }))).status).toBe(201);
  await patient('new', { maritalStatus: { text: 'Gift' } });
  const found = await settled('Patient?marital=gift&_count=200');
  expect(found.ids).toHaveLength(66);
  expect(found.ids).toContain('new');
  expect((await settled('Patient?marital:exact=gift')).ids).toEqual([]);
  const { json } = await search('metadata');
  const listed = json.rest[0].resource
    .find((one: { type: string }) => one.type === 'Patient')
    .searchParam.find((one: { name: string }) => one.name === 'marital');
  expect(listed).toMatchObject({ definition: url('marital'), type: 'string' });

  // A new version under the same code: the former rows do not count any more.
  await put(parameter({ code: 'marital', expression: "Patient.extension.where(url='http://example.org/m').value" }));
  await patient('extended', { extension: [{ url: 'http://example.org/m', valueString: 'Samboer' }] });
  expect((await settled('Patient?marital=gift')).ids).toEqual([]);
  expect((await settled('Patient?marital=samboer')).ids).toEqual(['extended']);

  await put({ ...parameter({ code: 'marital' }), status: 'retired' } as never);
  expect((await search('Patient?marital=gift')).text).toMatch(/marital is not known/);
  await put(parameter({ code: 'marital' }));
  expect((await settled('Patient?marital=ugift')).ids).toHaveLength(50); // a page
  await server.request('admin', 'SearchParameter/marital', { method: 'DELETE' });
  expect((await search('Patient?marital=gift')).text).toMatch(/marital is not known/);
});

test.each<[string, Parameter, string, object, string]>([
  [
    'a token',
    { code: 'own-token', type: 'token', expression: 'Patient.maritalStatus' },
    'own-token=http://x|M',
    { maritalStatus: { coding: [{ system: 'http://x', code: 'M' }] } },
    'x1',
  ],
  [
    'a date by FHIRPath',
    { code: 'own-date', type: 'date', expression: 'Patient.identifier.period.start' },
    'own-date=2020',
    { identifier: [{ value: 'a', period: { start: '2020-05-01' } }] },
    'x2',
  ],
  [
    'a reference by FHIRPath',
    { code: 'own-reference', type: 'reference', target: ['Organization'], expression: 'Patient.identifier.assigner' },
    'own-reference=Organization/o',
    { identifier: [{ value: 'b', assigner: { reference: 'Organization/o' } }] },
    'x3',
  ],
  [
    'a number with a comparison',
    { code: 'own-number', type: 'number', expression: "Patient.extension('http://example.org/n').value" },
    'own-number=gt5',
    { extension: [{ url: 'http://example.org/n', valueDecimal: 5.5 }] },
    'x4',
  ],
  [
    'a uri',
    { code: 'own-uri', type: 'uri', expression: 'Patient.photo.url' },
    'own-uri:below=http://example.org/',
    { photo: [{ url: 'http://example.org/p.png' }] },
    'x5',
  ],
  [
    'every type',
    { code: 'own-language', base: ['Resource'], type: 'token', expression: 'Resource.language' },
    'own-language=nb',
    { language: 'nb' },
    'x6',
  ],
  [
    'a composite',
    {
      code: 'own-composite',
      type: 'composite',
      expression: 'Patient',
      component: [
        { definition: 'http://hl7.org/fhir/SearchParameter/individual-gender', expression: 'gender' },
        { definition: 'http://hl7.org/fhir/SearchParameter/individual-birthdate', expression: 'birthDate' },
      ],
    },
    'own-composite=other$1931',
    { gender: 'other', birthDate: '1931-01-01' },
    'x7',
  ],
])('%s', async (_title, own, query, elements, id) => {
  expect((await put(parameter(own))).status).toBe(201);
  await patient(id, elements);
  expect((await settled(`Patient?${query}`)).ids).toEqual([id]);
});

test('what a definition restricts is refused', async () => {
  await put(
    parameter({
      code: 'narrow',
      type: 'date',
      expression: 'Patient.birthDate',
      multipleOr: false,
      multipleAnd: false,
      comparator: ['ge'],
      modifier: ['missing'],
    }),
  );
  expect((await settled('Patient?narrow=ge1900')).status).toBe(200);
  for (const [query, why] of [
    ['narrow=1900,1901', /takes one value/],
    ['narrow=1900&narrow=1901', /may be given once/],
    ['narrow=lt1900', /takes the prefixes ge/],
  ] as const)
    expect(await settled(`Patient?${query}`)).toMatchObject({ status: 400, text: expect.stringMatching(why) });
});

test.each<[string, Parameter, RegExp]>([
  ['a type that is not known', { code: 'bad', base: ['Patient'], type: 'special' }, /type other than special/],
  ['an expression that cannot be read', { code: 'bad', expression: 'Patient.name.where(' }, /not FHIRPath/],
  ['an expression of another type', { code: 'bad', expression: 'Group.name' }, /says nothing of Patient/],
  ['a code of the standard', { code: 'birthdate' }, /has a search parameter birthdate already/],
  ['a code with a colon', { code: 'a:b' }, /letters, digits and hyphens/],
  [
    'a component that is not known',
    {
      code: 'bad',
      type: 'composite',
      expression: 'Patient',
      component: [
        { definition: 'http://x', expression: 'a' },
        { definition: 'http://y', expression: 'b' },
      ],
    },
    /each component must name/,
  ],
])('%s is refused with the element', async (_title, own, why) => {
  const answer = await put({ ...parameter(own), id: 'bad' });
  expect([answer.status, answer.text]).toEqual([expect.any(Number), expect.stringMatching(why)]);
  expect([400, 422]).toContain(answer.status);
  expect(answer.text).toMatch(/SearchParameter\./);
});

test('rows that were made by an older state of the parameters are not written', async () => {
  const { registry } = server.running.services;
  const current = registry.epoch!;
  registry.epoch = current - 1; // as if another server had just changed them
  const answer = await server.request('admin', 'Basic', { body: { resourceType: 'Basic', code: { text: 'x' } } });
  expect(answer.status).toBe(201);
  expect(registry.epoch).toBe(current);
  registry.epoch = current - 1;
  expect((await patient('late', {})).status).toBe(201);
  expect(registry.epoch).toBe(current);
});

test('$reindex makes rows anew, of a type or of all; only for administrators', async () => {
  const { pool, dictionary } = server.running.services;
  await patient('lost', { name: [{ family: 'Bortkommen' }], maritalStatus: { text: 'Enkemann' } });
  expect((await settled('Patient?name=bortkommen')).ids).toEqual(['lost']);
  expect((await settled('Patient?_content=enkemann')).ids).toEqual(['lost']);
  for (const path of ['Patient/$reindex', '$reindex']) {
    await pool.query('delete from sp_string where rid = (select rid from resource where type = $1 and id = $2)', [
      dictionary.typeId('Patient'),
      'lost',
    ]);
    expect((await settled('Patient?name=bortkommen')).ids).toEqual([]);
    expect((await server.request('municipality', path, { body: { resourceType: 'Parameters' } })).status).toBe(403);
    expect((await server.request('admin', path, { body: { resourceType: 'Parameters' } })).status).toBe(202);
    while ((await settled('Patient?name=bortkommen')).ids.length === 0)
      await new Promise((resolve) => setTimeout(resolve, 20));
    expect((await settled('Patient?_content=enkemann')).ids).toEqual(['lost']);
  }
  expect((await server.request('admin', 'Patient/lost')).json.meta.versionId).toBe('1');
});
