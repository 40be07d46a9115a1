// Batch and transaction: https://hl7.org/fhir/R4/http.html#transaction
import { type HereResponse, type HereServer, startHere } from '../../support/here.js';

let server: HereServer;
beforeAll(async () => {
  server = await startHere();
});
afterAll(() => server.stop());

interface Answer {
  readonly resource?: { readonly resourceType: string; readonly id: string; readonly [element: string]: unknown };
  readonly response: {
    readonly status: string;
    readonly location?: string;
    readonly etag?: string;
    readonly lastModified?: string;
    readonly outcome?: Outcome;
  };
}
interface Outcome {
  readonly resourceType: 'OperationOutcome';
  readonly issue: readonly {
    readonly code: string;
    readonly diagnostics: string;
    readonly expression?: readonly string[];
  }[];
}

const send = (type: string, entry: readonly object[], headers: Record<string, string> = {}): Promise<HereResponse> =>
  server.request('admin', '', { body: { resourceType: 'Bundle', type, entry }, headers });
const transaction = (entry: readonly object[], headers: Record<string, string> = {}): Promise<HereResponse> =>
  send('transaction', entry, headers);
const answers = ({ json }: HereResponse): readonly Answer[] => json.entry as Answer[];
const statuses = (answer: HereResponse): string[] => answers(answer).map(({ response }) => response.status);
const basic = (text: string, more: object = {}): object => ({ resourceType: 'Basic', code: { text }, ...more });
const coded = (code: string, more: object = {}): object => ({
  resourceType: 'Basic',
  code: { coding: [{ system: 'http://example.org/c', code }] },
  ...more,
});
const by = (method: string, url: string, more: object = {}): { request: object } => ({
  request: { method, url, ...more },
});
const uuid = (last: number): string => `urn:uuid:00000000-0000-4000-8000-${String(last).padStart(12, '0')}`;
const placeOf = (answer: Answer): string => /[A-Z]\w+\/[^/]+(?=\/_history)/.exec(answer.response.location!)![0];
const count = async (query: string): Promise<number> =>
  (await server.request('admin', `${query}&_summary=count`)).json.total as number;
const audited = async (): Promise<number> => {
  const { rows } = await server.running.services.pool.query(
    `select count(*)::int as n from audit where action = 'delete' and outcome = 4`,
  );
  return (rows[0] as { n: number }).n;
};
const issueOf = (answer: HereResponse) => (answer.json as Outcome).issue[0]!;

describe('a transaction', () => {
  test('answers each entry in its place, without the resources unless they are asked for', async () => {
    await server.request('admin', 'Basic/t-old', { method: 'PUT', body: basic('old', { id: 't-old' }) });
    const entries = [
      by('GET', 'Basic/t-put'),
      { resource: basic('post'), ...by('POST', 'Basic') },
      { resource: basic('put', { id: 't-put' }), ...by('PUT', 'Basic/t-put') },
      by('DELETE', 'Basic/t-old'),
      by('GET', 'Basic?_id=t-put,t-old&_total=accurate'),
    ];
    const answer = await transaction(entries);
    expect([answer.status, answer.json.type, statuses(answer)]).toEqual([
      200,
      'transaction-response',
      ['200', '201', '201', '204', '200'],
    ]);
    expect(server.running.services.validator.validate(answer.json)).toEqual([]);
    const [read, posted, put, , found] = answers(answer);
    expect([read!.resource?.id, posted!.resource, put!.resource, found!.resource?.['total']]).toEqual([
      't-put',
      undefined,
      undefined,
      1,
    ]);
    expect(posted!.response).toMatchObject({
      etag: 'W/"1"',
      location: expect.stringContaining(`${server.base}/Basic/`),
      lastModified: expect.stringMatching(/^\d{4}-/),
    });
    await server.request('admin', 'Basic/t-old', { method: 'PUT', body: basic('old', { id: 't-old' }) });
    const full = await transaction(entries.slice(1, 4), { prefer: 'return=representation' });
    expect(answers(full).map(({ resource }) => resource?.resourceType)).toEqual(['Basic', 'Basic', undefined]);
  });

  test('puts literal references in the place of fullUrls: in references, uris, narratives, contained resources, and of what comes later', async () => {
    const [patient, group] = [uuid(1), uuid(2)];
    const div = `<div xmlns="http://www.w3.org/1999/xhtml"><a href="${patient}">Ola</a> urn ${patient}</div>`;
    const answer = await transaction(
      [
        {
          fullUrl: group,
          resource: {
            resourceType: 'Group',
            type: 'person',
            actual: true,
            text: { status: 'generated', div },
            contained: [{ resourceType: 'Basic', id: 'c', code: { text: 'x' }, subject: { reference: patient } }],
            characteristic: [{ code: { text: 'x' }, valueReference: { reference: '#c' }, exclude: false }],
            extension: [
              { url: 'http://example.org/u', valueUri: patient },
              { url: 'http://example.org/s', valueString: patient },
            ],
            member: [{ entity: { reference: patient } }],
          },
          ...by('POST', 'Group'),
        },
        {
          fullUrl: patient,
          resource: { resourceType: 'Patient', link: [{ other: { reference: uuid(3) }, type: 'seealso' }] },
          ...by('POST', 'Patient'),
        },
        { fullUrl: uuid(3), resource: { resourceType: 'Patient', id: 't-linked' }, ...by('PUT', 'Patient/t-linked') },
      ],
      { prefer: 'return=representation' },
    );
    const [first, second] = answers(answer);
    const literal = placeOf(second!);
    const text = JSON.stringify(first!.resource);
    expect(text.split(`"${literal}"`).length - 1).toBe(3);
    expect(text).toContain(`<a href=\\"${literal}\\">Ola</a> urn ${patient}`);
    expect(text).toContain(`"valueString":"${patient}"`);
    expect(second!.resource!['link']).toEqual([{ other: { reference: 'Patient/t-linked' }, type: 'seealso' }]);
  });

  test('reads relative references by the fullUrl of their entry', async () => {
    const answer = await transaction(
      [
        {
          fullUrl: 'http://elsewhere.example/fhir/Patient/77',
          resource: { resourceType: 'Patient' },
          ...by('POST', 'Patient'),
        },
        {
          fullUrl: 'http://elsewhere.example/fhir/Basic/78',
          resource: basic('x', { subject: { reference: 'Patient/77' } }),
          ...by('POST', 'Basic'),
        },
        {
          fullUrl: 'http://another.example/fhir/Basic/79',
          resource: basic('x', { subject: { reference: 'Patient/77' } }),
          ...by('POST', 'Basic'),
        },
      ],
      { prefer: 'return=representation' },
    );
    const [patient, same, other] = answers(answer);
    expect([same!.resource!['subject'], other!.resource!['subject']]).toEqual([
      { reference: placeOf(patient!) },
      { reference: 'Patient/77' },
    ]);
  });

  test('deletes first, then creates, then updates, then reads, in whatever order the entries stand', async () => {
    await server.request('admin', 'Basic/t-order', { method: 'PUT', body: coded('order', { id: 't-order' }) });
    const answer = await transaction([
      by('GET', 'Basic?code=http://example.org/c|order'),
      { resource: coded('order', { id: 't-order-2' }), ...by('PUT', 'Basic/t-order-2') },
      // Finds nothing only once the deletion is done and the PUT is not.
      { resource: coded('order'), ...by('POST', 'Basic', { ifNoneExist: 'code=http://example.org/c|order' }) },
      by('DELETE', 'Basic/t-order'),
    ]);
    expect(statuses(answer)).toEqual(['200', '201', '201', '204']);
    expect((answers(answer)[0]!.resource!['entry'] as object[]).length).toBe(2);
  });

  test('has operations at its end, of which none may change anything', async () => {
    const parameters = (list: readonly object[]): object => ({ resourceType: 'Parameters', parameter: list });
    const url = 'http://example.org/ValueSet/in-transaction';
    const valueSet = {
      resourceType: 'ValueSet',
      url,
      status: 'active',
      compose: { include: [{ system: 'http://example.org/s', concept: [{ code: 'a' }] }] },
    };
    const expand = { resource: parameters([{ name: 'url', valueUri: url }]), ...by('POST', 'ValueSet/$expand') };
    const answer = await transaction([expand, { resource: valueSet, ...by('POST', 'ValueSet') }]);
    expect(statuses(answer)).toEqual(['200', '201']);
    expect(answers(answer)[0]!.resource!['expansion']).toMatchObject({ total: 1 });
    const tag = { resource: parameters([{ name: 'meta', valueMeta: { tag: [{ code: 'x' }] } }]) };
    for (const [change, method] of [
      ['Basic/x/$meta-add', 'POST'],
      ['$reindex', 'POST'],
    ] as const) {
      const refused = await transaction([
        { resource: coded('beside'), ...by('POST', 'Basic') },
        { ...tag, ...by(method, change) },
      ]);
      expect([refused.status, issueOf(refused).expression]).toEqual([405, ['Bundle.entry[1].request.url']]);
    }
    expect(await count('Basic?code=beside')).toBe(0);
  });

  test('with If-None-Exist makes one, and lets others refer to the one that there is', async () => {
    const entries = [
      {
        fullUrl: uuid(1),
        resource: { resourceType: 'Patient', identifier: [{ system: 'http://example.org/id', value: 'one' }] },
        ...by('POST', 'Patient', { ifNoneExist: 'identifier=http://example.org/id|one' }),
      },
      { resource: basic('x', { subject: { reference: uuid(1) } }), ...by('POST', 'Basic') },
    ];
    const first = await transaction(entries, { prefer: 'return=representation' });
    const second = await transaction(entries, { prefer: 'return=representation' });
    expect([statuses(first), statuses(second)]).toEqual([
      ['201', '201'],
      ['200', '201'],
    ]);
    expect(placeOf(answers(second)[0]!)).toBe(placeOf(answers(first)[0]!));
    expect(answers(second)[0]!.resource).toEqual(answers(first)[0]!.resource);
    expect(answers(second)[1]!.resource!['subject']).toEqual({ reference: placeOf(answers(first)[0]!) });
  });

  test('with the same If-None-Exist twice makes one for both', async () => {
    const entry = (last: number) => ({
      fullUrl: uuid(last),
      resource: coded('twice'),
      ...by('POST', 'Basic', { ifNoneExist: 'code=twice' }),
    });
    const answer = await transaction(
      [
        entry(1),
        entry(2),
        {
          resource: basic('x', {
            extension: [{ url: 'http://example.org/r', valueReference: { reference: uuid(2) } }],
          }),
          ...by('POST', 'Basic'),
        },
      ],
      { prefer: 'return=representation' },
    );
    expect(statuses(answer)).toEqual(['201', '200', '201']);
    expect(await count('Basic?code=twice')).toBe(1);
    expect(JSON.stringify(answers(answer)[2]!.resource)).toContain(`"${placeOf(answers(answer)[0]!)}"`);
  });

  test('resolves conditional references by searching', async () => {
    await server.request('admin', 'Practitioner/t-doc', {
      method: 'PUT',
      body: {
        resourceType: 'Practitioner',
        id: 't-doc',
        identifier: [{ system: 'http://example.org/id', value: 'doc' }],
      },
    });
    const entry = (value: string) => [
      {
        resource: basic('x', { author: { reference: `Practitioner?identifier=http://example.org/id|${value}` } }),
        ...by('POST', 'Basic'),
      },
    ];
    const answer = await transaction(entry('doc'), { prefer: 'return=representation' });
    expect(answers(answer)[0]!.resource!['author']).toEqual({ reference: 'Practitioner/t-doc' });
    const unknown = await transaction(entry('nobody'));
    expect([unknown.status, issueOf(unknown).code, issueOf(unknown).expression]).toEqual([
      412,
      'not-found',
      ['Bundle.entry[0]'],
    ]);
    await server.request('admin', 'Practitioner', {
      body: { resourceType: 'Practitioner', identifier: [{ system: 'http://example.org/id', value: 'doc' }] },
    });
    expect(issueOf(await transaction(entry('doc'))).code).toBe('multiple-matches');
  });

  test('with If-Match in an entry changes only the version that it names', async () => {
    await server.request('admin', 'Basic/t-match', { method: 'PUT', body: basic('1', { id: 't-match' }) });
    const put = (ifMatch: string) => ({
      resource: basic('2', { id: 't-match' }),
      ...by('PUT', 'Basic/t-match', { ifMatch }),
    });
    const stale = await transaction([{ resource: coded('stale'), ...by('POST', 'Basic') }, put('W/"7"')]);
    expect([stale.status, issueOf(stale).expression]).toEqual([412, ['Bundle.entry[1].resource.meta.versionId']]);
    expect(await count('Basic?code=stale')).toBe(0);
    expect(statuses(await transaction([put('W/"1"')]))).toEqual(['200']);
    expect((await transaction([by('DELETE', 'Basic/t-match', { ifMatch: 'W/"1"' })])).status).toBe(412);
  });

  test('with the deletion of what never was goes through, and the attempt is in the audit log', async () => {
    const before = await audited();
    const answer = await transaction([
      by('DELETE', 'Basic/t-never'),
      { resource: coded('beside'), ...by('POST', 'Basic') },
    ]);
    expect(statuses(answer)).toEqual(['204', '201']);
    expect(statuses(await transaction([by('DELETE', 'Basic/t-never')]))).toEqual(['204']);
    expect((await audited()) - before).toBe(2);
    const twice = await transaction([by('DELETE', 'Basic/t-never'), by('DELETE', 'Basic/t-never')]);
    expect(twice.status).toBe(400);
  });

  const good = { resource: coded('none'), ...by('POST', 'Basic') };
  test.each<[string, object, number, string]>([
    [
      'an invalid resource',
      { resource: { resourceType: 'Observation', code: { text: 'x' } }, ...by('POST', 'Observation') },
      400,
      'Bundle.entry[1].resource.status',
    ],
    [
      'an unknown element',
      { resource: basic('x', { subject: { ref: 'x' } }), ...by('POST', 'Basic') },
      400,
      'Bundle.entry[1].resource.subject.ref',
    ],
    [
      'another type than the URL',
      { resource: basic('x'), ...by('POST', 'Patient') },
      400,
      'Bundle.entry[1].resource.resourceType',
    ],
    ['no resource', by('POST', 'Basic'), 400, 'Bundle.entry[1].resource'],
    ['no request', { resource: basic('x') }, 400, 'Bundle.entry[1].request.method'],
    ['an unknown method', { resource: basic('x'), ...by('BREW', 'Basic') }, 400, 'Bundle.entry[1].request.method'],
    ['no url', { resource: basic('x'), request: { method: 'POST' } }, 400, 'Bundle.entry[1].request.url'],
    ['an unknown type', { resource: basic('x'), ...by('POST', 'Bazic') }, 400, 'Bundle.entry[1].request.url'],
    [
      'a url that cannot be read',
      { resource: basic('x'), ...by('PUT', 'Basic/%zz') },
      400,
      'Bundle.entry[1].request.url',
    ],
    [
      'another server',
      { resource: basic('x'), ...by('POST', 'http://elsewhere.example/fhir/Basic') },
      400,
      'Bundle.entry[1].request.url',
    ],
    ['PATCH with a resource', { resource: basic('x'), ...by('PATCH', 'Basic/1') }, 415, 'Bundle.entry[1].resource'],
    [
      'a conditional update without criteria',
      { resource: basic('x'), ...by('PUT', 'Basic?code=') },
      412,
      'Bundle.entry[1]',
    ],
    ['a conditional delete without criteria', by('DELETE', 'Basic'), 405, 'Bundle.entry[1].request.url'],
    [
      'an id other than in the url',
      { resource: basic('x', { id: 'b' }), ...by('PUT', 'Basic/a') },
      400,
      'Bundle.entry[1].resource.id',
    ],
    [
      'an identity number as an id',
      { resource: { resourceType: 'Patient' }, ...by('PUT', 'Patient/12834812019') },
      400,
      'Bundle.entry[1]',
    ],
    [
      'a deletion of a version of what never was',
      by('DELETE', 'Basic/t-never', { ifMatch: 'W/"1"' }),
      404,
      'Bundle.entry[1]',
    ],
    ['a read of what is not there', by('GET', 'Basic/t-never'), 404, 'Bundle.entry[1]'],
    ['a search that is not understood', by('GET', 'Basic?shoe-size=42'), 400, 'Bundle.entry[1]'],
    [
      'If-None-Exist without a criterion',
      { resource: basic('x'), ...by('POST', 'Basic', { ifNoneExist: 'code=' }) },
      412,
      'Bundle.entry[1]',
    ],
    [
      'If-None-Exist that is not understood',
      { resource: basic('x'), ...by('POST', 'Basic', { ifNoneExist: 'shoe-size=42' }) },
      400,
      'Bundle.entry[1]',
    ],
    ['null', null as unknown as object, 400, 'Bundle.entry[1]'],
  ])('with %s in an entry does nothing at all, and names the entry', async (_what, bad, status, expression) => {
    const answer = await transaction([good, bad]);
    expect([answer.status, (answer.json as Outcome).issue.flatMap((issue) => issue.expression ?? [])]).toEqual([
      status,
      expect.arrayContaining([expression]),
    ]);
    expect(answer.text).not.toContain('12834812019');
    expect(await count('Basic?code=none')).toBe(0);
  });

  test('that makes a patient and a referral of that patient at once goes through, and the referral has its Task', async () => {
    const code = { coding: [{ system: 'http://hjemmebro.no/fhir/CodeSystem/dho-service', code: 'dho' }] };
    const answer = await transaction([
      { fullUrl: uuid(1), resource: { resourceType: 'Patient' }, ...by('POST', 'Patient') },
      {
        resource: {
          resourceType: 'ServiceRequest',
          status: 'active',
          intent: 'order',
          code,
          subject: { reference: uuid(1) },
        },
        ...by('POST', 'ServiceRequest'),
      },
    ]);
    expect([answer.status, statuses(answer)]).toEqual([200, ['201', '201']]);
    expect(await count(`Task?focus=${placeOf(answers(answer)[1]!)}`)).toBe(1);
  });

  test('about a person who is not followed up at home leaves the worklist alone', async () => {
    const answer = await transaction([
      { fullUrl: uuid(1), resource: { resourceType: 'Patient' }, ...by('POST', 'Patient') },
      {
        resource: { resourceType: 'CarePlan', status: 'active', intent: 'plan', subject: { reference: uuid(1) } },
        ...by('POST', 'CarePlan'),
      },
      {
        resource: {
          resourceType: 'Observation',
          status: 'final',
          code: { text: 'x' },
          effectiveDateTime: '2026-03-01T08:00:00Z',
          valueInteger: 1,
          subject: { reference: uuid(1) },
        },
        ...by('POST', 'Observation'),
      },
    ]);
    expect(statuses(answer)).toEqual(['201', '201', '201']);
    expect(await count(`Task?patient=${placeOf(answers(answer)[0]!)}`)).toBe(0);
  });

  test('that changes one resource twice is refused', async () => {
    const put = { resource: basic('x', { id: 't-two' }), ...by('PUT', 'Basic/t-two') };
    const twice = await transaction([put, put]);
    expect([twice.status, issueOf(twice).expression]).toEqual([400, ['Bundle.entry[1].request.url']]);
    const both = await transaction([
      { ...good, fullUrl: uuid(1) },
      { ...good, fullUrl: uuid(1) },
    ]);
    expect([both.status, issueOf(both).expression]).toEqual([400, ['Bundle.entry[1].fullUrl']]);
  });

  test('without entries is carried out', async () => {
    for (const body of [
      { resourceType: 'Bundle', type: 'transaction' },
      { resourceType: 'Bundle', type: 'batch', entry: [] },
    ]) {
      const answer = await server.request('admin', '', { body });
      expect([answer.status, answer.json.type, answer.json.entry]).toEqual([200, `${body.type}-response`, undefined]);
    }
  });

  test('of five hundred entries is one commit', async () => {
    const entries = Array.from({ length: 500 }, (_, index) => ({
      fullUrl: uuid(index),
      resource: coded('many', {
        extension: [{ url: 'http://example.org/next', valueReference: { reference: uuid((index + 1) % 500) } }],
      }),
      ...by('POST', 'Basic'),
    }));
    const answer = await transaction(entries);
    expect(new Set(statuses(answer))).toEqual(new Set(['201']));
    expect(await count('Basic?code=many')).toBe(500);
    const places = answers(answer).map(placeOf);
    const last = await server.request('admin', places[499]!);
    expect(last.json.extension[0].valueReference.reference).toBe(places[0]);
  });
});

describe('a batch', () => {
  test('carries out each entry by itself, and says of each what became of it', async () => {
    const answer = await send('batch', [
      { resource: coded('batch'), ...by('POST', 'Basic') },
      { resource: { resourceType: 'Observation' }, ...by('POST', 'Observation') },
      by('GET', 'Basic/b-never'),
      { resource: basic('x', { id: 'b-put' }), ...by('PUT', 'Basic/b-put', { ifMatch: 'W/"3"' }) },
      by('GET', 'Basic?shoe-size=42'),
      by('PATCH', 'Basic/1'),
      by('GET', 'metadata?_summary=true'),
      { resource: { resourceType: 'Bundle', type: 'batch' }, ...by('POST', '') },
      { resource: coded('batch'), ...by('POST', 'Basic', { ifNoneExist: 'code=batch-of-nothing' }) },
      by('GET', 'Pasient/1'),
      by('GET', 'Patient/12834812019'),
      by('GET', 'Patient?identifier=urn:oid:2.16.578.1.12.4.1.4.1|12834812019'),
    ]);
    expect([answer.status, answer.json.type]).toEqual([200, 'batch-response']);
    expect(statuses(answer)).toEqual([
      '201',
      '400',
      '404',
      '412',
      '400',
      '400',
      '200',
      '400',
      '201',
      '404',
      '400',
      '200',
    ]);
    const outcomes = answers(answer).flatMap(({ response }, index) =>
      response.outcome === undefined ? [] : [[index, response.outcome.issue[0]!.expression?.[0]]],
    );
    expect(outcomes).toEqual([
      [1, 'Bundle.entry[1].resource.status'],
      ...[2, 3, 4, 5, 7, 9, 10].map((index) => [
        index,
        index === 3 ? 'Bundle.entry[3].resource' : `Bundle.entry[${index}]`,
      ]),
    ]);
    expect(answer.text).not.toContain('12834812019');
    expect(server.running.services.validator.validate(answer.json)).toEqual([]);
  });

  test('reads, searches and pages through what lies here, with the parameters of each URL', async () => {
    for (const version of ['1', '2', '3'])
      await server.request('admin', 'Basic/b-paged', { method: 'PUT', body: basic(version, { id: 'b-paged' }) });
    const answer = await send('batch', [
      by('GET', 'Basic/b-paged/_history?_count=2'),
      by('GET', 'Basic/b-paged/_history/1'),
      by('GET', 'Basic/b-paged?_elements=code'),
      by('GET', 'Basic/b-paged', { ifNoneMatch: 'W/"3"' }),
      by('HEAD', 'Basic/b-paged'),
      by('GET', `${server.base}/Basic?_id=b-paged`),
      by('GET', '/Basic?_id=b-paged&_count=1'),
    ]);
    const [history, version, part, unchanged, head, found] = answers(answer);
    expect(statuses(answer)).toEqual(['200', '200', '200', '304', '200', '200', '200']);
    expect((history!.resource!['entry'] as object[]).length).toBe(2);
    expect([version!.resource!['code'], part!.response.etag, unchanged!.resource, head!.response.etag]).toEqual([
      { text: '1' },
      'W/"3"',
      undefined,
      'W/"3"',
    ]);
    expect((found!.resource!['entry'] as object[]).length).toBe(1);
  });
});

test.each([
  ['a list that is none', { entry: {} }, 'Bundle.entry'],
  ['no type', { type: undefined }, 'Bundle.type'],
])('a Bundle with %s is refused', async (_what, more, expression) => {
  const answer = await server.request('admin', '', { body: { resourceType: 'Bundle', type: 'batch', ...more } });
  expect([answer.status, issueOf(answer).expression]).toEqual([400, [expression]]);
});
