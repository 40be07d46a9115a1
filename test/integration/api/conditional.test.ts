// Conditional update and delete: https://hl7.org/fhir/R4/http.html#cond-update
import { type HereResponse, type HereServer, startHere } from '../../support/here.js';

let server: HereServer;
beforeAll(async () => {
  server = await startHere();
});
afterAll(() => server.stop());

const system = 'http://example.org/c';
const basic = (code: string, text: string, more: object = {}): object => ({
  resourceType: 'Basic',
  code: { text, coding: [{ system, code }] },
  ...more,
});
const put = (
  code: string,
  text: string,
  more: object = {},
  headers: Record<string, string> = {},
): Promise<HereResponse> =>
  server.request('admin', `Basic?code=${system}|${code}`, { method: 'PUT', body: basic(code, text, more), headers });
const remove = (query: string, headers: Record<string, string> = {}): Promise<HereResponse> =>
  server.request('admin', `Basic?${query}`, { method: 'DELETE', headers });
const create = async (code: string, text = 'x'): Promise<string> =>
  (await server.request('admin', 'Basic', { body: basic(code, text) })).json.id as string;
const count = async (query: string): Promise<number> =>
  (await server.request('admin', `Basic?${query}&_summary=count`)).json.total as number;
const issue = ({ status, json }: HereResponse): unknown[] => [status, json.issue[0].code];
const bundle = (type: string, entry: readonly object[]): Promise<HereResponse> =>
  server.request('admin', '', { body: { resourceType: 'Bundle', type, entry } });
const statuses = ({ json }: HereResponse): string[] =>
  (json.entry as { response: { status: string } }[]).map(({ response }) => response.status);

describe('conditional update', () => {
  test('makes what is not there, and updates it the next time', async () => {
    const first = await put('one', 'a');
    const second = await put('one', 'b');
    expect([first.status, second.status]).toEqual([201, 200]);
    expect(first.headers.get('location')).toBe(`${server.base}/Basic/${first.json.id}/_history/1`);
    expect([second.json.id, second.json.code.text, second.headers.get('etag')]).toEqual([first.json.id, 'b', 'W/"2"']);
    expect(await count('code=one')).toBe(1);
  });

  test('takes the id of the body where nothing is found, and demands it to be that of what is found', async () => {
    const made = await put('own', 'a', { id: 'c-own' });
    expect([made.status, made.json.id]).toEqual([201, 'c-own']);
    expect((await put('own', 'b', { id: 'c-own' })).status).toBe(200);
    expect((await put('own', 'b', { id: 'c-other' })).status).toBe(400);
    expect(issue(await put('no-one', 'b', { id: 'c-own' }))).toEqual([409, 'conflict']);
  });

  test('is refused where several match, and changes none of them', async () => {
    const ids = [await create('two'), await create('two')];
    expect(issue(await put('two', 'y'))).toEqual([412, 'multiple-matches']);
    for (const id of ids) expect((await server.request('admin', `Basic/${id}`)).json.meta.versionId).toBe('1');
  });

  test('with If-Match updates only that version, and makes nothing', async () => {
    await put('match', 'a');
    expect((await put('match', 'b', {}, { 'if-match': 'W/"1"' })).status).toBe(200);
    expect((await put('match', 'c', {}, { 'if-match': 'W/"1"' })).status).toBe(412);
    expect((await put('match-none', 'c', {}, { 'if-match': 'W/"1"' })).status).toBe(412);
    expect(await count('code=match-none')).toBe(0);
  });

  test.each([
    ['code=', 412],
    ['shoe-size=42', 400],
    ['code=x&_count=1', 400],
    ['code=x&_sort=code', 400],
    ['identifier=urn:oid:2.16.578.1.12.4.1.4.1|12834812019', 400],
  ])('by ?%s is refused', async (query, status) => {
    const answer = await server.request('admin', `Basic?${query}`, { method: 'PUT', body: basic('x', 'x') });
    expect(answer.status).toBe(status);
  });

  test('fifty at once make one resource with fifty versions', async () => {
    const answers = await Promise.all(Array.from({ length: 50 }, (_, index) => put('many', String(index))));
    const made = answers.filter(({ status }) => status === 201);
    expect([made.length, new Set(answers.map(({ status }) => status))]).toEqual([1, new Set([200, 201])]);
    const version = (await server.request('admin', `Basic/${made[0]!.json.id}`)).json.meta.versionId as string;
    expect([await count('code=many'), version]).toEqual([1, '50']);
  });

  test('finds nothing that the caller may not see', async () => {
    const made = await server.request('admin', 'Patient', {
      body: { resourceType: 'Patient', active: false, identifier: [{ system: 'http://example.org/i', value: 'c-1' }] },
    });
    const answer = await server.request('gp', 'Patient?identifier=http://example.org/i|c-1', {
      method: 'PUT',
      body: { resourceType: 'Patient', identifier: [{ system: 'http://example.org/i', value: 'c-1' }] },
    });
    expect(answer.status).toBeLessThan(500);
    expect(answer.json.id).not.toBe(made.json.id);
    expect((await server.request('admin', `Patient/${made.json.id}`)).json.meta.versionId).toBe('1');
  });
});

describe('conditional delete', () => {
  test('deletes the one that matches; where none does there is nothing to do', async () => {
    const id = await create('gone');
    expect((await remove('code=gone', { 'if-match': 'W/"7"' })).status).toBe(412);
    const first = await remove('code=gone');
    expect([first.status, first.headers.get('etag'), (await remove('code=gone')).status]).toEqual([204, 'W/"2"', 204]);
    expect((await server.request('admin', `Basic/${id}`)).status).toBe(410);
  });

  test('is refused without criteria and where several match', async () => {
    await create('pair');
    await create('pair');
    expect(issue(await remove('code=pair'))).toEqual([412, 'multiple-matches']);
    expect((await remove('')).status).toBe(412);
    expect((await remove('_count=1')).status).toBe(400);
    expect(await count('code=pair')).toBe(2);
  });
});

describe('in a Bundle', () => {
  const entries = (code: string): object[] => [
    {
      fullUrl: 'urn:uuid:00000000-0000-4000-8000-000000000001',
      resource: basic(code, 'a'),
      request: { method: 'PUT', url: `Basic?code=${code}` },
    },
    {
      resource: basic(`${code}-2`, 'x', { subject: { reference: 'urn:uuid:00000000-0000-4000-8000-000000000001' } }),
      request: { method: 'POST', url: 'Basic' },
    },
    { request: { method: 'DELETE', url: `Basic?code=${code}-old` } },
    { request: { method: 'DELETE', url: 'Basic?code=never-was' } },
  ];

  test('of type transaction entries work together, and refer to what is found', async () => {
    await create('t-old');
    const first = await bundle('transaction', entries('t'));
    expect([first.status, statuses(first)]).toEqual([200, ['201', '201', '204', '204']]);
    const id = /Basic\/([^/]+)/.exec(first.json.entry[0].response.location as string)![1];
    expect(await count(`subject=Basic/${id}`)).toBe(1);
    const second = await bundle('transaction', entries('t'));
    expect(statuses(second)).toEqual(['200', '201', '204', '204']);
    expect([await count(`subject=Basic/${id}`), await count('code=t'), await count('code=t-old')]).toEqual([2, 1, 0]);
  });

  test('of type batch each entry is by itself', async () => {
    await create('b-old');
    const answer = await bundle(
      'batch',
      entries('b').filter((_, index) => index !== 1),
    );
    expect(statuses(answer)).toEqual(['201', '204', '204']);
  });

  test('what a transaction deletes is not found by its later entries', async () => {
    const id = await create('replaced');
    const answer = await bundle('transaction', [
      { resource: basic('replaced', 'new'), request: { method: 'PUT', url: 'Basic?code=replaced' } },
      { request: { method: 'DELETE', url: 'Basic?code=replaced' } },
    ]);
    expect(answer.status).toBe(400);
    const other = await bundle('transaction', [
      { resource: basic('replaced', 'new'), request: { method: 'PUT', url: 'Basic?code=replaced' } },
      { request: { method: 'DELETE', url: `Basic/${id}` } },
    ]);
    expect(statuses(other)).toEqual(['201', '204']);
  });

  test.each([
    ['several match', { resource: basic('x', 'x'), request: { method: 'PUT', url: 'Basic?code=t-2' } }, 412],
    ['the criteria are not understood', { request: { method: 'DELETE', url: 'Basic?shoe-size=42' } }, 400],
    [
      'the resource is not valid',
      { resource: { resourceType: 'Basic' }, request: { method: 'PUT', url: 'Basic?code=none' } },
      400,
    ],
  ])('where %s, nothing is written and the entry is named', async (_what, entry, status) => {
    const answer = await bundle('transaction', [
      { resource: basic('undone', 'x'), request: { method: 'POST', url: 'Basic' } },
      entry,
    ]);
    expect([answer.status, answer.json.issue[0].expression[0]]).toEqual([
      status,
      expect.stringMatching(/^Bundle\.entry\[1\]/),
    ]);
    expect(await count('code=undone')).toBe(0);
  });
});
