import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { silentLog } from '../../src/kernel/index.js';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/storage/embedded/embedded-postgres.js';
import { connectionString, openPool } from '../../src/storage/pool.js';
import { type RunningServer, startServer } from '../support/server.js';

/**
 * Two instances of the server, their database and the subscriber's endpoint are killed at random while four clients write.
 * Whatever was acknowledged must arrive, in order, and a repetition must carry the number it had before.
 *
 * PROVE_KILLS: how many kills (the suite does a few; `npm run prove-delivery` 200). PROVE_SEED: which ones.
 */
const kills = Number(process.env['PROVE_KILLS'] ?? 5);
const seed = Number(process.env['PROVE_SEED'] ?? 20_261_122);
const random = generator(seed);

const guide = 'http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/';
let folder: string;
let postgres: EmbeddedPostgres;
let sink: Sink;
const servers: (RunningServer | undefined)[] = [undefined, undefined];

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'hjemmebro-prove-'));
  postgres = await startEmbeddedPostgres({ dataFolder: path.join(folder, 'database'), log: silentLog, durable: true });
  sink = await openSink();
}, 60_000);
afterAll(async () => {
  await Promise.all(servers.map(async (server) => server?.kill()));
  await sink?.stop();
  await postgres?.stop();
  await rm(folder, { recursive: true, force: true });
}, 60_000);

/** https://en.wikipedia.org/wiki/Linear_congruential_generator, MMIX's numbers; → [0, 1) */
function generator(start: number): () => number {
  let state = BigInt(start);
  return () => {
    state = (state * 6_364_136_223_846_793_005n + 1_442_695_040_888_963_407n) & 0xffff_ffff_ffff_ffffn;
    return Number(state >> 11n) / 2 ** 53;
  };
}

interface Arrival {
  readonly hook: string;
  /** The events in it: number and version (`Observation/1/2`). */
  readonly events: readonly { readonly event: number; readonly version: string }[];
}

interface Sink {
  readonly url: string;
  readonly arrivals: Arrival[];
  /** Drops every connection, those with a request under way too, and takes none for a while. */
  kill(): Promise<void>;
  stop(): Promise<void>;
}

async function openSink(): Promise<Sink> {
  const arrivals: Arrival[] = [];
  let server: Server | undefined;
  let port = 0;
  const open = async (): Promise<void> => {
    server = createServer((request, response) => {
      let text = '';
      request.on('error', () => {});
      request.on('data', (part: Buffer) => (text += part.toString()));
      request.on('end', () => {
        const arrival = read(request.url!, Number(request.headers['x-event-number']), text);
        if (arrival !== undefined) arrivals.push(arrival);
        // What has been taken in is not always said so before the end: then it comes again.
        setImmediate(() => response.writeHead(200).end());
      });
    });
    await new Promise<void>((resolve) => server!.listen(port, '127.0.0.1', resolve));
    port = (server.address() as AddressInfo).port;
  };
  const close = (): Promise<unknown> =>
    new Promise((resolve) => {
      server!.closeAllConnections();
      server!.close(resolve);
    });
  await open();
  return {
    url: `http://127.0.0.1:${port}`,
    arrivals,
    async kill() {
      await close();
      await sleep(50 + 300 * random());
      await open();
    },
    stop: async () => void (await close()),
  };
}

function read(url: string, event: number, text: string): Arrival | undefined {
  const [hook] = url.slice(1).split('/');
  const body = JSON.parse(text) as {
    resourceType: string;
    entry?: { resource: Resource }[];
  } & Resource;
  if (body.resourceType !== 'Bundle') return { hook: hook!, events: [{ event, version: versionOf(body) }] };
  const [status, ...resources] = body.entry!.map(({ resource }) => resource);
  const numbers = status!.parameter!.filter(({ name }) => name === 'notification-event');
  if (numbers.length === 0) return undefined; // a handshake
  return {
    hook: hook!,
    events: numbers.map(({ part }, at) => ({
      event: Number(part!.find(({ name }) => name === 'event-number')!.valueString),
      version: versionOf(resources[at]!),
    })),
  };
}

interface Resource {
  readonly id: string;
  readonly meta: { readonly versionId: string };
  readonly parameter?: readonly {
    readonly name: string;
    readonly part?: readonly { readonly name: string; readonly valueString: string }[];
  }[];
}
const versionOf = ({ id, meta }: Resource): string => `${id}/${meta.versionId}`;

const start = (): Promise<RunningServer> =>
  startServer({
    dataFolder: folder,
    embedded: true, // nothing of the test run's own database
    environment: {
      DATABASE_URL: connectionString(postgres.connection),
      SECRET_KEY: 'one key for both instances of the server',
      MESSAGE_FOLDER: 'off',
      MLLP_PORT: '0',
      LOG_LEVEL: 'error',
      FOLLOWUP: 'off',
    },
  });

/** Starts it again until it comes up: the database may be killed meanwhile. */
async function revive(at: number): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      servers[at] = await start();
      return;
    } catch (error) {
      if (attempt === 20) throw error;
    }
  }
}

/** The postmaster with all its processes, whatever they are at. https://man7.org/linux/man-pages/man5/proc_pid_task.5.html */
async function killFamily(pid: number): Promise<void> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  for (const one of [pid, ...children.split(' ').map(Number)]) {
    try {
      if (one > 1) process.kill(one, 'SIGKILL');
    } catch {
      // It has ended already.
    }
  }
}

const alive = (): readonly RunningServer[] => servers.filter((server) => server !== undefined);

async function subscribe(hook: string, change: object): Promise<string> {
  for (let attempt = 0; ; attempt++) {
    const answer = await alive()[0]!.request('admin', 'Subscription', {
      method: 'POST',
      body: { resourceType: 'Subscription', status: 'requested', reason: 'proof', ...change },
    });
    const made = (await answer.json()) as { id: string };
    if (answer.status === 201) return made.id;
    if (attempt > 5) throw new Error(`${hook}: ${answer.status} ${JSON.stringify(made)}`);
  }
}

/** One client: creates Observations, changes some, and knows what was acknowledged, in its order. */
async function write(name: string, going: () => boolean): Promise<string[]> {
  const acknowledged: string[] = [];
  let last: { id: string } | undefined;
  while (going()) {
    const list = alive();
    const server = list[Math.floor(Math.random() * list.length)];
    const observation = {
      resourceType: 'Observation',
      status: 'final',
      code: { coding: [{ system: 'http://test', code: 'proof' }], text: `${name} ${acknowledged.length}` },
    };
    const change = last !== undefined && acknowledged.length % 3 === 2 ? last : undefined;
    try {
      const answer = await server!.request('admin', change === undefined ? 'Observation' : `Observation/${change.id}`, {
        method: change === undefined ? 'POST' : 'PUT',
        body: change === undefined ? observation : { ...observation, id: change.id },
        signal: AbortSignal.timeout(20_000),
      });
      const made = (await answer.json()) as Resource;
      if (answer.status === 200 || answer.status === 201) {
        acknowledged.push(versionOf(made));
        last = made;
      }
    } catch {
      last = undefined; // not known whether it was written: it must then not be missed, and may come
    }
    await sleep(5);
  }
  return acknowledged;
}

test(
  `after ${kills} kills nothing that was acknowledged is missing, the order is kept, and repetitions have the same number`,
  async () => {
    await Promise.all([revive(0), revive(1)]);
    const criteria = 'Observation?code=http://test|proof';
    const topic = 'http://hjemmebro.no/fhir/SubscriptionTopic/measurement-received';
    const ids = {
      plain: await subscribe('plain', {
        criteria,
        channel: { type: 'rest-hook', endpoint: `${sink.url}/plain`, payload: 'application/fhir+json' },
      }),
      topic: await subscribe('topic', {
        criteria: topic,
        channel: {
          type: 'rest-hook',
          endpoint: `${sink.url}/topic`,
          payload: 'application/fhir+json',
          _payload: { extension: [{ url: `${guide}backport-payload-content`, valueCode: 'full-resource' }] },
          extension: [{ url: `${guide}backport-max-count`, valuePositiveInt: 5 }],
        },
      }),
    };

    let going = true;
    const writing = ['a', 'b', 'c', 'd'].map((name) => write(name, () => going));
    const counts = { server: 0, database: 0, sink: 0 };
    const reviving = new Map<string, Promise<void>>();
    const victims = ['server', 'database', 'sink'] as const;
    for (let count = 0; count < kills; count++) {
      await sleep(100 + 600 * random());
      // Each kind of victim comes in the first three.
      const victim = count < 3 ? victims[count]! : victims[Math.floor(random() * 3)]!;
      counts[victim] += 1;
      if (victim === 'sink') {
        await sink.kill();
      } else if (victim === 'database') {
        const pid = postgres.pid();
        await killFamily(pid);
        for (let waited = 0; postgres.pid() === pid && waited < 30_000; waited += 20) await sleep(20);
      } else {
        const at = Math.floor(random() * 2);
        await reviving.get(`${at}`);
        // The other one must live: somebody has to take the writes. This one has writes under way when it ends.
        await reviving.get(`${1 - at}`);
        const killed = servers[at]!.kill();
        servers[at] = undefined;
        await killed;
        reviving.set(`${at}`, revive(at));
      }
    }
    await Promise.all(reviving.values());
    await sleep(300);
    going = false;
    const acknowledged = await Promise.all(writing);

    const pool = openPool(postgres.connection, { size: 1 });
    const settled = async (): Promise<boolean> => {
      const { rows } = await pool.query<{ open: boolean }>(
        'select bool_or(settled + 1 < next_event or status <> $1) as open from subscription_state',
        ['active'],
      );
      return rows[0]!.open === false;
    };
    // Backoff after the last failures is at most some seconds here.
    for (let waited = 0; !(await settled()); waited += 100) {
      if (waited > 120_000) throw new Error('still not delivered');
      await sleep(100);
    }
    const { rows: states } = await pool.query<{ id: string; total: number }>(
      'select r.id, s.next_event - 1 as total from subscription_state s join resource r using (rid)',
    );
    await pool.end();

    const report: Record<string, unknown> = { seed, kills: counts };
    report['acknowledged'] = acknowledged.flat().length;
    expect(acknowledged.every((list) => list.length > 0)).toBe(true);
    for (const [hook, id] of Object.entries(ids)) {
      const events = sink.arrivals.filter((arrival) => arrival.hook === hook).flatMap((arrival) => arrival.events);
      const { total } = states.find((state) => state.id === id)!;
      const versions = new Map<number, string>();
      let highest = 0;
      for (const { event, version } of events) {
        // In order: what is new is the next number; what is not new is what that number was before.
        expect(event).toBeLessThanOrEqual(highest + 1);
        expect(versions.get(event) ?? version).toBe(version);
        versions.set(event, version);
        highest = Math.max(highest, event);
      }
      // No gaps: every number there is came.
      expect(highest).toBe(total);
      expect(versions.size).toBe(total);
      // No version has two numbers.
      expect(new Set(versions.values()).size).toBe(total);
      const numberOf = new Map([...versions].map(([event, version]) => [version, event]));
      // Nothing acknowledged is missing (the topic tells of creations alone), and each client's writes come in its order.
      for (const list of acknowledged) {
        const expected = hook === 'topic' ? list.filter((version) => version.endsWith('/1')) : list;
        const numbers = expected.map((version) => numberOf.get(version));
        expect(numbers.filter((number) => number === undefined)).toEqual([]);
        expect(numbers).toEqual([...numbers].sort((a, b) => a! - b!));
      }
      // Versions of one resource come in their order.
      const latest = new Map<string, number>();
      for (const [, version] of [...versions].sort(([a], [b]) => a - b)) {
        const [resource, number] = version.split('/') as [string, string];
        expect(Number(number)).toBeGreaterThan(latest.get(resource) ?? 0);
        latest.set(resource, Number(number));
      }
      report[hook] = { events: total, arrived: events.length, repeated: events.length - total };
    }
    if (process.env['PROVE_KILLS'] !== undefined) process.stdout.write(`${JSON.stringify(report)}\n`);
  },
  180_000 + kills * 10_000,
);
