import { type Followed, openStage, organisation, own, reading, ruleSet, type Stage, type Fhir } from './stage.js';

let stage: Stage;
let person: Followed;
const stored = new Map<string, Fhir>();
beforeAll(async () => {
  stage = await openStage('2026-03-02T07:00:00Z');
  person = await stage.followed(ruleSet(['spo2'], ['spo2-zone']));
  await stage.created('device', reading('spo2', 80, { patient: person.reference, at: '2026-03-02T07:00:00Z' }));
  const [alert] = (await stage.alerts(person)).filter(({ colour }) => colour === 'red');
  const request = await stage.created('hospital', {
    resourceType: 'ServiceRequest',
    status: 'active',
    intent: 'order',
    code: { coding: [{ system: 'http://hjemmebro.no/fhir/CodeSystem/dho-service', code: '103' }] },
    subject: { reference: person.reference },
    requester: organisation('310000027'),
  });
  const [approval] = await stage.tasks(person, 'approve');
  const [flag] = await stage.search(`Flag?patient=${person.reference}&status=active`);
  const [provenance] = await stage.search(`Provenance?target=CarePlan/${person.plan}`);
  const one = async (place: string) => (await stage.as('municipality', place)).json;
  for (const resource of [
    alert!.issue,
    alert!.task,
    request,
    flag,
    provenance,
    await one(`CarePlan/${person.plan}`),
    await one(`EpisodeOfCare/${person.episode}`),
  ])
    stored.set(resource.resourceType, resource);
  stored.set('approval', approval);
});
afterAll(() => stage.stop());

/** What is stored, which element is changed to what, and the operation that the refusal names. */
const changes: readonly [string, string, unknown, RegExp][] = [
  ['CarePlan', 'status', 'revoked', /\$approve/],
  ['CarePlan', 'title', 'En annen', /\$apply/],
  ['CarePlan', 'activity', [], /\$apply/],
  ['CarePlan', 'extension', [], /\$approve|\$apply/],
  ['CarePlan', 'subject', { reference: 'Patient/another' }, /CarePlan/],
  ['DetectedIssue', 'status', 'final', /\$close/],
  ['DetectedIssue', 'severity', 'low', /module/],
  ['DetectedIssue', 'implicated', [{ reference: 'Observation/another' }], /module/],
  ['DetectedIssue', 'extension', [], /module/],
  ['Task', 'status', 'completed', /\$close/],
  ['Task', 'status', 'cancelled', /\$close/],
  ['Task', 'priority', 'routine', /module/],
  ['Task', 'restriction', { period: { end: '2030-01-01' } }, /module/],
  ['Task', 'owner', { reference: 'Organization/another' }, /\$delegate/],
  ['approval', 'status', 'rejected', /\$approve|\$reject/],
  ['EpisodeOfCare', 'status', 'finished', /\$end/],
  ['EpisodeOfCare', 'status', 'onhold', /\$pause/],
  [
    'EpisodeOfCare',
    'extension',
    [{ url: own('dho-pause'), extension: [{ url: 'mode', valueCode: 'all' }] }],
    /\$pause/,
  ],
  ['EpisodeOfCare', 'type', undefined, /module/],
  ['ServiceRequest', 'status', 'completed', /\$accept/],
  ['Flag', 'status', 'inactive', /module/],
  [
    'Flag',
    'code',
    { coding: [{ system: 'http://hjemmebro.no/fhir/CodeSystem/dho-flag', code: 'zone-green' }] },
    /module/,
  ],
  ['Provenance', 'recorded', '2020-01-01T00:00:00Z', /module/],
];

const refused = (answer: { status: number; text: string }, named: RegExp): void => {
  expect({ status: answer.status, text: answer.text }).toMatchObject({ status: 422 });
  expect(answer.text).toMatch(named);
};
const changed = (name: string, element: string, value: unknown): Fhir => {
  const { [element]: _, ...rest } = stored.get(name);
  return value === undefined || (Array.isArray(value) && value.length === 0) ? rest : { ...rest, [element]: value };
};

describe.each(['municipality', 'admin'] as const)('by the %s client', (client) => {
  test.each(changes)(
    '%s.%s is not changed to %j by PUT, alone or in a transaction',
    async (name, element, value, named) => {
      const body = changed(name, element, value);
      const place = `${body.resourceType}/${body.id}`;
      const before = (await stage.as('municipality', place)).text;
      refused(await stage.as(client, place, { method: 'PUT', body }), named);
      refused(
        await stage.as(client, '', {
          method: 'POST',
          body: {
            resourceType: 'Bundle',
            type: 'transaction',
            entry: [{ resource: body, request: { method: 'PUT', url: place } }],
          },
        }),
        named,
      );
      const batch = await stage.as(client, '', {
        method: 'POST',
        body: {
          resourceType: 'Bundle',
          type: 'batch',
          entry: [{ resource: body, request: { method: 'PUT', url: place } }],
        },
      });
      expect(batch.json.entry[0].response.status).toMatch(/^422/);
      expect((await stage.as('municipality', place)).text).toBe(before);
    },
  );

  test.each(['CarePlan', 'DetectedIssue', 'Task', 'approval', 'EpisodeOfCare', 'ServiceRequest', 'Flag', 'Provenance'])(
    '%s is not deleted, alone or in a transaction',
    async (name) => {
      const { resourceType, id } = stored.get(name);
      refused(await stage.as(client, `${resourceType}/${id}`, { method: 'DELETE' }), /follow-up module/);
      refused(
        await stage.as(client, '', {
          method: 'POST',
          body: {
            resourceType: 'Bundle',
            type: 'transaction',
            entry: [{ request: { method: 'DELETE', url: `${resourceType}/${id}` } }],
          },
        }),
        /follow-up module/,
      );
      expect((await stage.as('municipality', `${resourceType}/${id}`)).status).toBe(200);
    },
  );
});

test('what is not protected stays ordinary FHIR: a note on the Task, and taking it', async () => {
  const task = (await stage.as('municipality', `Task/${stored.get('Task').id}`)).json;
  const noted = await stage.as('municipality', `Task/${task.id}`, {
    method: 'PUT',
    body: { ...task, status: 'in-progress', note: [{ text: 'Ringer nå' }] },
  });
  expect(noted.status).toBe(200);
});

test.each([
  [
    'CarePlan',
    {
      status: 'draft',
      intent: 'plan',
      extension: [{ url: own('dho-approval'), extension: [{ url: 'state', valueCode: 'approved' }] }],
    },
  ],
  [
    'EpisodeOfCare',
    {
      status: 'active',
      type: [{ coding: [{ system: 'http://hjemmebro.no/fhir/CodeSystem/dho-service', code: '103' }] }],
      managingOrganization: organisation('310000019'),
    },
  ],
  ['DetectedIssue', { status: 'preliminary', identifier: [{ system: 'http://hjemmebro.no/fhir/alert', value: 'x' }] }],
  [
    'Task',
    { status: 'requested', intent: 'order', identifier: [{ system: 'http://hjemmebro.no/fhir/worklist', value: 'x' }] },
  ],
])('a new %s that claims what only the module gives is refused', async (resourceType, content) => {
  const about = { CarePlan: 'subject', EpisodeOfCare: 'patient', DetectedIssue: 'patient', Task: 'for' }[resourceType]!;
  expect(
    (
      await stage.as('municipality', resourceType, {
        body: { resourceType, ...content, [about]: { reference: person.reference } },
      })
    ).status,
  ).toBe(422);
});
