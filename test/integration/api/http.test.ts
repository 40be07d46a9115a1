// What https://hl7.org/fhir/R4/http.html says beside the basic interactions, over the wire.
import { gzipSync } from 'node:zlib';
import { loadDefinitions } from '../../../src/fhir/definitions.js';
import { type HereResponse, type HereServer, startHere } from '../../support/here.js';

const start = Date.parse('2026-03-02T08:00:00Z');
const hour = 3_600_000;
let now = start;
let server: HereServer;
let rounds = 0;
beforeAll(async () => {
  server = await startHere({ clock: { now: () => now }, environment: { CONDITIONAL_DELETE: 'multiple' } });
});
afterAll(() => server.stop());

const basic = (id: string, text: string): object => ({ resourceType: 'Basic', id, code: { text } });
const put = (id: string, text: string, headers: Record<string, string> = {}): Promise<HereResponse> =>
  server.request('admin', `Basic/${id}`, { method: 'PUT', body: basic(id, text), headers });
const get = (at: string, headers: Record<string, string> = {}): Promise<HereResponse> =>
  server.request('admin', at, { headers });
const remove = (at: string, headers: Record<string, string> = {}): Promise<HereResponse> =>
  server.request('admin', at, { method: 'DELETE', headers });

describe('history', () => {
  beforeAll(async () => {
    // 08 a version, 10 the next, 12 deleted, 14 there again
    for (const [after, what] of [
      [0, 'a'],
      [2, 'b'],
      [4, undefined],
      [6, 'c'],
    ] as const) {
      now = start + after * hour;
      if (what === undefined) await remove('Basic/timed');
      else await put('timed', what);
    }
    now = start + 8 * hour;
  });

  test.each<[query: string, versions: readonly string[]]>([
    ['_at=2026-03-02T07:00:00Z', []],
    ['_at=2026-03-02T09:00:00Z', ['1']],
    ['_at=2026-03-02T10:00:00Z', ['2']],
    ['_at=2026-03-02T11:00:00Z', ['2']],
    ['_at=2026-03-02T13:00:00Z', []],
    ['_at=2026-03-02T15:00:00Z', ['4']],
    ['_at=2026-03-02', ['4', '3', '2', '1']],
    ['_at=2026-03-03', ['4']],
    ['_at=2026-03-02&_since=2026-03-02T11:00:00Z', ['4', '3']],
    ['_sort=-_lastUpdated', ['4', '3', '2', '1']],
    ['_count=0', []],
    ['_summary=count', []],
  ])('with %s shows the versions %s, of a resource, a type and everything', async (query, versions) => {
    for (const at of ['Basic/timed/_history', 'Basic/_history', '_history']) {
      const answer = await get(`${at}?${query}${at === '_history' ? '&_type=Basic' : ''}`);
      // Topics of the server's own are Basic resources too.
      const all = (answer.json.entry ?? []) as { fullUrl: string; response: { etag: string } }[];
      const entries = all.filter(({ fullUrl }) => fullUrl.endsWith('/timed'));
      expect([at, answer.status, entries.map(({ response }) => response.etag)]).toEqual([
        at,
        200,
        versions.map((version) => `W/"${version}"`),
      ]);
    }
  });

  test('shows parts of versions, tagged so', async () => {
    for (const [query, has] of [
      ['_elements=code', true],
      ['_summary=text', false],
    ] as const) {
      const { resource } = (await get(`Basic/timed/_history?${query}&_count=1`)).json.entry[0];
      expect(['subject' in resource, 'code' in resource, resource.meta.tag[0].code]).toEqual([
        false,
        has || 'code' in resource,
        'SUBSETTED',
      ]);
    }
  });

  test('after a deletion a version is told as created, wherever the page begins', async () => {
    const answer = await get('Basic/timed/_history?_since=2026-03-02T13:00:00Z');
    expect(answer.json.entry.map(({ response }: { response: { status: string } }) => response.status)).toEqual(['201']);
  });

  test.each(['_at=yesterday', '_sort=_lastUpdated', '_summary=most', '_list=x'])('%s is refused', async (query) => {
    expect((await get(`Basic/timed/_history?${query}`)).status).toBe(400);
  });
});

test('an If-Match of what is no version of ours changes nothing', async () => {
  await put('match', 'a');
  const stale = { 'if-match': 'W/"3f2a"' };
  const patch = { method: 'PATCH', body: '[]', headers: { ...stale, 'content-type': 'application/json-patch+json' } };
  expect((await put('match', 'b', stale)).status).toBe(412);
  expect((await server.request('admin', 'Basic/match', patch)).status).toBe(412);
  expect((await remove('Basic/match', stale)).status).toBe(412);
  expect((await get('Basic/match')).json.meta.versionId).toBe('1');
});

test.each<[what: string, header: string, value: string, there: number, absent: number]>([
  ['the version', 'if-match', 'W/"1"', 200, 412],
  ['any version', 'if-match', '*', 200, 412],
  ['one of several', 'if-match', 'W/"7", W/"1"', 200, 412],
  ['one of several, some of which are none of ours', 'if-match', '"a,b" , W/"1"', 200, 412],
  ['none of several', 'if-match', 'W/"7", W/"8"', 412, 412],
  ['what is no list of ETags', 'if-match', 'W/"1", one', 400, 400],
  ['nothing that is there', 'if-none-match', '*', 412, 201],
  ['not the version', 'if-none-match', 'W/"1"', 412, 201],
  ['not one of several', 'if-none-match', 'W/"7", W/"1"', 412, 201],
  ['not versions that are not current', 'if-none-match', 'W/"7", "abc"', 200, 201],
  ['not what is no ETag', 'if-none-match', 'one', 400, 400],
])(
  'an update of %s (%s: %s), with an id, by criteria and in a transaction',
  async (_what, name, value, there, absent) => {
    const ways: readonly ((id: string) => Promise<HereResponse>)[] = [
      (id) => put(id, 'b', { [name]: value }),
      (id) =>
        server.request('admin', `Basic?_id=${id}`, { method: 'PUT', body: basic(id, 'b'), headers: { [name]: value } }),
      (id) =>
        server.request('admin', '', {
          body: {
            resourceType: 'Bundle',
            type: 'transaction',
            entry: [
              {
                resource: basic(id, 'b'),
                request: {
                  method: 'PUT',
                  url: `Basic/${id}`,
                  [name === 'if-match' ? 'ifMatch' : 'ifNoneMatch']: value,
                },
              },
            ],
          },
        }),
    ];
    for (const [n, send] of ways.entries())
      for (const [id, expected] of [
        ['conditions', there],
        ['conditions-absent', absent],
      ] as const) {
        const own = `${id}-${rounds++}`;
        if (id === 'conditions') await put(own, 'a');
        const answer = await send(own);
        const status = n === 2 && answer.status === 200 ? Number(answer.json.entry[0].response.status) : answer.status;
        expect([n, id, status]).toEqual([n, id, expected]);
      }
  },
);

test('a question about what can be done tells which patches are taken, as the statement does', async () => {
  const answer = await server.request('admin', 'Basic/x', { method: 'OPTIONS' });
  expect(answer.headers.get('accept-patch')).toBe((await get('metadata')).json.patchFormat.join(', '));
  expect((await server.request('admin', 'metadata', { method: 'OPTIONS' })).headers.get('accept-patch')).toBeNull();
});

test('of fifty creates of one id at once that must find nothing, one succeeds', async () => {
  const statuses = await Promise.all(
    Array.from({ length: 50 }, async (_, n) => (await put('race', String(n), { 'if-none-match': '*' })).status),
  );
  expect(statuses.filter((status) => status === 201)).toHaveLength(1);
  expect(statuses.filter((status) => status === 412)).toHaveLength(49);
});

test('a version that the caller has is not sent again', async () => {
  await put('vread', 'a');
  const answer = await get('Basic/vread/_history/1', { 'if-none-match': 'W/"1"' });
  expect([answer.status, answer.text, answer.headers.get('etag')]).toEqual([304, '', 'W/"1"']);
});

test('a deletion answers with an OperationOutcome where that is preferred', async () => {
  await put('gone', 'a');
  const answer = await remove('Basic/gone', { prefer: 'return=OperationOutcome' });
  expect([answer.status, answer.json.resourceType, answer.headers.get('etag')]).toEqual([
    200,
    'OperationOutcome',
    'W/"2"',
  ]);
  expect((await get('Basic/gone')).status).toBe(410);
  expect((await get('Basic/gone/_history/2')).status).toBe(410);
});

test('where the server is set to that, a deletion by criteria takes all that match', async () => {
  for (const id of ['m1', 'm2', 'm3']) await put(id, id === 'm3' ? 'other' : 'several');
  expect((await get('metadata')).json.rest[0].resource[0].conditionalDelete).toBe('multiple');
  expect((await remove('Basic?_id=m1,m2')).status).toBe(204);
  expect((await remove('Basic?_id=m1,m2')).status).toBe(204);
  expect((await Promise.all(['m1', 'm2', 'm3'].map((id) => get(`Basic/${id}`)))).map(({ status }) => status)).toEqual([
    410, 410, 200,
  ]);
});

test('in a transaction too, and what is deleted so cannot be changed by another entry', async () => {
  const transaction = (...entry: object[]): Promise<HereResponse> =>
    server.request('admin', '', { body: { resourceType: 'Bundle', type: 'transaction', entry } });
  const all = { request: { method: 'DELETE', url: 'Basic?_id=t1,t2' } };
  for (const id of ['t1', 't2', 't3']) await put(id, 'several');
  const both = await transaction({ resource: basic('t2', 'x'), request: { method: 'PUT', url: 'Basic/t2' } }, all);
  expect([both.status, (await get('Basic/t1')).status]).toEqual([400, 200]);
  const answer = await transaction(all, { request: { method: 'GET', url: 'Basic?_id=t1,t2,t3&_total=accurate' } });
  expect([answer.json.entry[0].response.status, answer.json.entry[1].resource.total]).toEqual(['204', 1]);
  expect((await Promise.all(['t1', 't2', 't3'].map((id) => get(`Basic/${id}`)))).map(({ status }) => status)).toEqual([
    410, 410, 200,
  ]);
  expect((await transaction(all)).json.entry[0].response.status).toBe('204');
});

test('fifty patches by criteria at once are all kept', async () => {
  await put('counted', 'patched by all');
  const headers = { 'content-type': 'application/json-patch+json' };
  const one = (n: number): string =>
    JSON.stringify([{ op: 'add', path: '/extension', value: [{ url: `http://x.example/${n}`, valueBoolean: true }] }]);
  const answers = await Promise.all(
    Array.from({ length: 50 }, (_, n) =>
      server.request('admin', 'Basic?_id=counted', { method: 'PATCH', body: one(n), headers }),
    ),
  );
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  expect((await get('Basic/counted')).json.meta.versionId).toBe('51');
});

test('entries of a Bundle say where every written version lies', async () => {
  const entry = ['places', 'places'].map((id, n) => ({
    resource: basic(id, String(n)),
    request: { method: 'PUT', url: `Basic/${id}` },
  }));
  for (const [n, type] of ['transaction', 'batch'].entries()) {
    const answer = await server.request('admin', '', { body: { resourceType: 'Bundle', type, entry: [entry[n]] } });
    expect(answer.json.entry[0].response).toMatchObject({
      status: n === 0 ? '201' : '200',
      location: `${server.base}/Basic/places/_history/${n + 1}`,
      etag: `W/"${n + 1}"`,
    });
  }
});

test('a compartment can be searched for every type that it holds', async () => {
  await server.request('admin', 'Observation/by', {
    method: 'PUT',
    body: {
      resourceType: 'Observation',
      id: 'by',
      status: 'final',
      code: { text: 'x' },
      encounter: { reference: 'Encounter/e' },
      performer: [{ reference: 'Practitioner/p' }],
      device: { reference: 'Device/d' },
    },
  });
  for (const owner of ['Encounter/e', 'Practitioner/p', 'Device/d'])
    expect([owner, (await get(`${owner}/Observation`)).json.entry.length]).toEqual([owner, 1]);
  const definitions = loadDefinitions();
  for (const owner of ['Encounter', 'Practitioner', 'RelatedPerson', 'Device', 'Patient'])
    for (const type of definitions.resourceTypes) {
      if (definitions.compartmentParameters(owner, type) === undefined) continue;
      const { status } = await get(`${owner}/x/${type}?_summary=count`);
      expect([owner, type, status]).toEqual([owner, type, 200]);
    }
});

test('everything in a compartment is found at once, and no more, page by page', async () => {
  const put = (type: string, id: string, content: object): Promise<HereResponse> =>
    server.request('admin', `${type}/${id}`, { method: 'PUT', body: { resourceType: type, id, ...content } });
  const subject = { reference: 'Patient/whole' };
  const observation = { status: 'final', code: { text: 'x' } };
  const number = { system: 'urn:oid:2.16.578.1.12.4.1.4.1', value: '17912099997' };
  const made = [
    await put('Patient', 'whole', { identifier: [number] }),
    await put('Encounter', 'whole', { status: 'finished', class: { code: 'HH' }, subject }),
    await put('Observation', 'in-1', { ...observation, subject, meta: { tag: [{ code: 'chosen' }] } }),
    await put('Observation', 'in-2', { ...observation, subject: { identifier: number } }),
    await put('Observation', 'in-3', { ...observation, performer: [subject] }),
    await put('Observation', 'out', { ...observation, focus: [subject] }),
    await put('Location', 'whole', { name: 'another with its id' }),
  ];
  expect(made.map(({ status }) => status)).toEqual(made.map(() => 201));
  const found = async (at: string): Promise<string[]> => {
    const ids: string[] = [];
    for (let next: string | undefined = at; next !== undefined; ) {
      const { json } = await get(next);
      for (const { fullUrl } of json.entry ?? []) ids.push(fullUrl.slice(server.base.length + 1));
      next = json.link.find((one: { relation: string }) => one.relation === 'next')?.url.slice(server.base.length + 1);
    }
    return ids.sort();
  };
  const inside = ['Encounter/whole', 'Observation/in-1', 'Observation/in-2', 'Observation/in-3', 'Patient/whole'];
  expect(await found('Patient/whole/*')).toEqual(inside);
  expect(await found('Patient/whole/*?_count=2')).toEqual(inside);
  expect(await found('Patient/whole/*?_type=Encounter,Location')).toEqual(['Encounter/whole']);
  expect(await found('Patient/whole/*?_tag=chosen')).toEqual(['Observation/in-1']);
  expect(await found('Encounter/whole/*')).toEqual(['Encounter/whole']);
  expect(await found('Patient/nobody/*')).toEqual([]);
  const posted = await server.request('admin', 'Patient/whole/*/_search', {
    body: '_tag=chosen',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  });
  expect(posted.json.entry).toHaveLength(1);
  for (const place of ['Location/whole/*', 'Patient/whole/Location'])
    expect([place, (await get(place)).status]).toEqual([place, 404]);
});

test('a patch in a format that is not taken is refused with those that are', async () => {
  const headers = { 'content-type': 'text/plain' };
  const answer = await server.request('admin', 'Basic/x', { method: 'PATCH', body: 'x', headers });
  expect([answer.status, answer.headers.get('accept-patch')]).toEqual([
    415,
    'application/json-patch+json, application/fhir+json, application/fhir+xml, application/xml-patch+xml',
  ]);
});

test.each(['gzip', 'deflate', 'br'])('a body in %s is read', async (coding) => {
  const zlib = await import('node:zlib');
  const pack = { gzip: gzipSync, deflate: zlib.deflateSync, br: zlib.brotliCompressSync }[coding]!;
  const answer = await fetch(`${server.base}/Basic/packed`, {
    method: 'PUT',
    headers: {
      authorization: `Bearer ${await server.token('admin')}`,
      'content-type': 'application/fhir+json',
      'content-encoding': coding,
    },
    body: pack(JSON.stringify(basic('packed', coding))),
  });
  expect([answer.ok, ((await answer.json()) as { code: { text: string } }).code.text]).toEqual([true, coding]);
});

test.each<[what: string, method: string, at: string, status: number, allow: string | undefined]>([
  ['a resource posted to its id', 'POST', 'Basic/x', 405, 'GET, HEAD, PUT, PATCH, DELETE, OPTIONS'],
  ['a version that is written', 'PUT', 'Basic/x/_history/1', 405, 'GET, HEAD, OPTIONS'],
  ['the statement deleted', 'DELETE', 'metadata', 405, 'GET, HEAD, OPTIONS'],
  ['an unknown method', 'PROPFIND', 'Basic/x', 405, 'GET, HEAD, PUT, PATCH, DELETE, OPTIONS'],
  ['a question about a resource', 'OPTIONS', 'Basic/never', 204, 'GET, HEAD, PUT, PATCH, DELETE, OPTIONS'],
  ['a question about a type', 'OPTIONS', 'Basic', 204, 'POST, PUT, PATCH, DELETE, GET, HEAD, OPTIONS'],
  ['a question about the base', 'OPTIONS', '', 204, 'POST, GET, HEAD, OPTIONS'],
  ['a question about an operation', 'OPTIONS', 'Patient/x/$everything', 204, 'POST, GET, OPTIONS'],
  ['a question about an unknown type', 'OPTIONS', 'Bazic', 404, undefined],
  ['a question about an unknown operation', 'OPTIONS', '$none', 404, undefined],
  ['an id that never was', 'GET', 'Basic/never', 404, undefined],
  ['a deletion of what never was', 'DELETE', 'Basic/never', 204, undefined],
  ['a version that never was', 'GET', 'Basic/timed/_history/99', 404, undefined],
])('%s', async (_what, method, at, status, allow) => {
  const answer = await server.request(
    'admin',
    at,
    method === 'POST' || method === 'PUT' ? { method, body: basic('x', 'x') } : { method },
  );
  expect([answer.status, answer.headers.get('allow') ?? undefined]).toEqual([status, allow]);
});
