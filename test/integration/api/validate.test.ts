// https://hl7.org/fhir/R4/resource-operation-validate.html, https://hl7.org/fhir/R4/resource-operation-meta.html
import { type HereResponse, type HereServer, startHere } from '../../support/here.js';

let server: HereServer;
beforeAll(async () => {
  server = await startHere();
});
afterAll(() => server.stop());

const basic = (more: object = {}): object => ({ resourceType: 'Basic', code: { text: 'x' }, ...more });
const create = async (more: object = {}): Promise<string> =>
  (await server.request('admin', 'Basic', { body: basic(more) })).json.id as string;
const parameters = (...parameter: object[]): object => ({ resourceType: 'Parameters', parameter });
const severities = ({ json }: HereResponse): string[] =>
  (json.issue as { severity: string }[]).map(({ severity }) => severity);

describe('$validate', () => {
  const body = (mode: string, resource?: object): object =>
    parameters({ name: 'mode', valueCode: mode }, ...(resource === undefined ? [] : [{ name: 'resource', resource }]));

  test('says that a valid resource is valid, and names what is wrong with another', async () => {
    const good = await server.request('admin', 'Basic/$validate', { body: basic() });
    expect([good.status, good.json.resourceType, severities(good)]).toEqual([200, 'OperationOutcome', ['information']]);
    const bad = await server.request('admin', 'Observation/$validate', {
      body: { resourceType: 'Observation', status: 'done', shoeSize: 42 },
    });
    expect(bad.status).toBe(200);
    expect(bad.json.issue.flatMap((issue: { expression?: string[] }) => issue.expression ?? [])).toEqual(
      expect.arrayContaining(['Observation.status', 'Observation.code', 'Observation.shoeSize']),
    );
    const inside = await server.request('admin', 'Observation/$validate', {
      body: parameters({ name: 'resource', resource: { resourceType: 'Observation', status: 'final' } }),
    });
    expect([inside.status, inside.json.issue[0].expression]).toEqual([200, ['Observation.code']]);
  });

  test('looks at a stored resource, and at what is to take its place', async () => {
    const id = await create();
    const at = `Basic/${id}/$validate`;
    expect(severities(await server.request('admin', at))).toEqual(['information']);
    expect(severities(await server.request('admin', at, { body: body('delete') }))).toEqual(['information']);
    expect(severities(await server.request('admin', at, { body: body('update', basic({ id })) }))).toEqual([
      'information',
    ]);
    expect(severities(await server.request('admin', at, { body: body('update', basic({ id: 'x' })) }))).toEqual([
      'error',
    ]);
    expect((await server.request('admin', 'Basic/never/$validate')).status).toBe(404);
    expect((await server.request('admin', `Basic/${id}/_history`)).json.total).toBe(1);
  });

  test.each([
    ['a resource of another type', 'Basic/$validate', { resourceType: 'Patient' }, ['error']],
    ['an update without id', 'Basic/$validate', body('update', basic()), ['error']],
    ['a profile', 'Basic/$validate?profile=http://example.org/p', basic(), ['warning']],
  ])('judges %s', async (_what, at, content, expected) => {
    expect(severities(await server.request('admin', at, { body: content }))).toEqual(expected);
  });

  test('tells a caller what it may not store', async () => {
    const answer = await server.request('gp', 'Organization/$validate', {
      body: body('create', { resourceType: 'Organization', name: 'x' }),
    });
    expect([answer.status, answer.json.issue[0].code]).toEqual([200, 'forbidden']);
  });

  test.each([
    ['no resource', 'Basic/$validate', {}, 400],
    ['an unknown mode', 'Basic/$validate', { body: parameters({ name: 'mode', valueCode: 'think' }) }, 400],
    ['no JSON', 'Basic/$validate', { body: '{' }, 400],
    ['a deletion of nothing', 'Basic/$validate', { body: parameters({ name: 'mode', valueCode: 'delete' }) }, 400],
    ['parameters that are no list', 'Basic/$validate', { body: '{"resourceType":"Parameters","parameter":1}' }, 400],
    ['a resource that is text', 'Basic/$validate?resource=x', {}, 200],
  ])('of %s is answered', async (_what, at, init, status) => {
    const answer = await server.request('admin', at, { method: 'POST', ...init });
    expect([answer.status, answer.json.resourceType]).toEqual([status, 'OperationOutcome']);
  });
});

describe('$meta', () => {
  const tag = { system: 'http://example.org/t', code: 'a' };
  const label = { system: 'http://example.org/s', code: 'b' };
  const metaOf = (answer: HereResponse): Record<string, unknown> =>
    answer.json.parameter[0].valueMeta as Record<string, unknown>;
  const change = (id: string, name: string, value: object): Promise<HereResponse> =>
    server.request('admin', `Basic/${id}/$${name}`, { body: parameters({ name: 'meta', valueMeta: value }) });

  test('shows, adds and removes labels; each change is a version', async () => {
    const id = await create({ meta: { tag: [tag] } });
    expect(metaOf(await server.request('admin', `Basic/${id}/$meta`))).toMatchObject({ versionId: '1', tag: [tag] });
    const added = await change(id, 'meta-add', {
      tag: [{ ...tag, display: 'again' }],
      security: [label],
      profile: ['http://example.org/p'],
    });
    expect([added.status, metaOf(added)]).toEqual([
      200,
      expect.objectContaining({ versionId: '2', tag: [tag], security: [label], profile: ['http://example.org/p'] }),
    ]);
    expect(
      (await server.request('admin', `Basic?_id=${id}&_security=http://example.org/s|b&_summary=count`)).json.total,
    ).toBe(1);
    const same = await change(id, 'meta-add', { tag: [tag] });
    expect(metaOf(same)['versionId']).toBe('2');
    const removed = metaOf(await change(id, 'meta-delete', { tag: [tag], security: [label, { code: 'never' }] }));
    expect([removed['versionId'], removed['tag'], removed['security'], removed['profile']]).toEqual([
      '3',
      undefined,
      undefined,
      ['http://example.org/p'],
    ]);
  });

  test('is refused without a Meta, for nothing that is there, and to who may not see it', async () => {
    const id = await create();
    expect(
      (await server.request('admin', `Basic/${id}/$meta-add`, { body: parameters({ name: 'x', valueString: 'y' }) }))
        .status,
    ).toBe(400);
    expect((await change('never', 'meta-add', { tag: [tag] })).status).toBe(404);
    expect((await server.request('admin', 'Basic/never/$meta')).status).toBe(404);
    expect((await server.request('admin', `Basic/${id}/$meta-add`)).status).toBe(405);
    const patient = (await server.request('admin', 'Patient', { body: { resourceType: 'Patient' } })).json.id as string;
    expect((await server.request('gp', `Patient/${patient}/$meta`)).status).toBe(404);
    expect(
      (
        await server.request('hospital', `Patient/${patient}/$meta-add`, {
          body: parameters({ name: 'meta', valueMeta: { tag: [tag] } }),
        })
      ).status,
    ).toBe(404);
  });
});
