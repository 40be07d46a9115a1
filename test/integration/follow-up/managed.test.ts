import { bundle, managedResources } from './managed-resources.js';
import { activeReferral, type Fhir, type Followed, organisation, own, stageFor } from './stage.js';

const stage = stageFor('2026-03-02T07:00:00Z');
let person: Followed;
let stored: Map<string, Fhir>;
beforeAll(async () => {
  ({ person, stored } = await managedResources(stage));
  const { reference, plan } = person;
  const request = await stage.created(
    'hospital',
    activeReferral({ subject: { reference }, requester: organisation('310000027') }),
  );
  const [flag] = await stage.search(`Flag?patient=${reference}&status=active`);
  const [provenance] = await stage.search(`Provenance?target=CarePlan/${plan}`);
  for (const resource of [request, flag, provenance]) stored.set(resource.resourceType, resource);
  const [approval] = await stage.tasks(person, 'approve');
  stored.set('approval', approval);
});

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
          body: bundle('transaction', { resource: body, request: { method: 'PUT', url: place } }),
        }),
        named,
      );
      const batch = await stage.as(client, '', {
        method: 'POST',
        body: bundle('batch', { resource: body, request: { method: 'PUT', url: place } }),
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
          body: bundle('transaction', { request: { method: 'DELETE', url: `${resourceType}/${id}` } }),
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
