import type { SubscriptionStatusWriter } from '../../../src/delivery/delivery-ports.js';
import { giveUpUnheard, retireEvents } from '../../../src/storage/subscription-retention.js';
import { inTransaction } from '../../../src/storage/transaction.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import {
  addTypes,
  type Arrival,
  change,
  startInstance,
  startSink,
  subscribe,
  subscriptionResource,
  task,
  until,
  write,
} from './stage.js';

let database: TestDatabase;
let sink: Awaited<ReturnType<typeof startSink>>;
let answer: (arrival: Arrival) => number | undefined | Promise<number | undefined>;
const instances: Awaited<ReturnType<typeof startInstance>>[] = [];

const run = async (options: Parameters<typeof startInstance>[1] = {}) => {
  const instance = await startInstance(database.pool, options);
  instances.push(instance);
  return instance;
};
const state = async (rid: number) =>
  (await database.pool.query('select * from subscription_state where rid = $1', [rid])).rows[0];
const events = async (rid: number) =>
  (
    await database.pool.query(
      'select event::int, outcome::text, rid, version from subscription_event where subscription = $1 order by event',
      [rid],
    )
  ).rows;
const upTo = (count: number): number[] => Array.from({ length: count }, (_, at) => at + 1);

beforeEach(async () => {
  database = await createTestDatabase({ size: 16 });
  database.pool.on('connect', (client) => client.on('error', () => {}));
  await addTypes(database.pool);
  answer = () => 200;
  sink = await startSink((arrival) => answer(arrival));
});
afterEach(async () => {
  await Promise.all(instances.splice(0).map((instance) => instance.stop()));
  await sink.close();
  await database.drop();
});

test('a matching create and update reach the endpoint with the version that triggered them; other changes and deletes do not', async () => {
  await run();
  const rid = await subscribe(database.pool, subscriptionResource('s', sink.url));
  await change(database.pool, task('t'));
  await change(database.pool, task('other', 'b'));
  await change(database.pool, { ...task('t'), status: 'ready' }, 'u');
  await change(database.pool, task('t'), 'd');
  await until(() => sink.arrivals.length >= 2, 'two notifications');
  await until(async () => (await state(rid)).settled === 2, 'settled');
  expect(sink.arrivals.map(({ method, path, event }) => [method, path, event])).toEqual([
    ['PUT', '/hook/Task/t', 1],
    ['PUT', '/hook/Task/t', 2],
  ]);
  expect(sink.arrivals.map(({ body }) => JSON.parse(body).status)).toEqual([undefined, 'ready']);
  expect((await events(rid)).map((event) => event.outcome)).toEqual(['d', 'd']);
});

test('a subscription starts at its place in the log: what came before is not told, what came after is, though nothing was running', async () => {
  await change(database.pool, task('before'));
  await subscribe(database.pool, subscriptionResource('s', sink.url));
  await change(database.pool, task('after'));
  await run();
  await until(() => sink.arrivals.length >= 1, 'a notification');
  await change(database.pool, task('later'));
  await until(() => sink.arrivals.length >= 2, 'another');
  expect(sink.arrivals.map((arrival) => arrival.path)).toEqual(['/hook/Task/after', '/hook/Task/later']);
});

test('a change that the subscriber may not see gets no number', async () => {
  await run({ access: { mayReceive: async (_owner, row) => !row.id.startsWith('secret') } });
  const rid = await subscribe(database.pool, subscriptionResource('s', sink.url));
  for (const id of ['a', 'secret1', 'b', 'secret2', 'c']) await change(database.pool, task(id));
  await until(() => sink.arrivals.length >= 3, 'three notifications');
  expect(sink.arrivals.map(({ path, event }) => [path, event])).toEqual([
    ['/hook/Task/a', 1],
    ['/hook/Task/b', 2],
    ['/hook/Task/c', 3],
  ]);
  expect(await events(rid)).toHaveLength(3);
});

test('nothing is sent after access has ended, though it was numbered before', async () => {
  let allowed = true;
  answer = ({ event }) => (event === 1 ? ((allowed = false), 500) : 200);
  await run({ access: { mayReceive: async () => allowed } });
  const rid = await subscribe(database.pool, subscriptionResource('s', sink.url));
  await change(database.pool, task('a'));
  await until(async () => (await events(rid))[0]?.outcome === 'w', 'withheld');
  expect(sink.arrivals).toHaveLength(1);
});

test('a client that is registered no more is told nothing: its subscription is in error, and goes on when it is registered again', async () => {
  const said: string[] = [];
  const writer: SubscriptionStatusWriter = {
    setStatus: async ({ id }, status, error) => void said.push(`${id} ${status} ${error ?? ''}`.trim()),
  };
  const first = await run();
  const rid = await subscribe(database.pool, subscriptionResource('s', sink.url));
  await change(database.pool, task('before'));
  await until(() => sink.arrivals.length === 1, 'the first event');
  await first.stop();

  const without = await run({ writer, access: { isKnown: () => false, mayReceive: async () => false } });
  await until(() => said.length > 0, 'the status');
  expect(said[0]).toMatch(/^s error The client that created the subscription is not registered here any more/);
  await change(database.pool, task('meanwhile'));
  // Nor is it by asking for it anew.
  await change(database.pool, subscriptionResource('s', sink.url), 'u');
  await until(async () => (await state(rid)).version === 2, 'the second version');
  expect((await state(rid)).status).toBe('error');
  await change(database.pool, task('still'));
  const unread = 'select from change_log where (xid, seq) > (select xid::xid8, seq from log_position)';
  await until(async () => (await database.pool.query(unread)).rowCount === 0, 'all of it read');
  await without.stop();
  expect(await events(rid)).toHaveLength(1);

  await run();
  await change(database.pool, subscriptionResource('s', sink.url), 'u');
  await change(database.pool, task('after'));
  await until(() => sink.arrivals.length === 2, 'the next event');
  expect(sink.arrivals.map(({ path, event }) => [path, event])).toEqual([
    ['/hook/Task/before', 1],
    ['/hook/Task/after', 2],
  ]);
});

test('failed attempts are repeated and the order is kept', async () => {
  let failures = 4;
  answer = ({ event }) => (event === 3 && failures-- > 0 ? 503 : 200);
  await run();
  await subscribe(database.pool, subscriptionResource('s', sink.url));
  for (const at of upTo(6)) await change(database.pool, task(`t${at}`));
  await until(() => sink.arrivals.some((arrival) => arrival.event === 6), 'the last event');
  expect(sink.arrivals.map((arrival) => arrival.event)).toEqual([1, 2, 3, 3, 3, 3, 3, 4, 5, 6]);
});

test('a dead endpoint does not slow the others', async () => {
  answer = ({ subscription }) => (subscription.startsWith('dead') ? undefined : 200);
  await run({ timeoutMs: 3000 });
  for (const at of upTo(40)) await subscribe(database.pool, subscriptionResource(`dead${at}`, sink.url));
  await subscribe(database.pool, subscriptionResource('alive', sink.url));
  await until(
    async () => (await database.pool.query('select from subscription_state')).rowCount === 41,
    'all followed',
  );
  const waits: number[] = [];
  for (const at of upTo(30)) {
    const before = Date.now();
    await change(database.pool, task(`t${at}`));
    await until(() => sink.of('alive').length >= at, `event ${at} of the living`);
    waits.push(sink.of('alive').at(-1)!.at - before);
  }
  // Behind a dead one it would have waited for its timeout of 3 seconds.
  expect(waits.sort((a, b) => a - b)[15]).toBeLessThan(1500);
  expect(sink.of('alive').map((arrival) => arrival.event)).toEqual(upTo(30));
});

test('an endpoint that fails for too long: the event is given up, the subscription is in error, and a new request goes on with the next event', async () => {
  const told: string[] = [];
  answer = () => 500;
  await run({
    retryForMs: 150,
    writer: {
      setStatus: async (subscription, status, error) =>
        void told.push(`${subscription.id} ${status} ${error ?? ''}`.trim()),
    },
  });
  const resource = subscriptionResource('s', sink.url);
  const rid = await subscribe(database.pool, resource);
  await change(database.pool, task('lost'));
  await until(async () => (await state(rid))?.status === 'error', 'in error');
  await change(database.pool, task('kept'));
  await until(async () => (await events(rid)).length === 2, 'numbered in error');
  await until(() => told.includes('s error The endpoint answered 500.'), 'error shown');
  expect(told[0]).toBe('s active');
  expect((await events(rid)).map((event) => event.outcome)).toEqual(['x', null]);
  const sent = sink.arrivals.length;
  answer = () => 200;
  await change(database.pool, { ...resource, status: 'error' }, 'u');
  await change(database.pool, task('kept too'));
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(sink.arrivals).toHaveLength(sent);
  await change(database.pool, resource, 'u');
  await until(() => sink.arrivals.length >= sent + 2, 'delivery goes on');
  expect(sink.arrivals.slice(sent).map((arrival) => arrival.event)).toEqual([2, 3]);
});

test('a subscription that is off or deleted is told nothing more', async () => {
  await run();
  const off = subscriptionResource('off', sink.url);
  await subscribe(database.pool, off);
  await subscribe(database.pool, subscriptionResource('gone', sink.url));
  await subscribe(database.pool, subscriptionResource('stays', sink.url));
  await change(database.pool, task('one'));
  await until(() => sink.arrivals.length === 3, 'all three');
  await change(database.pool, { ...off, status: 'off' }, 'u');
  await change(database.pool, subscriptionResource('gone', sink.url), 'd');
  await change(database.pool, task('two'));
  await until(() => sink.of('stays').length === 2, 'the last');
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(sink.arrivals).toHaveLength(4);
});

test('a Subscription that cannot be served is marked error and stops nothing', async () => {
  await run();
  const bad = await subscribe(database.pool, subscriptionResource('bad', 'http://169.254.169.254/'));
  await subscribe(database.pool, subscriptionResource('good', sink.url));
  await change(database.pool, task('t'));
  await until(() => sink.of('good').length === 1, 'the good one');
  expect(await state(bad)).toMatchObject({ status: 'error', error: expect.stringContaining('reserved') });
});

test('a subscription whose end has come is told nothing more and turned off', async () => {
  const told: string[] = [];
  await run({ writer: { setStatus: async (_, status) => void told.push(status) } });
  await subscribe(database.pool, subscriptionResource('s', sink.url, 'Task', { end: '2020-01-01T00:00:00Z' }));
  await change(database.pool, task('t'));
  await until(() => told.includes('off'), 'off');
  expect(sink.arrivals).toEqual([]);
});

test('old events go when they are settled, and only then; a websocket that nobody binds comes into error', async () => {
  answer = ({ subscription }) => (subscription === 'stuck' ? 500 : 200);
  await run();
  const rids = await Promise.all(
    ['done', 'stuck'].map((id) => subscribe(database.pool, subscriptionResource(id, sink.url))),
  );
  const unheard = await subscribe(
    database.pool,
    subscriptionResource('unheard', sink.url, 'Task?code=a', { channel: { type: 'websocket' } }),
  );
  for (const at of upTo(3)) await change(database.pool, task(`t${at}`));
  await until(async () => (await state(rids[0]!))?.settled === 3, 'delivered');
  await until(async () => (await events(unheard)).length === 3, 'numbered');
  await database.pool.query(`update subscription_event set at = at - interval '91 days' where event < 3`);
  const before = Date.now() - 90 * 86_400_000;
  expect(await giveUpUnheard(database.pool, before, 'nobody')).toBe(1);
  expect(await giveUpUnheard(database.pool, before, 'nobody')).toBe(0);
  expect(await state(unheard)).toMatchObject({ status: 'error', error: 'nobody', settled: 2 });
  expect(await retireEvents(database.pool, { before, limit: 3 })).toBe(3);
  await retireEvents(database.pool, { before, limit: 3 });
  expect((await events(rids[0]!)).map(({ event }) => event)).toEqual([3]);
  expect((await events(rids[1]!)).map(({ event }) => event)).toEqual([1, 2, 3]);
  expect((await events(unheard)).map(({ event }) => event)).toEqual([3]);
});

test('numbers have no gaps and events come once in order while several instances run and come and go', async () => {
  const first = await run();
  await run();
  const rids = await Promise.all(
    upTo(3).map((at) =>
      subscribe(database.pool, subscriptionResource(`s${at}`, sink.url, at === 3 ? 'Task' : 'Task?code=a')),
    ),
  );
  const writers = upTo(4).map(async (writer) => {
    for (const at of upTo(50)) await change(database.pool, task(`w${writer}-${at}`, at % 2 === 0 ? 'a' : 'b'));
  });
  await new Promise((resolve) => setTimeout(resolve, 60));
  await first.stop();
  instances.splice(instances.indexOf(first), 1);
  await run();
  await Promise.all(writers);
  const expected = [100, 100, 200];
  for (const [at, rid] of rids.entries()) {
    await until(async () => (await state(rid)).settled === expected[at], `subscription ${at + 1} settled`, 20_000);
    expect((await events(rid)).map((event) => event.event)).toEqual(upTo(expected[at]!));
    expect(new Set((await events(rid)).map((event) => event.rid)).size).toBe(expected[at]);
    expect(sink.of(`s${at + 1}`).map((arrival) => arrival.event)).toEqual(upTo(expected[at]!));
  }
});

test('an instance that dies in the middle of everything loses nothing; another goes on at once and in order', async () => {
  let dying = true;
  answer = async ({ event }) => {
    if (dying && event === 4) await new Promise((resolve) => setTimeout(resolve, 60_000).unref());
    return 200;
  };
  const first = await run({ timeoutMs: 60_000 });
  const rid = await subscribe(database.pool, subscriptionResource('s', sink.url));
  for (const at of upTo(8)) await change(database.pool, task(`t${at}`));
  await until(() => sink.of('s').length === 4, 'four events');
  // The database ends its session, as when the process is killed: its locks go, its claims remain.
  await first.session.close();
  dying = false;
  const before = Date.now();
  const second = await startInstance(database.pool);
  try {
    for (const at of upTo(8)) await change(database.pool, task(`u${at}`));
    await until(async () => (await state(rid)).settled === 16, 'all settled');
    expect(Date.now() - before).toBeLessThan(5000);
  } finally {
    await second.stop();
    await sink.close();
  }
  expect(sink.of('s').map((arrival) => arrival.event)).toEqual([1, 2, 3, 4, ...upTo(16).slice(3)]);
  expect((await events(rid)).every((event) => event.outcome === 'd')).toBe(true);
});

test('what was numbered and not delivered when everything stopped is delivered after the start', async () => {
  answer = () => 500;
  const first = await run();
  await subscribe(database.pool, subscriptionResource('s', sink.url));
  for (const at of upTo(5)) await change(database.pool, task(`t${at}`));
  await until(() => sink.arrivals.length >= 2, 'attempts');
  await first.stop();
  instances.splice(0);
  answer = () => 200;
  const before = sink.arrivals.length;
  await run();
  await until(() => sink.arrivals.length === before + 5, 'all five');
  expect(sink.arrivals.slice(before).map((arrival) => arrival.event)).toEqual(upTo(5));
});

test('a redirect is not followed', async () => {
  const elsewhere = await startSink();
  const redirecting = await startSink(() => 307, elsewhere.url);
  try {
    await run();
    const rid = await subscribe(database.pool, subscriptionResource('s', redirecting.url));
    await change(database.pool, task('t'));
    await until(async () => (await state(rid))?.failures > 0, 'a failure');
    expect((await state(rid)).error).toBe(
      'The endpoint answered 307. Redirects are not followed: give the final address.',
    );
    expect(elsewhere.arrivals).toEqual([]);
  } finally {
    await redirecting.close();
    await elsewhere.close();
  }
});

test('a commit on an instance that does not match wakes the one that does', async () => {
  const minute = { pollMs: 60_000 }; // so long that only being woken can explain an arrival
  const matching = await run(minute);
  await subscribe(database.pool, subscriptionResource('s', sink.url));
  matching.wake();
  await until(async () => (await database.pool.query('select from subscription_state')).rowCount === 1, 'followed');
  const other = await run(minute);
  for (const [at, instance] of [other, matching, other].entries()) {
    await inTransaction(database.pool, (tx) => write(tx, task(`t${at}`)));
    instance.wake();
    await until(() => sink.arrivals.length === at + 1, 'a notification');
  }
});

test('when the database ends every connection nothing is lost and delivery goes on by itself', async () => {
  await run();
  const rid = await subscribe(database.pool, subscriptionResource('s', sink.url));
  for (const round of upTo(4)) {
    for (const at of upTo(5)) await change(database.pool, task(`t${round}-${at}`));
    await database.pool.query(
      'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
    );
  }
  await until(async () => (await state(rid))?.settled === 20, 'all settled', 20_000);
  expect([...new Set(sink.arrivals.map((arrival) => arrival.event))]).toEqual(upTo(20));
  expect((await events(rid)).map((event) => event.event)).toEqual(upTo(20));
  expect(new Set((await events(rid)).map((event) => event.rid)).size).toBe(20);
});
