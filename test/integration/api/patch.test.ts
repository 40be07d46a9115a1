// https://hl7.org/fhir/R4/http.html#patch
import { type HereResponse, type HereServer, startHere } from '../../support/here.js';

let server: HereServer;
beforeAll(async () => {
  server = await startHere();
});
afterAll(() => server.stop());

const observation =
  '{"resourceType":"Observation","status":"final","code":{"text":"x"},"valueQuantity":{"value":1.0,"unit":"kg"},"note":[{"text":"a"}]}';
const create = async (): Promise<string> =>
  (await server.request('admin', 'Observation', { body: observation })).json.id as string;
const patch = (at: string, operations: unknown, headers: Record<string, string> = {}): Promise<HereResponse> =>
  server.request('admin', at, {
    method: 'PATCH',
    body: operations,
    headers: { 'content-type': 'application/json-patch+json', ...headers },
  });
const version = async (id: string): Promise<string> =>
  (await server.request('admin', `Observation/${id}`)).json.meta.versionId as string;
const binary = (operations: unknown): object => ({
  resourceType: 'Binary',
  contentType: 'application/json-patch+json',
  data: Buffer.from(JSON.stringify(operations)).toString('base64'),
});
const bundle = (type: string, entry: readonly object[]): Promise<HereResponse> =>
  server.request('admin', '', { body: { resourceType: 'Bundle', type, entry } });

test('a patch makes the next version, with every decimal as it was written', async () => {
  const id = await create();
  const answer = await patch(
    `Observation/${id}`,
    '[{"op":"replace","path":"/status","value":"amended"},{"op":"add","path":"/referenceRange","value":[{"low":{"value":0.50}}]}]',
  );
  expect([answer.status, answer.headers.get('etag'), answer.json.status]).toEqual([200, 'W/"2"', 'amended']);
  expect(answer.text).toContain('"value":1.0,');
  expect(answer.text).toContain('{"value":0.50}');
  expect((await server.request('admin', `Observation/${id}`)).text).toBe(answer.text);
  expect((await server.request('admin', `Observation?_id=${id}&status=amended&_summary=count`)).json.total).toBe(1);
});

test('where the last item of a list goes, the element goes', async () => {
  const id = await create();
  const answer = await patch(`Observation/${id}`, [{ op: 'remove', path: '/note/0' }]);
  expect([answer.status, 'note' in answer.json]).toEqual([200, false]);
});

test.each([
  ['a test that fails', [{ op: 'test', path: '/status', value: 'registered' }], 422],
  ['a path that is not there', [{ op: 'remove', path: '/method' }], 422],
  ['another id', [{ op: 'replace', path: '/id', value: 'x' }], 422],
  ['another type', [{ op: 'replace', path: '/resourceType', value: 'Basic' }], 422],
  ['nothing left', [{ op: 'remove', path: '' }], 422],
  ['a result that is not valid', [{ op: 'remove', path: '/status' }], 422],
  ['an element that is not known', [{ op: 'add', path: '/shoeSize', value: 1 }], 422],
  ['no list', { op: 'remove', path: '/note' }, 400],
  ['an unknown op', [{ op: 'grow', path: '/note' }], 400],
  ['no JSON', '[', 400],
])('%s is refused, and nothing is changed', async (_what, operations, status) => {
  const id = await create();
  const answer = await patch(`Observation/${id}`, operations);
  expect([answer.status, answer.json.resourceType]).toEqual([status, 'OperationOutcome']);
  expect(await version(id)).toBe('1');
});

test('what is not there, was deleted, or is no id is not found', async () => {
  const id = await create();
  await server.request('admin', `Observation/${id}`, { method: 'DELETE' });
  for (const at of [id, 'never', 'a,b', 'x'.repeat(100)])
    expect([at, (await patch(`Observation/${at}`, [])).status]).toEqual([at, 404]);
});

test('the body must be a patch by its type', async () => {
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/octet-stream'])
    expect((await patch('Observation/x', [], { 'content-type': type })).status).toBe(415);
});

test('with If-Match only that version is patched', async () => {
  const id = await create();
  const change = [{ op: 'replace', path: '/status', value: 'amended' }];
  expect((await patch(`Observation/${id}`, change, { 'if-match': 'W/"2"' })).status).toBe(412);
  expect((await patch(`Observation/${id}`, change, { 'if-match': 'W/"1"' })).status).toBe(200);
});

test('patches that come at once all count', async () => {
  const id = await create();
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      patch(`Observation/${id}`, [{ op: 'add', path: '/note/-', value: { text: String(index) } }]),
    ),
  );
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  expect((await server.request('admin', `Observation/${id}`)).json.note).toHaveLength(21);
});

test('a conditional patch changes the one that matches', async () => {
  const tagged = { resourceType: 'Basic', code: { coding: [{ code: 'p-one' }] } };
  const id = (await server.request('admin', 'Basic', { body: tagged })).json.id as string;
  const change = [{ op: 'add', path: '/code/text', value: 'x' }];
  const answer = await patch('Basic?code=p-one', change);
  expect([answer.status, answer.json.id, answer.json.code.text]).toEqual([200, id, 'x']);
  expect((await patch('Basic?code=p-none', change)).status).toBe(404);
  expect((await patch('Basic', change)).status).toBe(412);
  await server.request('admin', 'Basic', { body: tagged });
  expect((await patch('Basic?code=p-one', change)).status).toBe(412);
});

test('in a Bundle a Binary holds the patch', async () => {
  const id = await create();
  const entry = {
    resource: binary([{ op: 'replace', path: '/status', value: 'amended' }]),
    request: { method: 'PATCH', url: `Observation/${id}` },
  };
  const conditional = {
    resource: binary([{ op: 'replace', path: '/status', value: 'corrected' }]),
    request: { method: 'PATCH', url: `Observation?_id=${id}` },
  };
  expect((await bundle('transaction', [entry])).json.entry[0].response).toMatchObject({ status: '200', etag: 'W/"2"' });
  expect((await bundle('batch', [conditional])).json.entry[0].response).toMatchObject({ status: '200', etag: 'W/"3"' });
  expect((await bundle('transaction', [conditional])).json.entry[0].response).toMatchObject({
    status: '200',
    etag: 'W/"4"',
  });
  expect((await bundle('transaction', [entry, conditional])).status).toBe(400);
  const failing = {
    resource: binary([{ op: 'test', path: '/status', value: 'final' }]),
    request: { method: 'PATCH', url: `Observation/${id}` },
  };
  const answer = await bundle('transaction', [
    {
      resource: { resourceType: 'Basic', code: { coding: [{ code: 'p-undone' }] } },
      request: { method: 'POST', url: 'Basic' },
    },
    failing,
  ]);
  expect([answer.status, answer.json.issue[0].expression[0]]).toEqual([
    422,
    expect.stringMatching(/^Bundle\.entry\[1\]/),
  ]);
  expect((await server.request('admin', 'Basic?code=p-undone&_summary=count')).json.total).toBe(0);
});

test("a Subscription's secrets survive a patch, and no test shows them", async () => {
  const subscription = {
    resourceType: 'Subscription',
    status: 'requested',
    reason: 'x',
    criteria: 'Observation?code=1',
    channel: {
      type: 'rest-hook',
      endpoint: 'http://127.0.0.1:9/hook',
      payload: 'application/fhir+json',
      header: ['Authorization: Bearer abc'],
    },
  };
  const made = await server.request('admin', 'Subscription', { body: subscription });
  expect([made.status, made.text]).toEqual([201, expect.not.stringContaining('Bearer abc')]);
  const id = made.json.id as string;
  expect(
    (await patch(`Subscription/${id}`, [{ op: 'test', path: '/channel/header/0', value: 'Authorization: Bearer abc' }]))
      .status,
  ).toBe(422);
  const answer = await patch(`Subscription/${id}`, [{ op: 'replace', path: '/reason', value: 'y' }]);
  expect([answer.status, answer.json.channel.header]).toEqual([200, ['Authorization: ***']]);
});

test('who has no relation to the patient cannot patch, nor tell that there is something', async () => {
  const patient = (await server.request('admin', 'Patient', { body: { resourceType: 'Patient' } })).json.id as string;
  const id = (
    await server.request('admin', 'Observation', {
      body: { ...(JSON.parse(observation) as object), subject: { reference: `Patient/${patient}` } },
    })
  ).json.id as string;
  const change = {
    method: 'PATCH',
    body: [{ op: 'replace', path: '/status', value: 'amended' }],
    headers: { 'content-type': 'application/json-patch+json' },
  };
  const [there, nowhere] = [
    await server.request('hospital', `Observation/${id}`, change),
    await server.request('hospital', 'Observation/never', change),
  ];
  expect([there.status, there.json.issue]).toEqual([nowhere.status, nowhere.json.issue]);
  expect(await version(id)).toBe('1');
});
