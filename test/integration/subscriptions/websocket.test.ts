import { WebSocket } from 'ws';
import { type HereServer, startHere } from '../../support/here.js';
import type { DemoClientId } from '../../../src/config/demo.js';

let server: HereServer;
const open: Client[] = [];
beforeAll(async () => {
  server = await startHere();
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((client) => client.close()));
});
afterAll(() => server.stop());

interface Client {
  readonly said: string[];
  readonly closed: Promise<{ code: number; reason: string }>;
  say(text: string): void;
  close(): Promise<unknown>;
}

/** @param token of the Authorization header; absent: none is sent */
async function connect(path: string, token?: string): Promise<Client> {
  const socket = new WebSocket(`${server.origin.replace('http', 'ws')}${path}`, {
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
  });
  const said: string[] = [];
  socket.on('message', (data) => said.push((data as Buffer).toString()));
  const closed = new Promise<{ code: number; reason: string }>((resolve) =>
    socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() })),
  );
  await new Promise<void>((resolve, reject) => {
    socket.once('open', () => resolve());
    socket.once('error', reject);
  });
  const client: Client = {
    said,
    closed,
    say: (text) => socket.send(text),
    close: () => (socket.close(), closed),
  };
  open.push(client);
  return client;
}

async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (const end = Date.now() + 15_000; !(await condition()); ) {
    if (Date.now() > end) throw new Error(`still waiting: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

async function subscribe(client: DemoClientId, criteria: string): Promise<string> {
  const { status, json } = await server.request(client, 'Subscription', {
    body: {
      resourceType: 'Subscription',
      status: 'requested',
      reason: 'test',
      criteria,
      channel: { type: 'websocket' },
    },
  });
  expect(status).toBe(201);
  await until(
    async () => (await server.request(client, `Subscription/${json.id}`)).json.status === 'active',
    'an active subscription',
  );
  return json.id as string;
}

const organization = (name: string) =>
  server.request('admin', 'Organization', { body: { resourceType: 'Organization', name } });

test('bind <id> is answered by bound <id>, and each matching change by ping <id>', async () => {
  const id = await subscribe('municipality', 'Organization?name=ws-a');
  const client = await connect('/fhir/ws', await server.token('municipality'));
  client.say(`bind ${id}`);
  await until(() => client.said.length === 1, 'bound');
  await organization('ws-a');
  await organization('other');
  await until(() => client.said.length === 2, 'a ping');
  expect(client.said).toEqual([`bound ${id}`, `ping ${id}`]);
});

test('what happened while no socket was bound is told when one is, once', async () => {
  const id = await subscribe('municipality', 'Organization?name=ws-b');
  await organization('ws-b');
  const first = await connect('/fhir/ws', await server.token('municipality'));
  first.say(`bind ${id}`);
  await until(() => first.said.includes(`ping ${id}`), 'a ping for what had happened');
  await until(async () => {
    const { rows } = await server.running.services.pool.query(
      'select settled from subscription_state s join resource r using (rid) where r.id = $1',
      [id],
    );
    return rows[0]!['settled'] === 1;
  }, 'settled');
  await first.close();
  const second = await connect('/fhir/ws', await server.token('municipality'));
  second.say(`bind ${id}`);
  await until(() => second.said.length > 0, 'bound');
  await organization('ws-b');
  await until(() => second.said.length > 1, 'a ping');
  expect(second.said).toEqual([`bound ${id}`, `ping ${id}`]);
});

test('a connection without an access token, or with a wrong one, is refused', async () => {
  await expect(connect('/fhir/ws')).rejects.toThrow(/401/);
  await expect(connect('/fhir/ws', 'abc')).rejects.toThrow(/401/);
  await expect(connect('/fhir/elsewhere', await server.token('municipality'))).rejects.toThrow(/404/);
});

test('nobody binds another client’s Subscription, or one that does not exist', async () => {
  const id = await subscribe('municipality', 'Organization?name=ws-c');
  for (const wanted of [id, 'nothing']) {
    const client = await connect('/fhir/ws', await server.token('hospital'));
    client.say(`bind ${wanted}`);
    expect(await client.closed).toMatchObject({ code: 1008 });
    expect(client.said).toEqual(['error There is no such Subscription, or it is not one that this client may see.']);
  }
});

test('where no access token is needed, only a binding token binds', async () => {
  const id = await subscribe('municipality', 'Organization?name=ws-d');
  const wrong = await connect('/fhir/ws/bound');
  wrong.say(`bind ${id}`);
  expect(await wrong.closed).toMatchObject({ code: 1008 });
  const forged = await connect('/fhir/ws/bound');
  forged.say('bind-with-token abc');
  expect(await forged.closed).toMatchObject({ code: 1008 });

  const { json, status } = await server.request('municipality', `Subscription/${id}/$get-ws-binding-token`);
  expect(status).toBe(200);
  const part = (name: string) => json.parameter.find((one: { name: string }) => one.name === name);
  expect(part('websocket-url').valueUrl).toBe(`${server.base.replace('http', 'ws')}/ws/bound`);
  expect(part('subscription').valueString).toBe(id);
  expect(Date.parse(part('expiration').valueDateTime)).toBeGreaterThan(Date.now());
  const client = await connect('/fhir/ws/bound');
  client.say(`bind-with-token ${part('token').valueString}`);
  await until(() => client.said.length === 1, 'bound');
  await organization('ws-d');
  await until(() => client.said.length === 2, 'a ping');
  expect(client.said).toEqual([`bound ${id}`, `ping ${id}`]);
});

test('a binding token is given only for own subscriptions that are served by websocket', async () => {
  const id = await subscribe('municipality', 'Organization?name=ws-e');
  expect((await server.request('hospital', `Subscription/${id}/$get-ws-binding-token`)).status).toBe(404);
  expect((await server.request('hospital', 'Subscription/$get-ws-binding-token')).status).toBe(422);
  const all = await server.request('municipality', `Subscription/$get-ws-binding-token?id=${id}`);
  expect(all.json.parameter.filter((one: { name: string }) => one.name === 'subscription')).toHaveLength(1);
});

test('a Subscription that is turned off ends its binding', async () => {
  const id = await subscribe('municipality', 'Organization?name=ws-f');
  const client = await connect('/fhir/ws', await server.token('municipality'));
  client.say(`bind ${id}`);
  await until(() => client.said.length === 1, 'bound');
  const { json } = await server.request('municipality', `Subscription/${id}`);
  await server.request('municipality', `Subscription/${id}`, { method: 'PUT', body: { ...json, status: 'off' } });
  expect(await client.closed).toMatchObject({ code: 1000 });
});

test('the CapabilityStatement tells where', async () => {
  const { json } = await server.request('municipality', 'metadata');
  expect(json.rest[0].extension).toContainEqual({
    url: 'http://hl7.org/fhir/StructureDefinition/capabilitystatement-websocket',
    valueUri: `${server.base.replace('http', 'ws')}/ws`,
  });
});
