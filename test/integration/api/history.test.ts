// History of a type and of everything: https://hl7.org/fhir/R4/http.html#history
import { type HereResponse, type HereServer, startHere } from '../../support/here.js';

let server: HereServer;
beforeAll(async () => {
  server = await startHere();
});
afterAll(() => server.stop());

type Client = 'admin' | 'gp' | 'hospital';
interface Entry {
  readonly fullUrl: string;
  readonly resource?: { readonly id: string; readonly meta: { readonly versionId: string } };
  readonly request: { readonly method: string; readonly url: string };
  readonly response: { readonly status: string; readonly etag: string };
}

const basic = (text: string, more: object = {}): object => ({ resourceType: 'Basic', code: { text }, ...more });
const create = async (text: string): Promise<string> =>
  (await server.request('admin', 'Basic', { body: basic(text) })).json.id as string;
const put = (id: string, text: string): Promise<HereResponse> =>
  server.request('admin', `Basic/${id}`, { method: 'PUT', body: basic(text, { id }) });
/** Without the topics that the server itself keeps as Basic resources. */
const entries = (answer: HereResponse): readonly Entry[] =>
  ((answer.json.entry ?? []) as readonly Entry[]).filter(({ fullUrl }) => !fullUrl.includes('/Basic/topic-'));
const lines = (answer: HereResponse): string[] =>
  entries(answer).map(
    ({ request, response }) => `${request.method} ${request.url} ${response.status} ${response.etag}`,
  );
const link = (answer: HereResponse, relation: string): string | undefined =>
  (answer.json.link as { relation: string; url: string }[])
    .find((one) => one.relation === relation)
    ?.url.slice(server.base.length + 1);

async function walk(path: string, client: Client = 'admin'): Promise<string[]> {
  const found: string[] = [];
  for (let next: string | undefined = path; next !== undefined; ) {
    const answer = await server.request(client, next);
    expect(answer.status).toBe(200);
    found.push(...lines(answer));
    next = link(answer, 'next');
  }
  return found;
}

test('tells what was done to every resource of a type, the latest first', async () => {
  const id = await create('a');
  await put('h-own', 'a');
  await put(id, 'b');
  await server.request('admin', `Basic/${id}`, { method: 'DELETE' });
  await put(id, 'c');
  const answer = await server.request('admin', 'Basic/_history');
  expect([answer.status, answer.json.type]).toEqual([200, 'history']);
  expect(lines(answer)).toEqual([
    `PUT Basic/${id} 201 W/"4"`,
    `DELETE Basic/${id} 204 W/"3"`,
    `PUT Basic/${id} 200 W/"2"`,
    'PUT Basic/h-own 201 W/"1"',
    'POST Basic 201 W/"1"',
  ]);
  expect(entries(answer).map(({ resource }) => resource?.meta.versionId)).toEqual(['4', undefined, '2', '1', '1']);
  expect(server.running.services.validator.validate(answer.json)).toEqual([]);
  expect(lines(await server.request('admin', '_history?_type=Basic'))).toEqual(lines(answer));
});

test('says of a version that a PATCH made it, alone or in a transaction, by id or by criteria', async () => {
  const id = await create('patched');
  const patches = [{ op: 'replace', path: '/code/text', value: 'new' }];
  const headers = { 'content-type': 'application/json-patch+json' };
  await server.request('admin', `Basic/${id}`, { method: 'PATCH', body: patches, headers });
  await server.request('admin', `Basic?_id=${id}`, { method: 'PATCH', body: patches, headers });
  const resource = {
    resourceType: 'Parameters',
    parameter: [
      {
        name: 'operation',
        part: [
          { name: 'type', valueCode: 'replace' },
          { name: 'path', valueString: 'Basic.code.text' },
          { name: 'value', valueString: 'newer' },
        ],
      },
    ],
  };
  const entry = [{ resource, request: { method: 'PATCH', url: `Basic/${id}` } }];
  await server.request('admin', '', { body: { resourceType: 'Bundle', type: 'transaction', entry } });
  await put(id, 'newest');
  const told = [
    `PUT Basic/${id} 200 W/"5"`,
    ...[4, 3, 2].map((version) => `PATCH Basic/${id} 200 W/"${version}"`),
    'POST Basic 201 W/"1"',
  ];
  for (const place of [`Basic/${id}/_history`, 'Basic/_history?_count=5', '_history?_type=Basic&_count=5'])
    expect(lines(await server.request('admin', place))).toEqual(told);
});

test.each([1, 2, 7])('pages of %s lead through every version once, while others are made', async (count) => {
  const ids = [await create('p'), await create('p'), await create('p')];
  for (const id of ids) await put(id, 'q');
  const whole = lines(await server.request('admin', 'Basic/_history?_count=1000'));
  const found: string[] = [];
  for (let next: string | undefined = `Basic/_history?_count=${count}`; next !== undefined; ) {
    const answer = await server.request('admin', next);
    expect(entries(answer).length).toBeLessThanOrEqual(count);
    found.push(...lines(answer));
    next = link(answer, 'next');
    await put(ids[0]!, 'while walking');
  }
  expect(found).toEqual(whole);
});

test('_since shows what was made from then on; whoever goes on from meta.lastUpdated misses nothing', async () => {
  const seen = new Set<string>();
  let since = (await server.request('admin', 'Basic/_history?_count=1')).json.meta.lastUpdated as string;
  const made: string[] = [];
  const writing = Promise.all(
    Array.from({ length: 8 }, async () => {
      for (let turn = 0; turn < 5; turn++) made.push(await create('s'));
    }),
  );
  const read = async (): Promise<void> => {
    const answer = await server.request('admin', `Basic/_history?_since=${encodeURIComponent(since)}&_count=1000`);
    for (const { resource } of entries(answer)) seen.add(resource?.id ?? '');
    since = answer.json.meta.lastUpdated as string;
  };
  for (let turn = 0; turn < 5; turn++) await read();
  await writing;
  await read();
  expect(made.filter((id) => !seen.has(id))).toEqual([]);
  const all = (await server.request('admin', 'Basic?_count=1000')).json.entry as {
    resource: { meta: { lastUpdated: string } };
  }[];
  const last = Math.max(...all.map(({ resource }) => Date.parse(resource.meta.lastUpdated)));
  const after = new Date(last + 1).toISOString();
  expect(lines(await server.request('admin', `Basic/_history?_since=${after}`))).toEqual([]);
});

test('the history of everything holds every type', async () => {
  await server.request('admin', 'Patient', { body: { resourceType: 'Patient' } });
  const types = new Set((await walk('_history?_count=500')).map((line) => line.split(/[ /]/)[1]));
  expect([...types]).toEqual(expect.arrayContaining(['Basic', 'Patient', 'OperationDefinition']));
});

test('shows nobody what a search would not show', async () => {
  const patient = (await server.request('admin', 'Patient', { body: { resourceType: 'Patient' } })).json.id as string;
  const observation = await server.request('admin', 'Observation', {
    body: {
      resourceType: 'Observation',
      status: 'final',
      code: { text: 'x' },
      subject: { reference: `Patient/${patient}` },
    },
  });
  for (const client of ['gp', 'hospital'] as const) {
    for (const path of ['Observation/_history', 'Patient/_history', '_history']) {
      const answer = await server.request(client, path);
      expect(answer.status).toBe(200);
      expect(answer.text).not.toContain(observation.json.id);
      expect(answer.text).not.toContain(patient);
    }
    expect((await server.request(client, 'AuditEvent/_history')).status).toBe(403);
    expect((await server.request(client, '_history?_type=AuditEvent')).status).toBe(403);
  }
  expect((await server.request('admin', 'Patient/_history')).text).toContain(patient);
});

test.each([
  ['Basic/_history?_since=yesterday', 400],
  ['Basic/_history?_count=some', 400],
  ['Basic/_history?_before=1', 400],
  ['Basic/_history?_before=9999999999999999999.999999999999999', 200],
  ['Basic/_history?_type=Basic', 400],
  ['Basic/_history?shoe-size=42', 400],
  ['_history?_type=Pasient', 400],
  ['_history?_since=2999-01-01', 200],
  ['_history?_since=0001-01-01&_count=1', 200],
  ['Basic/_history?_count=0', 200],
  ['Pasient/_history', 404],
])('%s answers %s', async (path, status) => {
  const answer = await server.request('admin', path);
  expect(answer.status).toBe(status);
});

test('is read in a Bundle as well', async () => {
  const get = (url: string): object => ({ request: { method: 'GET', url } });
  for (const type of ['batch', 'transaction']) {
    const answer = await server.request('admin', '', {
      body: {
        resourceType: 'Bundle',
        type,
        entry: [get('Basic/_history?_count=1'), get('_history?_count=1&_type=Basic')],
      },
    });
    expect(
      answer.json.entry.map((one: { resource: { type: string; entry: unknown[] } }) => [
        one.resource.type,
        one.resource.entry.length,
      ]),
    ).toEqual([
      ['history', 1],
      ['history', 1],
    ]);
  }
});
