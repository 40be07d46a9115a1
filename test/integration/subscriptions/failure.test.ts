import { ManualClock } from '../../../src/kernel/clock.js';
import { type HereServer, startHere } from '../../support/here.js';
import { openMailbox } from '../../support/mailbox.js';
import { type NotificationSink, openSink, until } from '../../support/notification-sink.js';

let server: HereServer;
let sink: NotificationSink;
let smtp: Awaited<ReturnType<typeof openMailbox>>;
const clock = new ManualClock(Date.now());
beforeAll(async () => {
  sink = await openSink();
  smtp = await openMailbox();
  server = await startHere({
    clock,
    environment: { SMTP_URL: `smtp://127.0.0.1:${smtp.port}`, SMTP_FROM: 'varsel@hjemmebro.test' },
  });
});
afterAll(async () => {
  await server.stop();
  await sink.close();
  await smtp.close();
});

const subscription = (name: string, channel: object) => ({
  resourceType: 'Subscription',
  status: 'requested',
  reason: 'test',
  criteria: `Organization?name=${name}`,
  channel: { type: 'rest-hook', endpoint: `${sink.url}/${name}`, payload: 'application/fhir+json', ...channel },
});
const hospital = (place: string, init?: { method?: string; body?: unknown }) => server.request('hospital', place, init);
async function subscribed(name: string, channel: object = {}): Promise<string> {
  const { json, status } = await hospital('Subscription', { body: subscription(name, channel) });
  expect(status).toBe(201);
  await until(async () => (await hospital(`Subscription/${json.id}`)).json.status === 'active', 'active');
  return json.id as string;
}
const organization = (name: string) =>
  server.request('admin', 'Organization', { body: { resourceType: 'Organization', name } });

test('after 72 hours without an answer the event is given up: status error, a Task for the owner, and a way on', async () => {
  const id = await subscribed('dead');
  sink.answer = () => 500;
  await organization('dead');
  await until(() => sink.events('/dead').length > 0, 'the first attempt');
  await until(async () => {
    clock.advance(3600_000);
    return (await hospital(`Subscription/${id}`)).json.status === 'error';
  }, 'error');
  const attempts = sink.events('/dead').length;
  expect(attempts).toBeGreaterThan(1);
  const shown = (await hospital(`Subscription/${id}`)).json;
  expect(shown.error).toBe('The endpoint answered 500.');
  const tasks = (await hospital('Task?code=subscription-failed')).json.entry;
  expect(tasks).toHaveLength(1);
  expect(tasks[0].resource).toMatchObject({
    status: 'requested',
    priority: 'urgent',
    focus: { reference: `Subscription/${id}` },
    owner: { type: 'Organization' },
  });
  const status = (await hospital(`Subscription/${id}/$status`)).json.entry[0].resource.parameter;
  expect(status).toContainEqual({ name: 'status', valueCode: 'error' });
  expect(status).toContainEqual({ name: 'error', valueCodeableConcept: { text: 'The endpoint answered 500.' } });

  // What happens in error is numbered, and comes when the subscription is asked for anew; what was given up by $resend.
  await organization('dead');
  sink.answer = () => 200;
  sink.received.length = 0;
  expect(
    (await hospital(`Subscription/${id}`, { method: 'PUT', body: { ...shown, status: 'requested' } })).status,
  ).toBe(200);
  await until(() => sink.events('/dead').length === 1, 'the next event');
  expect(sink.events('/dead')[0]!.headers['x-event-number']).toBe('2');
  await until(async () => (await hospital(`Subscription/${id}`)).json.status === 'active', 'active again');
  const resend = { resourceType: 'Parameters', parameter: [{ name: 'eventsUntilNumber', valueString: '1' }] };
  expect((await hospital(`Subscription/${id}/$resend`, { body: resend })).status).toBe(200);
  await until(() => sink.events('/dead').length === 2, 'the one given up');
  expect(sink.events('/dead')[1]!.headers['x-event-number']).toBe('1');
});

test('mail says that there is something, and nothing of what', async () => {
  const id = await subscribed('posten', { type: 'email', endpoint: 'mailto:lege@kontor.test', payload: undefined });
  await organization('posten');
  await until(() => smtp.mails.length === 1, 'a mail');
  const [mail] = smtp.mails;
  expect(mail).toMatch(/^From: varsel@hjemmebro\.test$/m);
  expect(mail).toMatch(/^To: lege@kontor\.test$/m);
  expect(mail).toMatch(new RegExp(`^Message-ID: <subscription\\.${id}\\.1@`, 'm'));
  expect(mail).toMatch(/^X-Event-Number: 1$/m);
  expect(mail).not.toMatch(/Organization|posten/);
});

test('mail with a payload, and mail to what is no address, is refused', async () => {
  for (const channel of [
    { type: 'email', endpoint: 'mailto:lege@kontor.test' },
    { type: 'email', endpoint: 'mailto:a@b.test,c@d.test', payload: undefined },
    { type: 'email', endpoint: 'https://kontor.test/', payload: undefined },
  ])
    expect((await hospital('Subscription', { body: subscription('x', channel) })).status).toBe(422);
});

test('nobody else sees the Subscription, its events, or may ask for them again', async () => {
  const id = await subscribed('own');
  for (const place of ['', '/$status', '/$events', '/$get-ws-binding-token', '/_history'])
    expect((await server.request('gp', `Subscription/${id}${place}`)).status).toBe(404);
  expect((await server.request('gp', `Subscription/${id}/$resend`, { method: 'POST' })).status).toBe(404);
  await server.request('gp', `Subscription/${id}`, { method: 'DELETE' });
  expect((await hospital(`Subscription/${id}`)).json.status).toBe('active');
  expect((await server.request('gp', 'Subscription')).text).not.toContain(id);
});
