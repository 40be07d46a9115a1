import type { DemoClientId } from '../../../src/config/demo.js';
import { type NotificationSink, openSink, until } from '../../support/notification-sink.js';
import { expectStatus, type Fhir, type Followed, openStage, reading, ruleSet, type Stage } from '../follow-up/stage.js';

const guide = 'http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/';
const topicUrl = (name: string): string => `http://hjemmebro.no/fhir/SubscriptionTopic/${name}`;
let sink: NotificationSink;
let stage: Stage;
beforeAll(async () => {
  sink = await openSink();
  stage = await openStage(new Date().toISOString());
});
afterAll(async () => {
  await stage.stop();
  await sink.close();
});
beforeEach(() => {
  sink.received.length = 0;
  sink.answer = () => 200;
});

interface Wish {
  readonly content?: string;
  readonly filters?: readonly string[];
  readonly channel?: object;
  readonly extension?: readonly object[];
  readonly client?: DemoClientId;
}

const subscription = (topic: string, hook: string, wish: Wish = {}): Fhir => ({
  resourceType: 'Subscription',
  meta: { profile: [`${guide}backport-subscription`] },
  status: 'requested',
  reason: 'test',
  criteria: topicUrl(topic),
  ...(wish.filters === undefined
    ? {}
    : {
        _criteria: {
          extension: wish.filters.map((valueString) => ({ url: `${guide}backport-filter-criteria`, valueString })),
        },
      }),
  channel: {
    ...(wish.extension === undefined ? {} : { extension: wish.extension }),
    type: 'rest-hook',
    endpoint: `${sink.url}/${hook}`,
    payload: 'application/fhir+json',
    _payload: {
      extension: [{ url: `${guide}backport-payload-content`, valueCode: wish.content ?? 'full-resource' }],
    },
    ...wish.channel,
  },
});

async function subscribe(topic: string, hook: string, wish: Wish = {}): Promise<string> {
  const client = wish.client ?? 'municipality';
  const { id } = await stage.created(client, subscription(topic, hook, wish));
  await until(async () => (await stage.as(client, `Subscription/${id}`)).json.status === 'active', `${topic} active`);
  return id as string;
}

const spo2 = (person: Followed, value: number): Promise<Fhir> => {
  stage.clock.advance(1000);
  return stage.as('device', 'Observation', {
    body: reading('spo2', value, { patient: person.reference, at: stage.now() }),
  });
};
const parameter = (bundle: Fhir, name: string): Fhir =>
  bundle.entry[0].resource.parameter.find((one: Fhir) => one.name === name);
const eventsIn = (bundle: Fhir): Fhir[] =>
  bundle.entry[0].resource.parameter
    .filter((one: Fhir) => one.name === 'notification-event')
    .map((one: Fhir) =>
      Object.fromEntries(
        one.part.map((part: Fhir) => [
          part.name,
          part.valueString ?? part.valueInstant ?? part.valueReference.reference,
        ]),
      ),
    );
const told = (hook: string): Fhir[] => sink.events(`/${hook}`).map(({ body }) => body);

test('a subscription is greeted before it is active, and its events come as history Bundles with the status first', async () => {
  const person = await stage.followed(ruleSet(['spo2'], ['spo2-zone']));
  const id = await subscribe('measurement-received', 'first', { filters: [`Observation?patient=${person.reference}`] });
  const [handshake] = sink.received.filter(({ path }) => path === '/first');
  expect(handshake!.method).toBe('POST');
  expect(parameter(handshake!.body, 'type').valueCode).toBe('handshake');
  expect(parameter(handshake!.body, 'events-since-subscription-start').valueString).toBe('0');

  const made = (await spo2(person, 95)).json;
  await until(() => told('first').length === 1, 'a notification');
  const [notification] = sink.events('/first');
  expect(notification!.headers).toMatchObject({
    'content-type': expect.stringContaining('application/fhir+json'),
    'x-event-number': '1',
    'x-subscription-id': id,
  });
  const bundle = notification!.body;
  expect(bundle).toMatchObject({
    resourceType: 'Bundle',
    type: 'history',
    meta: { profile: [`${guide}backport-subscription-notification-r4`] },
    entry: [
      {
        resource: { resourceType: 'Parameters', meta: { profile: [`${guide}backport-subscription-status-r4`] } },
        request: { method: 'GET', url: `Subscription/${id}/$status` },
        response: { status: '200' },
      },
      {
        fullUrl: `${stage.server.base}/Observation/${made.id}`,
        resource: { resourceType: 'Observation', id: made.id, meta: { versionId: '1' } },
        request: { method: 'POST', url: 'Observation' },
        response: { status: '201' },
      },
    ],
  });
  expect(parameter(bundle, 'subscription').valueReference.reference).toBe(`${stage.server.base}/Subscription/${id}`);
  expect(parameter(bundle, 'topic').valueCanonical).toBe(topicUrl('measurement-received'));
  expect(parameter(bundle, 'status').valueCode).toBe('active');
  expect(parameter(bundle, 'type').valueCode).toBe('event-notification');
  expect(eventsIn(bundle)).toEqual([
    { 'event-number': '1', timestamp: expect.any(String), focus: `${stage.server.base}/Observation/${made.id}` },
  ]);
  expectStatus(await stage.as('admin', 'Bundle/$validate', { body: bundle }), 200);
});

test('how much is told follows the content that was asked for', async () => {
  const person = await stage.followed(ruleSet(['spo2'], ['spo2-zone']));
  await subscribe('measurement-received', 'ids', { content: 'id-only' });
  await subscribe('measurement-received', 'empty', { content: 'empty' });
  const made = (await spo2(person, 95)).json;
  await until(() => told('ids').length > 0 && told('empty').length > 0, 'both');
  expect(JSON.stringify(told('ids'))).not.toContain('"resourceType":"Observation"');
  expect(eventsIn(told('ids')[0])[0].focus).toBe(`${stage.server.base}/Observation/${made.id}`);
  expect(JSON.stringify(told('empty'))).not.toContain(made.id);
  expect(parameter(told('empty')[0], 'topic')).toBeUndefined();
  expect(told('empty')[0].entry).toHaveLength(1);
});

test('observations outside the approved limits of each patient, and exactly those', async () => {
  const strict = await stage.followed(ruleSet(['spo2'], ['spo2-zone']));
  const nobody = await stage.patient();
  await subscribe('observation-outside-limits', 'outside');
  await subscribe('alert-opened', 'opened');
  const ids: Record<number, string> = {};
  for (const value of [95, 91, 94, 85, 84]) ids[value] = (await spo2(strict, value)).json.id;
  await spo2(nobody as unknown as Followed, 70);
  await until(() => told('outside').length >= 3, 'three outside');
  await stage.operation('municipality', `Observation/${ids[95]}/$meta-add`, {});
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(told('outside').map((bundle) => bundle.entry[1].resource.id)).toEqual([ids[91], ids[85], ids[84]]);
  expect(told('outside').map((bundle) => eventsIn(bundle)[0]['event-number'])).toEqual(['1', '2', '3']);
  // Not every one of them raised an alert: the second red joined the first.
  expect(told('opened').length).toBeLessThan(3);
});

test('a corrected value that lies outside is told of as the version that does', async () => {
  const person = await stage.followed(ruleSet(['spo2'], ['spo2-zone']));
  await subscribe('observation-outside-limits', 'corrected', { filters: [`patient=${person.reference}`] });
  const made = (await spo2(person, 95)).json;
  const { value: _value, ...quantity } = made.valueQuantity;
  expectStatus(
    await stage.as('admin', `Observation/${made.id}`, {
      method: 'PUT',
      body: { ...made, status: 'corrected', valueQuantity: { ...quantity, value: 85 } },
    }),
    200,
  );
  await until(() => told('corrected').length === 1, 'the correction');
  expect(told('corrected')[0].entry[1].resource.meta.versionId).toBe('2');
});

test('the way of an alert, a zone and a pause is told by their topics, each change once', async () => {
  const person = await stage.followed(ruleSet(['spo2'], ['spo2-zone']));
  const patient = `patient=${person.reference}`;
  for (const topic of [
    'alert-opened',
    'alert-closed',
    'zone-changed',
    'service-paused',
    'service-resumed',
    'service-ended',
  ])
    await subscribe(topic, topic, { filters: [patient] });
  await subscribe('alert-escalated', 'alert-escalated', { filters: [`DetectedIssue?${patient}`] });
  await spo2(person, 91);
  await spo2(person, 85);
  const alert = (await stage.alerts(person)).find(({ status }) => status === 'preliminary');
  expectStatus(
    await stage.operation('municipality', `DetectedIssue/${alert!.issue.id}/$close`, { note: 'Ringt' }),
    200,
  );
  expectStatus(
    await stage.operation('municipality', `EpisodeOfCare/${person.episode}/$pause`, {
      mode: 'missing-only',
      reason: 'holiday',
    }),
    200,
  );
  expectStatus(await stage.operation('municipality', `EpisodeOfCare/${person.episode}/$resume`), 200);
  await until(() => told('service-resumed').length > 0 && told('zone-changed').length >= 3, 'the last of it');
  const of = (topic: string): Fhir[] => told(topic).map((bundle) => bundle.entry[1].resource);
  expect(of('alert-opened').map(({ status }) => status)).toEqual(['preliminary']);
  expect(of('alert-escalated').map(({ severity }) => severity)).toEqual(['high']);
  expect(of('alert-closed').map(({ status }) => status)).toEqual(['final']);
  expect(of('zone-changed').map(({ code }) => code.coding[0].code)).toEqual(['zone-yellow', 'zone-red', 'zone-green']);
  expect(of('service-paused').map(({ status }) => status)).toEqual(['onhold']);
  expect(of('service-resumed').map(({ status }) => status)).toEqual(['active']);
  expect(of('service-ended')).toEqual([]);
});

test('a plan is told of when it is submitted, approved and changed', async () => {
  for (const topic of ['plan-submitted', 'plan-approved', 'plan-changed']) await subscribe(topic, topic);
  const person = await stage.followed(ruleSet(['spo2'], ['spo2-zone']));
  await until(() => told('plan-approved').length > 0 && told('plan-submitted').length > 0, 'approved');
  expect(told('plan-submitted')[0].entry[1].resource).toMatchObject({ resourceType: 'Task', intent: 'order' });
  expect(told('plan-approved')[0].entry[1].resource).toMatchObject({
    id: person.plan.split('/').at(-1),
    status: 'active',
  });
  expect(told('plan-changed')).toEqual([]);
});

test('so many events in one notification as the subscriber takes, and $status, $events and $resend know them by number', async () => {
  const person = await stage.followed(ruleSet(['spo2'], ['spo2-zone']));
  const id = await subscribe('measurement-received', 'batch', {
    content: 'id-only',
    filters: [`patient=${person.reference}`],
    extension: [{ url: `${guide}backport-max-count`, valuePositiveInt: 3 }],
  });
  sink.answer = ({ path }) => (path === '/batch' ? 503 : 200);
  for (const value of [95, 96, 97, 98, 99]) await spo2(person, value);
  await until(() => told('batch').length > 0, 'an attempt');
  sink.answer = () => 200;
  const delivered = () => stage.as('municipality', `Subscription/${id}/$status`);
  await until(async () => {
    stage.clock.advance(1000);
    return told('batch').some((bundle) => eventsIn(bundle).at(-1)['event-number'] === '5');
  }, 'the fifth');
  const numbers = told('batch').map((bundle) => eventsIn(bundle).map((event) => Number(event['event-number'])));
  expect(Math.max(...numbers.map((list) => list.length))).toBe(3);
  expect([...new Set(numbers.flat())]).toEqual([1, 2, 3, 4, 5]);

  const { json: status } = await delivered();
  expect(status).toMatchObject({ type: 'searchset', total: 1 });
  expect(parameter(status, 'type').valueCode).toBe('query-status');
  expect(parameter(status, 'events-since-subscription-start').valueString).toBe('5');
  const all = (await stage.as('municipality', `Subscription/$status?status=active`)).json;
  expect(all.entry.some((one: Fhir) => JSON.stringify(one).includes(id))).toBe(true);

  const events = (
    await stage.as(
      'municipality',
      `Subscription/${id}/$events?eventsSinceNumber=2&eventsUntilNumber=3&content=full-resource`,
    )
  ).json;
  expect(parameter(events, 'type').valueCode).toBe('query-event');
  expect(eventsIn(events).map((event) => event['event-number'])).toEqual(['2', '3']);
  expect(events.entry.slice(1).map((one: Fhir) => one.resource.valueQuantity.value)).toEqual([96, 97]);
  expectStatus(await stage.as('municipality', `Subscription/${id}/$events?eventsSinceNumber=x`), 400);
  for (const operation of ['$status', '$events'])
    expectStatus(await stage.as('hospital', `Subscription/${id}/${operation}`), 404);

  sink.received.length = 0;
  expectStatus(await stage.operation('municipality', `Subscription/${id}/$resend`, { eventsSinceNumber: '4' }), 200);
  await until(() => told('batch').length > 0, 'sent again');
  expect(eventsIn(told('batch')[0]).map((event) => event['event-number'])).toEqual(['4', '5']);
});

test('an endpoint that does not answer the handshake leaves the subscription in error', async () => {
  sink.answer = () => 500;
  const { id } = await stage.created('municipality', subscription('measurement-received', 'silent'));
  await until(async () => {
    stage.clock.advance(2000);
    return (await stage.as('municipality', `Subscription/${id}`)).json.status === 'error';
  }, 'error');
  expect((await stage.as('municipality', `Subscription/${id}`)).json.error).toMatch(/answered 500/);
});

test('a message carries the notification to $process-message', async () => {
  const person = await stage.followed(ruleSet(['spo2'], ['spo2-zone']));
  await subscribe('measurement-received', 'fhir', {
    channel: { type: 'message' },
    filters: [`patient=${person.reference}`],
  });
  await spo2(person, 95);
  await until(() => told('fhir').length === 1, 'a message');
  const [{ path, body }] = sink.events('/fhir') as unknown as [{ path: string; body: Fhir }];
  expect(path).toBe('/fhir/$process-message');
  expect(body).toMatchObject({
    type: 'message',
    entry: [{ resource: { resourceType: 'MessageHeader' } }, { resource: { resourceType: 'Bundle', type: 'history' } }],
  });
  expect(body.entry[0].resource.focus[0].reference).toBe(body.entry[1].fullUrl);
});

test.each<[string, Fhir, string, RegExp]>([
  ['a topic that is not there', { criteria: topicUrl('moon-full') }, 'Subscription.criteria', /no such topic/],
  [
    'a filter that the topic does not have',
    { _criteria: { extension: [{ url: `${guide}backport-filter-criteria`, valueString: 'Observation?note=x' }] } },
    'Subscription.criteria.extension[0]',
    /possible: patient/,
  ],
  [
    'a filter on another type',
    { _criteria: { extension: [{ url: `${guide}backport-filter-criteria`, valueString: 'Task?code=x' }] } },
    'Subscription.criteria.extension[0]',
    /about Observation/,
  ],
])('%s is refused with the reason', async (_, change, element, reason) => {
  const answer = await stage.as('municipality', 'Subscription', {
    body: { ...subscription('measurement-received', 'x'), ...change },
  });
  expectStatus(answer, 422);
  expect(answer.json.issue[0].expression).toEqual([element]);
  expect(answer.json.issue[0].diagnostics).toMatch(reason);
});

test('content must be said, and a channel of another kind is refused', async () => {
  const body = subscription('measurement-received', 'x');
  expectStatus(
    await stage.as('municipality', 'Subscription', {
      body: { ...body, channel: { ...body.channel, _payload: undefined } },
    }),
    422,
  );
  expectStatus(
    await stage.as('municipality', 'Subscription', { body: { ...body, channel: { ...body.channel, type: 'sms' } } }),
    422,
  );
});

test('the topics can be read, and the CapabilityStatement lists them', async () => {
  const topics = (await stage.as('gp', 'Basic?code=http://hl7.org/fhir/fhir-types|SubscriptionTopic&_count=50')).json
    .entry;
  const urls = topics.map((one: Fhir) => one.resource.extension[0].valueUri).sort();
  const { rest } = (await stage.as('gp', 'metadata')).json;
  const declared = rest[0].resource.find((one: Fhir) => one.type === 'Subscription');
  expect(declared.extension.map((one: Fhir) => one.valueCanonical).sort()).toEqual(urls);
  expect(urls).toContain(topicUrl('observation-outside-limits'));
  expect(declared.supportedProfile).toEqual([`${guide}backport-subscription`]);
});

test('a heartbeat comes when nothing else has been said for as long as was asked', async () => {
  const id = await subscribe('message-failed', 'quiet', {
    extension: [{ url: `${guide}backport-heartbeat-period`, valueUnsignedInt: 10 }],
  });
  await stage.server.running.services.pool.query(
    `update subscription_state s set spoken = now() - interval '11 seconds' from resource r where r.rid = s.rid and r.id = $1`,
    [id],
  );
  const beats = () =>
    sink.received.filter(({ body }) => body !== undefined && parameter(body, 'type')?.valueCode === 'heartbeat');
  await until(() => {
    stage.clock.advance(1000);
    return beats().length === 1;
  }, 'a heartbeat');
  expect(beats()[0]!.path).toBe('/quiet');
});
