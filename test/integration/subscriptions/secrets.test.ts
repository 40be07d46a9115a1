import { createHmac } from 'node:crypto';
import { type HereServer, startHere } from '../../support/here.js';
import { type NotificationSink, openSink, until } from '../../support/notification-sink.js';

const signingKey = 'a signing key that nobody is shown again';
const secret = 'Bearer very-secret-token';
const query = 'key=hidden-in-the-query';
let server: HereServer;
let sink: NotificationSink;
beforeAll(async () => {
  sink = await openSink();
  server = await startHere();
});
afterAll(async () => {
  await server.stop();
  await sink.close();
});

const resource = (name: string) => ({
  resourceType: 'Subscription',
  status: 'requested',
  reason: 'test',
  criteria: `Organization?name=${name}`,
  channel: {
    type: 'rest-hook',
    endpoint: `${sink.url}/${name}?${query}`,
    payload: 'application/fhir+json',
    header: [`Authorization: ${secret}`, 'X-Plain: y'],
    extension: [{ url: 'http://hjemmebro.no/fhir/StructureDefinition/dho-signing-key', valueString: signingKey }],
  },
});

async function subscribed(name: string) {
  const { json, status, text } = await server.request('municipality', 'Subscription', { body: resource(name) });
  expect(status).toBe(201);
  expect(text).not.toMatch(/very-secret|hidden-in|nobody is shown/);
  await until(async () => (await shown(json.id)).json.status === 'active', 'active');
  return json.id as string;
}
const shown = (id: string) => server.request('municipality', `Subscription/${id}`);
const organization = (name: string) =>
  server.request('admin', 'Organization', { body: { resourceType: 'Organization', name } });

test('headers, query and signature reach the endpoint; nothing else ever shows the secrets', async () => {
  const id = await subscribed('secret-a');
  await organization('secret-a');
  await until(() => sink.events('/secret-a').length === 1, 'a notification');
  const [received] = sink.events('/secret-a');
  expect(received!.path).toMatch(new RegExp(`/secret-a/Organization/[^?]+\\?${query}$`));
  expect(received!.headers).toMatchObject({ authorization: secret, 'x-plain': 'y' });
  const [, seconds, digest] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(received!.headers['x-signature']))!;
  const signed = [seconds, 'PUT', received!.path, '1', received!.text].join('\n');
  expect(createHmac('sha256', signingKey).update(signed).digest('hex')).toBe(digest);

  const places = ['', '/_history', '/_history/1', '/$status', '/$events'].map((rest) => `Subscription/${id}${rest}`);
  for (const place of [
    ...places,
    'Subscription',
    `Subscription?url=${encodeURIComponent(`${sink.url}/secret-a?${query}`)}`,
  ])
    expect((await server.request('municipality', place)).text).not.toMatch(
      /very-secret|hidden-in-the-query[^"]|nobody is shown/,
    );
  const { rows } = await server.running.services.pool.query(
    `select coalesce(string_agg(r::text, ''), '') || coalesce((select string_agg(h::text, '') from resource_history h), '')
       || (select string_agg(x::text, '') from subscription_secret x) as everything
     from resource r where r.id = $1`,
    [id],
  );
  expect(rows[0]!['everything']).toContain('***');
  expect(rows[0]!['everything']).not.toMatch(/very-secret|hidden-in|nobody is shown/);
});

test('who sends back what was read keeps the secrets; who leads them elsewhere must know them', async () => {
  const id = await subscribed('secret-b');
  const { json } = await shown(id);
  const put = (body: object) => server.request('municipality', `Subscription/${id}`, { method: 'PUT', body });
  expect((await put({ ...json, reason: 'another reason' })).status).toBe(200);
  await organization('secret-b');
  await until(() => sink.events('/secret-b').length === 1, 'a notification');
  expect(sink.events('/secret-b')[0]!.headers).toMatchObject({ authorization: secret });
  expect(sink.events('/secret-b')[0]!.headers['x-signature']).toBeDefined();

  const elsewhere = { ...json, channel: { ...json.channel, endpoint: `${sink.url}/elsewhere` } };
  const refused = await put(elsewhere);
  expect(refused.status).toBe(422);
  expect(refused.json.issue[0].expression).toEqual(['Subscription.channel.header[0]']);
  expect(
    (
      await server.request('municipality', 'Subscription', {
        body: { ...elsewhere, id: undefined, status: 'requested' },
      })
    ).status,
  ).toBe(422);
  const patch = [{ op: 'replace', path: '/channel/endpoint', value: `${sink.url}/elsewhere` }];
  const patched = await server.request('municipality', `Subscription/${id}`, {
    method: 'PATCH',
    headers: { 'content-type': 'application/json-patch+json' },
    body: patch,
  });
  expect(patched.status).toBe(422);
});
