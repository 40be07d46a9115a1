// What many clients do at the same time: decision 5 of the architecture (one lock order), decision 3 (one Patient per number).
import { type HereResponse, type HereServer, startHere } from '../../support/here.js';

let server: HereServer;
beforeAll(async () => {
  server = await startHere();
});
afterAll(() => server.stop());

const many = 50;
const parallel = <T>(count: number, work: (index: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, (_, index) => work(index)));
const tally = (answers: readonly HereResponse[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
};
const count = async (query: string): Promise<number> =>
  (await server.request('admin', `${query}&_summary=count`)).json.total as number;
const coded = (code: string, more: object = {}): object => ({
  resourceType: 'Basic',
  code: { coding: [{ system: 'http://example.org/c', code }] },
  ...more,
});
const fnrSystem = 'urn:oid:2.16.578.1.12.4.1.4.1';

test('fifty creates with one If-None-Exist make one resource, and all are told which', async () => {
  const answers = await parallel(many, () =>
    server.request('admin', 'Basic', {
      body: coded('once'),
      headers: { 'if-none-exist': 'code=http://example.org/c|once' },
    }),
  );
  expect(tally(answers)).toEqual({ 201: 1, 200: many - 1 });
  expect(new Set(answers.map(({ headers }) => headers.get('location'))).size).toBe(1);
  expect(await count('Basic?code=once')).toBe(1);
});

test('transactions with one If-None-Exist make one resource', async () => {
  const entry = [
    { resource: coded('once-in-all'), request: { method: 'POST', url: 'Basic', ifNoneExist: 'code=once-in-all' } },
  ];
  const answers = await parallel(20, () =>
    server.request('admin', '', { body: { resourceType: 'Bundle', type: 'transaction', entry } }),
  );
  expect(tally(answers)).toEqual({ 200: 20 });
  expect(answers.filter(({ json }) => json.entry[0].response.status === '201')).toHaveLength(1);
  expect(await count('Basic?code=once-in-all')).toBe(1);
});

const counter = (value: number, version?: string): Promise<HereResponse> =>
  server.request('admin', 'Basic/counter', {
    method: 'PUT',
    body: coded('counter', { id: 'counter', extension: [{ url: 'http://example.org/n', valueInteger: value }] }),
    headers: version === undefined ? {} : { 'if-match': version },
  });

test('of fifty updates of one version one is made, and the others are told', async () => {
  const made = await counter(0);
  expect(tally(await parallel(many, (index) => counter(index + 1, made.headers.get('etag')!)))).toEqual({
    200: 1,
    412: many - 1,
  });
});

test('of fifty updates by ten clients that read, add one and write with If-Match, none is lost', async () => {
  const first = await counter(0);
  await parallel(10, async () => {
    for (let left = 5; left > 0; ) {
      const { json, headers } = await server.request('admin', 'Basic/counter');
      const answer = await counter((json.extension[0].valueInteger as number) + 1, headers.get('etag')!);
      expect([200, 412]).toContain(answer.status);
      if (answer.status === 200) left -= 1;
    }
  });
  const { json } = await server.request('admin', 'Basic/counter');
  expect([json.extension[0].valueInteger, Number(json.meta.versionId)]).toEqual([
    many,
    Number(first.json.meta.versionId) + many,
  ]);
  const history = await server.request('admin', `Basic/counter/_history?_count=${many + 1}`);
  const values = (history.json.entry as { resource: { extension: { valueInteger: number }[] } }[]).map(
    ({ resource }) => resource.extension[0]!.valueInteger,
  );
  expect(values).toEqual(Array.from({ length: many + 1 }, (_, index) => many - index));
});

test('updates of one id that is new make it once, and every one is a version', async () => {
  const answers = await parallel(20, (index) =>
    server.request('admin', 'Basic/born', {
      method: 'PUT',
      body: coded('born', { id: 'born', extension: [{ url: 'http://example.org/n', valueInteger: index }] }),
    }),
  );
  expect(tally(answers)).toEqual({ 201: 1, 200: 19 });
  expect(new Set(answers.map(({ headers }) => headers.get('etag'))).size).toBe(20);
  expect((await server.request('admin', 'Basic/born/_history')).json.total).toBe(20);
});

test('deletes and updates of one resource at once give whole versions', async () => {
  await server.request('admin', 'Basic/both', { method: 'PUT', body: coded('both', { id: 'both' }) });
  const answers = await parallel(20, (index) =>
    index % 2 === 0
      ? server.request('admin', 'Basic/both', { method: 'DELETE' })
      : server.request('admin', 'Basic/both', { method: 'PUT', body: coded('both', { id: 'both' }) }),
  );
  for (const { status } of answers) expect([200, 201, 204]).toContain(status);
  const { json } = await server.request('admin', 'Basic/both/_history');
  const entries = json.entry as { response: { etag: string } }[];
  expect(entries.map(({ response }) => response.etag)).toEqual(
    Array.from({ length: json.total as number }, (_, index) => `W/"${(json.total as number) - index}"`),
  );
});

test('transactions over the same rows in every order do not block each other for good', async () => {
  const ids = ['x1', 'x2', 'x3', 'x4', 'x5', 'x6'];
  for (const id of ids) await server.request('admin', `Basic/${id}`, { method: 'PUT', body: coded('x', { id }) });
  const answers = await parallel(30, (index) => {
    const turned = [...ids.slice(index % 6), ...ids.slice(0, index % 6)];
    const order = index % 2 === 0 ? turned : turned.reverse();
    const entry = order.map((id) => ({ resource: coded('x', { id }), request: { method: 'PUT', url: `Basic/${id}` } }));
    return server.request('admin', '', { body: { resourceType: 'Bundle', type: 'transaction', entry } });
  });
  expect(tally(answers)).toEqual({ 200: 30 });
  for (const id of ids) expect((await server.request('admin', `Basic/${id}`)).json.meta.versionId).toBe('31');
});

test('transactions that make rows which others make too, with patients in every order, all go through', async () => {
  for (const id of ['p1', 'p2', 'p3'])
    await server.request('admin', `Patient/${id}`, { method: 'PUT', body: { resourceType: 'Patient', id } });
  const answers = await parallel(24, (index) => {
    const patients = index % 2 === 0 ? ['p1', 'p2', 'p3'] : ['p3', 'p2', 'p1'];
    const entry = patients.map((patient, place) => {
      const id = `obs-${(index + place) % 5}`;
      return {
        resource: {
          resourceType: 'Observation',
          id,
          status: 'final',
          code: { text: 'x' },
          subject: { reference: `Patient/${patient}` },
        },
        request: { method: 'PUT', url: `Observation/${id}` },
      };
    });
    return server.request('admin', '', { body: { resourceType: 'Bundle', type: 'transaction', entry } });
  });
  expect(tally(answers)).toEqual({ 200: 24 });
});

test('of Patients with one national number at the same time one is made, and the others are told of the conflict', async () => {
  const patient = { resourceType: 'Patient', identifier: [{ system: fnrSystem, value: '12834812019' }] };
  const answers = await parallel(20, () => server.request('admin', 'Patient', { body: patient }));
  expect(tally(answers)).toEqual({ 201: 1, 409: 19 });
  for (const { text } of answers.filter(({ status }) => status === 409)) expect(text).not.toContain('12834812019');
  const conditional = await parallel(20, () =>
    server.request('admin', 'Patient', {
      body: patient,
      headers: { 'if-none-exist': `identifier=${fnrSystem}|12834812019` },
    }),
  );
  expect(tally(conditional)).toEqual({ 200: 20 });
});

test('hundreds of creates at once are all kept, each once', async () => {
  const answers = await parallel(300, () => server.request('admin', 'Basic', { body: coded('load') }));
  expect(tally(answers)).toEqual({ 201: 300 });
  expect(await count('Basic?code=load')).toBe(300);
});

test('whoever hangs up in the middle of a request harms nobody', async () => {
  const token = await server.token('admin');
  await parallel(20, async (index) => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), index);
    await fetch(`${server.base}/Basic`, {
      method: 'POST',
      body: JSON.stringify(coded('hang-up')),
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/fhir+json' },
      signal: controller.signal,
    }).catch(() => undefined);
  });
  expect((await server.request('admin', 'Basic?code=hang-up')).status).toBe(200);
});
