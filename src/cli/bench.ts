/**
 * `npm run bench [-- --quick] [-- --only create] [-- --profile <folder>]`: how fast the server is, as ratios to what the same
 * work costs without it, measured in turn on the same machine in one run.
 *
 * Three processes share the machine: this one makes the load, the server answers, PostgreSQL (with its durable settings)
 * stores. The comparisons have the same shape: this process speaks `pg` to the same PostgreSQL directly, with prepared
 * statements in one round trip and one transaction; reads are compared with an Express process that sends the same bytes.
 * So the load generator and, for writes, the disk are on both sides; HTTP, access, validation, search rows, audit and
 * change log are what the ratio shows. Reads and pages wait for a durable row of the audit log (decision 18), which neither
 * the echo nor the select writes; the second comparison of each does. Figures per second are only of use beside their comparison.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { arch, cpus, loadavg, platform, release, tmpdir, totalmem } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { Failure } from '../kernel/failure.js';
import { silentLog } from '../kernel/log.js';
import { startEmbeddedPostgres } from '../storage/embedded/embedded-postgres.js';
import { type Connection, connectionString, openPool } from '../storage/pool.js';
import { openAuditSwitch } from './bench/audit-switch.js';
import { benchCases } from './bench/cases.js';
import { startChild } from './bench/child-process.js';
import { compare, type Pace } from './bench/measure.js';
import { benchMessages, freePort, messageLines } from './bench/messages.js';
import { openRawDatabase } from './bench/raw-database.js';
import { type CaseResult, resultJson, table } from './bench/report.js';
import { benchSubscriptions, subscriptionLines } from './bench/subscriptions.js';
import { makeWorld, type WorldSize } from './bench/world.js';

interface Options {
  readonly pace: Pace;
  readonly size: WorldSize;
  readonly subscriptions: { readonly total: number; readonly writes: number };
  /** HL7 v2 messages in a row. */
  readonly messages: number;
  readonly only: string | undefined;
  readonly profileFolder: string | undefined;
  readonly file: string;
}

function readOptions(): Options {
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string' },
      profile: { type: 'string' },
      out: { type: 'string', default: 'bench-results.json' },
    },
  });
  return {
    pace: values.quick ? { repeats: 3, run: 400, warmUp: 400 } : { repeats: 5, run: 1200, warmUp: 1500 },
    size: { patients: 10, readings: 150 },
    subscriptions: values.quick ? { total: 1000, writes: 200 } : { total: 10_000, writes: 500 },
    messages: values.quick ? 1000 : 10_000,
    only: values.only,
    profileFolder: values.profile,
    file: values.out,
  };
}

async function main(): Promise<void> {
  const options = readOptions();
  const folder = await mkdtemp(path.join(tmpdir(), 'hjemmebro-bench-'));
  const releases: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true })];
  try {
    await measured(options, folder, releases);
  } finally {
    for (const each of releases.reverse()) await each();
  }
}

async function measured(options: Options, folder: string, releases: (() => Promise<unknown>)[]): Promise<void> {
  const postgres = await startEmbeddedPostgres({ dataFolder: path.join(folder, 'postgres'), log: silentLog });
  releases.push(() => postgres.stop());
  const { connection } = postgres;
  const mllpPort = await freePort();
  const given = {
    PORT: '0',
    MLLP_PORT: String(mllpPort),
    HJEMMEBRO_DATA: folder,
    DATABASE_URL: connectionString(connection),
    LOG_LEVEL: 'info',
  };
  const server = await startChild('server-process', { given, profileFolder: options.profileFolder });
  releases.push(() => server.stop());
  const world = await makeWorld(server.port, folder, options.size);
  const raw = await openRawDatabase(connection, { lanes: 16, ...options.size });
  releases.push(() => raw.close());
  const echo = await startChild('echo-process', {
    given: { text: world.observation.text, connection: raw.connection },
  });
  releases.push(() => echo.stop());
  const audit = await openAuditSwitch(connection);
  releases.push(() => audit.close());
  const { cases, connect, close } = benchCases({ serverPort: server.port, echoPort: echo.port, raw, world, audit });
  releases.push(async () => close());

  const machine = await machineFacts(connection);
  const results: CaseResult[] = [];
  for (const one of cases) {
    if (options.only !== undefined && !one.name.includes(options.only)) continue;
    await connect();
    const before = await server.cpu();
    const found = await compare(one.contenders, one.lanes, options.pace);
    const cpu = (await server.cpu()) - before;
    await audit.audited();
    results.push({ of: one, ...found });
    process.stderr.write(
      `${one.name} × ${one.lanes}: server process ${(cpu / found.figures[0]!.count).toFixed(3)} ms CPU per request, warm-up included\n`,
    );
  }
  const subscriptions =
    options.only === undefined || options.only === 'subscriptions'
      ? await benchSubscriptions({ server, world, ...options.subscriptions })
      : undefined;
  const messages =
    options.only === undefined || options.only === 'messages'
      ? await benchMessages({ server, mllpPort, count: options.messages })
      : undefined;
  if (messages !== undefined) process.stdout.write(`${messageLines(messages)}\n`);
  if (results.length > 0) process.stdout.write(`${table(results)}\n`);
  if (subscriptions !== undefined) process.stdout.write(`${subscriptionLines(subscriptions)}\n`);
  const content = {
    at: new Date(performance.timeOrigin).toISOString(),
    machine: { ...machine, loadAfter: loadavg() },
    pace: options.pace,
    world: options.size,
    results: results.map(resultJson),
    ...(subscriptions === undefined ? {} : { subscriptions }),
    ...(messages === undefined ? {} : { messages }),
  };
  await writeFile(options.file, `${JSON.stringify(content, null, 2)}\n`);
}

async function machineFacts(connection: Connection): Promise<object> {
  const pool = openPool(connection, { size: 1 });
  const { rows } = await pool.query<Record<string, string>>(
    `select version(), current_setting('fsync') as fsync, current_setting('synchronous_commit') as synchronous_commit`,
  );
  await pool.end();
  const [cpu, ...others] = cpus();
  return {
    node: process.version,
    postgres: rows[0],
    system: `${platform()} ${release()} ${arch()}`,
    cpu: cpu?.model,
    cpus: others.length + 1,
    memoryMb: Math.round(totalmem() / 1024 / 1024),
    load: loadavg(),
  };
}

try {
  await main();
} catch (error) {
  process.stderr.write(
    `${error instanceof Failure ? error.message : error instanceof Error ? error.stack : String(error)}\n`,
  );
  process.exitCode = 1;
}
