import type { DemoClientId } from '../../../src/config/demo.js';
import { type NotificationSink, openSink, until } from '../../support/notification-sink.js';
import { activeReferral, expectStatus, type Fhir, organisation, ruleSet, stageFor } from '../follow-up/stage.js';

const guide = 'http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/';
const r5 = 'http://hl7.org/fhir/5.0/StructureDefinition/extension-SubscriptionTopic.';
const stage = stageFor(new Date().toISOString());
let sink: NotificationSink;
beforeAll(async () => void (sink = await openSink()));
afterAll(() => sink.close());

const typeUri = (type: string): object => ({
  url: 'resource',
  valueUri: `http://hl7.org/fhir/StructureDefinition/${type}`,
});
const trigger = (type: string, ...parts: object[]): object => ({
  url: `${r5}resourceTrigger`,
  extension: [typeUri(type), ...parts],
});
const on = (valueCode: string): object => ({ url: 'supportedInteraction', valueCode });
const filter = (type: string, valueString: string): object => ({
  url: `${r5}canFilterBy`,
  extension: [typeUri(type), { url: 'filterParameter', valueString }],
});
const own = (name: string): string => `http://example.org/topic/${name}`;
const topic = (name: string, ...parts: object[]): Fhir => ({
  resourceType: 'Basic',
  code: { coding: [{ system: 'http://hl7.org/fhir/fhir-types', code: 'SubscriptionTopic' }] },
  extension: [{ url: `${r5}url`, valueUri: own(name) }, { url: `${r5}version`, valueString: '1.0' }, ...parts],
});
const inactive = topic(
  'inactive',
  trigger('Organization', on('create'), on('update'), {
    url: 'queryCriteria',
    extension: [
      { url: 'previous', valueString: 'Organization?active=true' },
      { url: 'resultForCreate', valueCode: 'test-fails' },
      { url: 'current', valueString: 'active=false' },
      { url: 'requireBoth', valueBoolean: true },
    ],
  }),
  filter('Organization', 'name'),
);
const subscription = (criteria: string, hook: string, ...filters: string[]): Fhir => ({
  resourceType: 'Subscription',
  status: 'requested',
  reason: 'test',
  criteria,
  _criteria: {
    extension: filters.map((valueString) => ({ url: `${guide}backport-filter-criteria`, valueString })),
  },
  channel: {
    type: 'rest-hook',
    endpoint: `${sink.url}/${hook}`,
    payload: 'application/fhir+json',
    _payload: { extension: [{ url: `${guide}backport-payload-content`, valueCode: 'full-resource' }] },
  },
});
const bare = (resource: Fhir): Fhir => {
  const { _criteria, ...rest } = resource;
  return _criteria.extension.length === 0 ? rest : resource;
};
const post = (client: DemoClientId, resource: Fhir) =>
  stage.as(client, resource.resourceType, {
    body: resource.resourceType === 'Subscription' ? bare(resource) : resource,
  });
const status = async (client: DemoClientId, id: string) => (await stage.as(client, `Subscription/${id}`)).json;
const subscribed = async (client: DemoClientId, resource: Fhir): Promise<string> => {
  const { id } = expectStatus(await post(client, resource), 201).json;
  await until(async () => (await status(client, id)).status === 'active', 'active');
  return id;
};
const organization = async (name: string, active = true): Promise<Fhir> =>
  expectStatus(await stage.as('admin', 'Organization', { body: { resourceType: 'Organization', name, active } }), 201)
    .json;
const changed = async (resource: Fhir, more: object): Promise<void> =>
  void expectStatus(
    await stage.as('admin', `${resource.resourceType}/${resource.id}`, {
      method: 'PUT',
      body: { ...resource, ...more },
    }),
    200,
  );
const told = (hook: string): string[] => sink.events(`/${hook}`).map(({ body }) => body.entry[1].resource.name);

test('a topic that the administrator writes is served at once: versions compared, filters held, listed', async () => {
  const { id } = expectStatus(await post('admin', inactive), 201).json;
  await subscribed('hospital', subscription(`${own('inactive')}|1.0`, 'all'));
  await subscribed('hospital', subscription(own('inactive'), 'north', 'Organization?name=Nord'));
  await organization('Born inactive', false);
  const south = await organization('Sør');
  const north = await organization('Nord');
  await changed(south, { active: false });
  await changed(north, { name: 'Nord og ned' });
  await changed(north, { name: 'Nord', active: false });
  await changed(north, { name: 'Nord', active: false, alias: ['N'] });
  await until(() => told('all').length === 2 && told('north').length === 1, 'three notifications');
  expect(told('all')).toEqual(['Sør', 'Nord']);
  const declared = (await stage.as('gp', 'metadata')).json.rest[0].resource.find(
    (one: Fhir) => one.type === 'Subscription',
  );
  expect(declared.extension.map((one: Fhir) => one.valueCanonical)).toContain(own('inactive'));
  expect((await stage.as('gp', `Basic/${id}`)).status).toBe(200);
});

test('a topic that is retired puts its subscriptions into error, with the reason', async () => {
  const made = expectStatus(
    await post('municipality', topic('short-lived', trigger('Organization', on('create')))),
    201,
  ).json;
  const id = await subscribed('municipality', subscription(own('short-lived'), 'short'));
  await organization('Før');
  await until(() => told('short').length === 1, 'the first');
  const retired = { ...made, modifierExtension: [{ url: `${r5}status`, valueCode: 'retired' }] };
  expectStatus(await stage.as('municipality', `Basic/${made.id}`, { method: 'PUT', body: retired }), 200);
  await until(async () => (await status('municipality', id)).status === 'error', 'error');
  expect((await status('municipality', id)).error).toMatch(/There is no such topic here/);
  expectStatus(await post('municipality', subscription(own('short-lived'), 'x')), 422);
  // In use again, the subscription goes on when it is asked for.
  expectStatus(await stage.as('municipality', `Basic/${made.id}`, { method: 'PUT', body: made }), 200);
  await changed({ ...(await status('municipality', id)) }, { status: 'requested', error: undefined });
  await until(async () => (await status('municipality', id)).status === 'active', 'active again');
  await organization('Etter');
  await until(() => told('short').length === 2, 'the second');
  expect(told('short')).toEqual(['Før', 'Etter']);
});

test('a FHIRPath is asked about both versions', async () => {
  const path = { url: 'fhirPathCriteria', valueString: '%previous.empty() or %previous.name != %current.name' };
  expectStatus(await post('admin', topic('renamed', trigger('Organization', path))), 201);
  await subscribed('hospital', subscription(own('renamed'), 'renamed'));
  const one = await organization('Gammel');
  await changed(one, { alias: ['G'] });
  await changed(one, { name: 'Ny' });
  await until(() => told('renamed').length === 2, 'two');
  expect(told('renamed')).toEqual(['Gammel', 'Ny']);
});

test.each([
  ['no trigger', [], 'Basic.extension', /needs a trigger/],
  ['a type that there is not', [trigger('Nonsense', on('create'))], 'Basic.extension[2]', /./],
  ['a deletion', [trigger('Organization', on('delete'))], 'Basic.extension[2]', /deletions are told to nobody/],
  [
    'criteria that other resources answer',
    [
      trigger('Organization', {
        url: 'queryCriteria',
        extension: [{ url: 'current', valueString: 'partof.name=x' }],
      }),
    ],
    'Basic.extension[2]',
    /Chained/,
  ],
  [
    'a path that cannot be read',
    [trigger('Organization', { url: 'fhirPathCriteria', valueString: '((' })],
    'Basic.extension[2]',
    /FHIRPath/,
  ],
  [
    'a filter by no parameter of the type',
    [trigger('Organization'), filter('Organization', 'colour')],
    'Basic.extension[3]',
    /./,
  ],
  [
    'an include',
    [
      trigger('Organization'),
      { url: `${r5}notificationShape`, extension: [typeUri('Organization'), { url: 'include', valueString: 'x' }] },
    ],
    'Basic.extension[3]',
    /no include/,
  ],
  [
    'a URL that is in use',
    [{ url: `${r5}url`, valueUri: own('inactive') }, trigger('Organization')],
    'Basic.extension',
    /Another topic has this URL/,
  ],
  [
    'a URL of the server’s own',
    [{ url: `${r5}url`, valueUri: 'http://hjemmebro.no/fhir/SubscriptionTopic/alert-opened' }, trigger('Organization')],
    'Basic.extension',
    /comes with the server/,
  ],
])('%s is refused with the element and the reason', async (_, parts, element, reason) => {
  const body = topic('refused', ...parts);
  if (parts.some((part) => (part as Fhir).url === `${r5}url`)) body.extension.shift();
  if (element === 'Basic.extension' && parts.length > 1) body.extension.reverse();
  const answer = expectStatus(await post('admin', body), 422);
  expect(answer.json.issue[0].expression).toEqual([element]);
  expect(answer.json.issue[0].diagnostics).toMatch(reason);
});

test('a draft is kept, and not served', async () => {
  const draft = { ...topic('draft'), modifierExtension: [{ url: `${r5}status`, valueCode: 'draft' }] };
  expectStatus(await post('admin', draft), 201);
  expectStatus(await post('admin', subscription(own('draft'), 'x')), 422);
});

test('nobody but the controller and the administrator writes one, and nobody those of the server', async () => {
  for (const client of ['hospital', 'gp'] as const)
    expect([client, (await post(client, topic('theirs', trigger('Organization')))).status]).toEqual([client, 403]);
  const mine = (await stage.as('admin', 'Basic/topic-alert-opened')).json;
  for (const client of ['hospital', 'municipality', 'admin'] as const) {
    const change = { method: 'PUT', body: { ...mine, language: 'nb' } };
    const answers = [
      await stage.as(client, 'Basic/topic-alert-opened', change),
      await stage.as(client, 'Basic/topic-alert-opened', { method: 'DELETE' }),
    ];
    const refused = client === 'hospital' ? 403 : 422;
    expect([client, ...answers.map((answer) => answer.status)]).toEqual([client, refused, refused]);
  }
});

test('referrals, stays, changed plans, ended services and failed messages are told of by the topics of the server', async () => {
  const person = await stage.followed(ruleSet(['spo2'], ['spo2-zone']));
  const topics = [
    'referral-received',
    'referral-answered',
    'patient-admitted',
    'patient-discharged',
    'plan-changed',
    'service-ended',
    'message-failed',
  ];
  for (const name of topics)
    await subscribed('municipality', subscription(`http://hjemmebro.no/fhir/SubscriptionTopic/${name}`, name));
  const other = await stage.patient();
  const requester = organisation('310000027');
  const referral = await stage.created(
    'hospital',
    activeReferral({ subject: { reference: other.reference }, requester }),
  );
  expectStatus(await stage.operation('municipality', `ServiceRequest/${referral.id}/$accept`), 200);
  const stay = await stage.created('hospital', {
    resourceType: 'Encounter',
    status: 'in-progress',
    class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'IMP' },
    subject: { reference: other.reference },
    serviceProvider: requester,
  });
  const left = { ...stay, status: 'finished' };
  expectStatus(await stage.as('hospital', `Encounter/${stay.id}`, { method: 'PUT', body: left }), 200);
  const revised = expectStatus(
    await stage.operation('municipality', `CarePlan/${person.plan}/$revise`, { note: 'Nye grenser' }),
    200,
  ).json;
  expectStatus(await stage.approved({ id: revised.id, version: revised.meta.versionId }), 200);
  const ending = { reason: 'Målet er nådd' };
  expectStatus(await stage.operation('municipality', `EpisodeOfCare/${person.episode}/$end`, ending), 200);
  await stage.created('admin', {
    resourceType: 'Task',
    status: 'requested',
    intent: 'order',
    code: { coding: [{ system: 'http://hjemmebro.no/fhir/CodeSystem/dho-task-code', code: 'message-failed' }] },
    for: { reference: person.reference },
  });
  const of = (hook: string): Fhir[] => sink.events(`/${hook}`).map(({ body }) => body.entry[1].resource);
  await until(() => topics.every((name) => of(name).length > 0), 'each of them');
  expect(of('referral-received').map(({ id }) => id)).toEqual([referral.id]);
  expect(of('referral-answered').map(({ focus, status }) => [focus.reference, status])).toEqual([
    [`ServiceRequest/${referral.id}`, 'accepted'],
  ]);
  expect(of('patient-admitted').map(({ id, status }) => [id, status])).toEqual([[stay.id, 'in-progress']]);
  expect(of('patient-discharged').map(({ id, status }) => [id, status])).toEqual([[stay.id, 'finished']]);
  expect(of('plan-changed').map(({ resourceType }) => resourceType)).toContain('CarePlan');
  expect(of('service-ended').map(({ id, status }) => [id, status])).toEqual([[person.episode, 'finished']]);
  expect(of('message-failed').map(({ resourceType }) => resourceType)).toEqual(['Task']);
});
