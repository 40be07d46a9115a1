// Interactions on one resource: https://hl7.org/fhir/R4/http.html
import { type HereServer, startHere } from '../../support/here.js';

let server: HereServer;
beforeAll(async () => {
  server = await startHere();
});
afterAll(() => server.stop());

const basic = (text: string, more: object = {}): object => ({ resourceType: 'Basic', code: { text }, ...more });
const create = async (text: string): Promise<string> =>
  (await server.request('admin', 'Basic', { body: basic(text) })).json.id as string;
const put = (id: string, text: string, headers: Record<string, string> = {}) =>
  server.request('admin', `Basic/${id}`, { method: 'PUT', body: basic(text, { id }), headers });
const remove = (id: string, headers: Record<string, string> = {}) =>
  server.request('admin', `Basic/${id}`, { method: 'DELETE', headers });
const read = (id: string, headers: Record<string, string> = {}, more = '') =>
  server.request('admin', `Basic/${id}${more}`, { headers });

describe('create', () => {
  test('answers 201 with the place, the version and the time of the new resource', async () => {
    const before = Math.floor(Date.now() / 1000) * 1000;
    const answer = await server.request('admin', 'Basic', {
      body: basic('a', {
        id: 'not-mine',
        meta: { versionId: '77', lastUpdated: '1999-01-01T00:00:00Z', profile: ['http://example.org/p'] },
      }),
    });
    const { id, meta } = answer.json as {
      id: string;
      meta: { versionId: string; lastUpdated: string; profile: string[] };
    };
    expect(answer.status).toBe(201);
    expect(id).not.toBe('not-mine');
    expect([meta.versionId, meta.profile]).toEqual(['1', ['http://example.org/p']]);
    expect(answer.headers.get('location')).toBe(`${server.base}/Basic/${id}/_history/1`);
    expect(answer.headers.get('etag')).toBe('W/"1"');
    const modified = Date.parse(answer.headers.get('last-modified')!);
    expect(modified).toBeGreaterThanOrEqual(before);
    expect(modified).toBe(Math.floor(Date.parse(meta.lastUpdated) / 1000) * 1000);
  });

  test.each([
    ['return=minimal', ''],
    ['return=representation', 'Basic'],
    ['return=OperationOutcome', 'OperationOutcome'],
    ['respond-async, return=minimal', ''],
    ['return="minimal"', ''],
    ['return=something-else', 'Basic'],
  ])('with Prefer: %s answers a body of type "%s"', async (prefer, type) => {
    const created = await server.request('admin', 'Basic', { body: basic('a'), headers: { prefer } });
    expect([created.status, created.json?.resourceType ?? '']).toEqual([201, type]);
    const id = /Basic\/([^/]+)/.exec(created.headers.get('location')!)![1]!;
    const updated = await put(id, 'b', { prefer });
    expect([updated.status, updated.json?.resourceType ?? '', updated.headers.get('etag')]).toEqual([
      200,
      type,
      'W/"2"',
    ]);
  });

  test('with If-None-Exist makes one, finds it the next time, and refuses where two match', async () => {
    const criteria = 'code=http://example.org/q?a=1|once';
    const body = { resourceType: 'Basic', code: { coding: [{ system: 'http://example.org/q?a=1', code: 'once' }] } };
    const make = (headers: Record<string, string>) => server.request('admin', 'Basic', { body, headers });
    const first = await make({ 'if-none-exist': criteria });
    const second = await make({ 'if-none-exist': `Basic?${criteria}` });
    const third = await make({ 'if-none-exist': `?${criteria}`, prefer: 'return=minimal' });
    expect([first.status, second.status, third.status]).toEqual([201, 200, 200]);
    expect(second.text).toBe(first.text);
    expect(third.text).toBe('');
    for (const answer of [second, third]) {
      expect(answer.headers.get('location')).toBe(first.headers.get('location'));
      expect(answer.headers.get('etag')).toBe('W/"1"');
    }
    await make({});
    const ambiguous = await make({ 'if-none-exist': criteria });
    expect([ambiguous.status, ambiguous.json.issue[0].code]).toEqual([412, 'multiple-matches']);
  });
});

describe('read', () => {
  test('gives the stored text with its version and time, to HEAD all but the text', async () => {
    const created = await server.request('admin', 'Basic', { body: basic('æøå 🫁') });
    const id = created.json.id as string;
    const answer = await read(id);
    expect([answer.status, answer.text, answer.headers.get('etag')]).toEqual([200, created.text, 'W/"1"']);
    expect(answer.headers.get('cache-control')).toBe('private, no-cache');
    const head = await server.request('admin', `Basic/${id}`, { method: 'HEAD' });
    expect([head.status, head.text]).toEqual([200, '']);
    for (const name of ['etag', 'last-modified', 'content-type', 'content-length'])
      expect([name, head.headers.get(name)]).toEqual([name, answer.headers.get(name)]);
    expect(Number(answer.headers.get('content-length'))).toBe(Buffer.byteLength(answer.text));
    expect((await read(id, {}, '?_pretty=true')).text).toBe(JSON.stringify(answer.json, null, 2));
  });

  test('answers 304 without a body to whoever has the version already', async () => {
    const id = await create('a');
    await put(id, 'b');
    const modified = (await read(id)).headers.get('last-modified')!;
    const earlier = new Date(Date.parse(modified) - 1000).toUTCString();
    const cases: readonly [Record<string, string>, number][] = [
      [{ 'if-none-match': 'W/"2"' }, 304],
      [{ 'if-none-match': '"2"' }, 304],
      [{ 'if-none-match': '*' }, 304],
      [{ 'if-none-match': 'W/"1", W/"2"' }, 304],
      [{ 'if-none-match': 'W/"1"' }, 200],
      [{ 'if-none-match': 'nonsense' }, 200],
      [{ 'if-modified-since': modified }, 304],
      [{ 'if-modified-since': earlier }, 200],
      [{ 'if-modified-since': 'no date' }, 200],
      [{ 'if-none-match': 'W/"1"', 'if-modified-since': modified }, 200],
    ];
    for (const [headers, status] of cases) {
      const answer = await read(id, headers);
      expect([headers, answer.status, answer.text === '']).toEqual([headers, status, status === 304]);
      if (status === 304) expect(answer.headers.get('etag')).toBe('W/"2"');
    }
  });

  test('shows a part of the resource where _summary or _elements asks for it', async () => {
    const observation = {
      resourceType: 'Observation',
      status: 'final',
      code: { text: 'x' },
      text: { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml">x</div>' },
      note: [{ text: 'n' }],
      valueQuantity: { value: 1 },
    };
    const { id } = (await server.request('admin', 'Observation', { body: observation })).json as { id: string };
    const elements = async (query: string): Promise<string[]> =>
      Object.keys((await server.request('admin', `Observation/${id}?${query}`)).json as object).sort();
    const always = ['id', 'meta', 'resourceType'];
    expect(await elements('_elements=value,note')).toEqual([
      'code',
      ...always.slice(0, 2),
      'note',
      'resourceType',
      'status',
      'valueQuantity',
    ]);
    expect(await elements('_summary=true')).toEqual(['code', 'id', 'meta', 'resourceType', 'status', 'valueQuantity']);
    expect(await elements('_summary=data')).toEqual([
      'code',
      'id',
      'meta',
      'note',
      'resourceType',
      'status',
      'valueQuantity',
    ]);
    expect(await elements('_summary=text')).toEqual(['code', 'id', 'meta', 'resourceType', 'status', 'text']);
    expect(await elements('_summary=false')).toHaveLength(8);
    expect((await server.request('admin', `Observation/${id}?_elements=note`)).json.meta.tag[0].code).toBe('SUBSETTED');
  });
});

describe('update', () => {
  test('makes the next version; with If-Match only of the version that it names', async () => {
    const id = await create('a');
    expect((await put(id, 'b')).headers.get('etag')).toBe('W/"2"');
    expect((await put(id, 'c', { 'if-match': 'W/"2"' })).headers.get('etag')).toBe('W/"3"');
    for (const stale of ['W/"2"', '"1"', 'W/"4"'])
      expect([stale, (await put(id, 'd', { 'if-match': stale })).status]).toEqual([stale, 412]);
    const now = await read(id);
    expect([now.json.code.text, now.json.meta.versionId]).toEqual(['c', '3']);
  });

  test('makes the resource where there is none, under the id of the client', async () => {
    const made = await put('of-my-own.1', 'a');
    expect([made.status, made.headers.get('location'), made.json.id]).toEqual([
      201,
      `${server.base}/Basic/of-my-own.1/_history/1`,
      'of-my-own.1',
    ]);
    expect((await put('of-my-own.1', 'b')).status).toBe(200);
  });

  test('with If-Match does not make a resource', async () => {
    expect((await put('never-there', 'a', { 'if-match': 'W/"1"' })).status).toBe(412);
    expect((await put('never-there', 'a', { 'if-match': '*' })).status).toBe(412);
    expect((await read('never-there')).status).toBe(404);
  });

  test('with If-Match: * changes what is there, whatever its version', async () => {
    const id = await create('a');
    expect((await put(id, 'b', { 'if-match': '*' })).headers.get('etag')).toBe('W/"2"');
  });
});

describe('delete', () => {
  test('answers 204, again too; then the resource is gone, its versions stay, and it can come back', async () => {
    const id = await create('a');
    const removed = await remove(id);
    expect([removed.status, removed.text, removed.headers.get('etag')]).toEqual([204, '', 'W/"2"']);
    expect((await remove(id)).headers.get('etag')).toBe('W/"2"');
    expect([(await read(id)).status, (await read(id, {}, '/_history/2')).status]).toEqual([410, 410]);
    expect((await read(id, {}, '/_history/1')).json.code.text).toBe('a');
    expect((await server.request('admin', `Basic?_id=${id}`)).json.entry).toBeUndefined();
    const back = await put(id, 'b');
    expect([back.status, back.headers.get('etag')]).toEqual([201, 'W/"3"']);
    expect((await read(id)).json.code.text).toBe('b');
  });

  test('with If-Match removes only the version that it names', async () => {
    const id = await create('a');
    await put(id, 'b');
    expect((await remove(id, { 'if-match': 'W/"1"' })).status).toBe(412);
    expect((await read(id)).status).toBe(200);
    expect((await remove(id, { 'if-match': 'W/"2"' })).status).toBe(204);
  });
});

describe('vread and history', () => {
  interface HistoryEntry {
    readonly fullUrl: string;
    readonly resource?: { readonly meta: { readonly versionId: string } };
    readonly request: { readonly method: string; readonly url: string };
    readonly response: { readonly status: string; readonly etag: string };
  }

  test('every version is read as it was, and the history names what was done', async () => {
    const id = await create('a');
    const texts = [(await read(id)).text, (await put(id, 'b')).text];
    for (const [index, text] of texts.entries()) expect((await read(id, {}, `/_history/${index + 1}`)).text).toBe(text);
    await remove(id);
    await put(id, 'c');
    const { json } = await read(id, {}, '/_history');
    expect([json.type, json.total]).toEqual(['history', 4]);
    expect(
      (json.entry as HistoryEntry[]).map((entry) => [
        entry.request.method,
        entry.response.status,
        entry.response.etag,
        entry.resource?.meta.versionId,
      ]),
    ).toEqual([
      ['PUT', '201', 'W/"4"', '4'],
      ['DELETE', '204', 'W/"3"', undefined],
      ['PUT', '200', 'W/"2"', '2'],
      ['POST', '201', 'W/"1"', '1'],
    ]);
    expect(server.running.services.validator.validate(json)).toEqual([]);
  });

  test('a first version under the id of the client was a PUT', async () => {
    await put('mine', 'a');
    expect((await read('mine', {}, '/_history')).json.entry[0].request).toEqual({ method: 'PUT', url: 'Basic/mine' });
  });

  test('is paged, every version once, and the links lead to the end', async () => {
    const id = await create('1');
    for (let version = 2; version <= 7; version += 1) await put(id, String(version));
    const seen: string[] = [];
    let url: string | undefined = `Basic/${id}/_history?_count=3`;
    let pages = 0;
    while (url !== undefined) {
      const { json } = await server.request('admin', url);
      pages += 1;
      seen.push(...(json.entry as HistoryEntry[]).map((entry) => entry.resource!.meta.versionId));
      const links = json.link as { relation: string; url: string }[];
      if (pages === 1)
        expect(links[0]).toEqual({ relation: 'self', url: `${server.base}/Basic/${id}/_history?_count=3` });
      url = links.find((link) => link.relation === 'next')?.url.slice(server.base.length + 1);
    }
    expect([pages, seen]).toEqual([3, ['7', '6', '5', '4', '3', '2', '1']]);
  });

  test('gives only what came since an instant', async () => {
    const id = await create('1');
    await new Promise((resolve) => setTimeout(resolve, 5));
    const second = (await put(id, '2')).json.meta.lastUpdated as string;
    const { json } = await read(id, {}, `/_history?_since=${encodeURIComponent(second)}`);
    expect((json.entry as HistoryEntry[]).map((entry) => entry.resource!.meta.versionId)).toEqual(['2']);
    expect((await read(id, {}, '/_history?_since=2999-01-01T00:00:00Z')).json.entry).toBeUndefined();
    expect((await read(id, {}, '/_history?_count=0')).json).toMatchObject({ total: 2 });
  });
});

test('decimals come back as they were written, through every interaction', async () => {
  const literals = ['1.0', '0.10', '12345678901234567.890123456789', '1.50E+2', '-0.000', '100', '0.30000000000000004'];
  const text = `{"resourceType":"Basic","code":{"text":"n"},"extension":[${literals.map((one) => `{"url":"http://example.org/n","valueDecimal":${one}}`).join(',')}]}`;
  const found = (body: string): string[] => [...body.matchAll(/"valueDecimal":([^},]+)/g)].map((match) => match[1]!);
  const created = await server.request('admin', 'Basic', { body: text });
  const id = created.json.id as string;
  const entry = (request: string): string =>
    `{"resourceType":"Bundle","type":"transaction","entry":[{"resource":${text},"request":${request}}]}`;
  const prefer = { prefer: 'return=representation' };
  const bodies = {
    created: created.text,
    read: (await read(id)).text,
    pretty: (await read(id, {}, '?_pretty=true')).text.replaceAll(': ', ':').replaceAll(/\s+/g, ''),
    vread: (await read(id, {}, '/_history/1')).text,
    history: (await read(id, {}, '/_history')).text,
    search: (await server.request('admin', `Basic?_id=${id}`)).text,
    elements: (await server.request('admin', `Basic?_id=${id}&_elements=extension`)).text,
    transaction: (
      await server.request('admin', '', { body: entry('{"method":"POST","url":"Basic"}'), headers: prefer })
    ).text,
    batch: (
      await server.request('admin', '', {
        body: entry('{"method":"POST","url":"Basic"}').replace('transaction', 'batch'),
        headers: prefer,
      })
    ).text,
    updated: (
      await server.request('admin', `Basic/${id}`, { method: 'PUT', body: text.replace('{', `{"id":"${id}",`) })
    ).text,
  };
  for (const [place, body] of Object.entries(bodies)) expect([place, found(body)]).toEqual([place, literals]);
});

test('of a type and of everything $meta tells the labels that are in use, as far as the caller may see them', async () => {
  const label = (code: string): object => ({ system: 'http://example.org/label', code });
  const labelled = async (type: string, content: object, meta: object): Promise<void> => {
    const { status } = await server.request('admin', type, { body: { resourceType: type, ...content, meta } });
    expect(status).toBe(201);
  };
  await labelled('Flag', flag, { tag: [label('a'), label('b')], profile: ['http://example.org/p'] });
  await labelled('Flag', flag, { tag: [label('a')], security: [label('s')] });
  await labelled('Linkage', linkage, { tag: [label('l')] });
  const used = async (at: string, client: 'admin' | 'gp' = 'admin') => {
    const { json } = await server.request(client, `${at}$meta`);
    return json.parameter?.[0].valueMeta;
  };
  expect(await used('Flag/')).toEqual({
    profile: ['http://example.org/p'],
    security: [label('s')],
    tag: [label('a'), label('b')],
  });
  expect((await used('')).tag).toEqual(expect.arrayContaining([label('a'), label('b'), label('l')]));
  expect(await used('Flag/', 'gp')).toBeUndefined();
  expect(await used('Schedule/')).toBeUndefined();
});
const flag = { status: 'active', code: { text: 'x' }, subject: { reference: 'Patient/nobody' } };
const linkage = {
  item: [
    { type: 'source', resource: { reference: 'Basic/x' } },
    { type: 'alternate', resource: { reference: 'Basic/y' } },
  ],
};

test('$versions tells the version of FHIR', async () => {
  const { json } = await server.request('admin', '$versions');
  expect(json.parameter).toEqual([
    { name: 'version', valueCode: '4.0' },
    { name: 'default', valueCode: '4.0' },
  ]);
});
