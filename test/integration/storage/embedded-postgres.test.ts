import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Failure, silentLog } from '../../../src/kernel/index.js';
import type { EmbeddedPostgres } from '../../../src/storage/embedded/embedded-postgres.js';
import { startEmbeddedPostgres } from '../../../src/storage/embedded/embedded-postgres.js';
import { worksIn } from '../../../src/storage/embedded/postmaster.js';
import type { Pool } from '../../../src/storage/pool.js';
import { openPool } from '../../../src/storage/pool.js';
import { root } from '../../architecture/source-files.js';

let home: string;
let dataFolder: string;
const open: { stop(): Promise<unknown> }[] = [];

beforeEach(async () => {
  home = await mkdtemp(path.join(tmpdir(), 'hjemmebro-embedded-'));
  dataFolder = path.join(home, 'data');
});
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.stop();
  await rm(home, { recursive: true, force: true });
});

async function start(folder = dataFolder): Promise<{ postgres: EmbeddedPostgres; pool: Pool }> {
  const postgres = await startEmbeddedPostgres({ dataFolder: folder, log: silentLog });
  open.push(postgres);
  const pool = openPool(postgres.connection, { size: 2 });
  open.push({ stop: () => (pool.ended ? Promise.resolve() : pool.end()) });
  return { postgres, pool };
}

async function stop({ postgres, pool }: { postgres: EmbeddedPostgres; pool: Pool }): Promise<void> {
  await pool.end();
  await postgres.stop();
}

/** In a process of its own, which can be killed. */
async function hold(): Promise<{ child: ChildProcess; said: { pid?: number; refused?: string } }> {
  const child = spawn(process.execPath, [path.join(root, 'test/support/hold-database.mjs'), dataFolder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  open.push({
    stop: async () => {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGKILL');
        await once(child, 'exit');
      }
    },
  });
  const [line] = (await once(child.stdout!, 'data')) as [Buffer];
  return { child, said: JSON.parse(line.toString()) as { pid?: number; refused?: string } };
}

async function kill(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  await once(child, 'exit');
}

const noted = async (pool: Pool): Promise<number[]> =>
  (await pool.query<{ n: number }>('select n from note order by n')).rows.map(({ n }) => n);

/** Tries until the database is back; the connections of before are dead at first. */
async function eventually<T>(attempt: () => Promise<T>): Promise<T> {
  for (let left = 100; ; left -= 1) {
    try {
      return await attempt();
    } catch (error) {
      if (left === 0) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

describe('the embedded PostgreSQL', () => {
  test('a second start finds the data of the first', async () => {
    const first = await start();
    await first.pool.query('create table note (n int); insert into note values (1)');
    await stop(first);
    const second = await start();
    expect(await noted(second.pool)).toEqual([1]);
  });

  test('sorts and folds Norwegian letters as Unicode says, and checks its pages', async () => {
    const { pool } = await start();
    const { rows } = await pool.query(
      `select lower('ÆØÅ') as lower, current_setting('server_encoding') as encoding, current_setting('data_checksums') as checksums, current_setting('fsync') as fsync`,
    );
    expect(rows).toEqual([{ lower: 'æøå', encoding: 'UTF8', checksums: 'on', fsync: 'on' }]);
  });

  test('killed while the server lives, it is started again with everything that was acknowledged', async () => {
    const { postgres, pool } = await start();
    await pool.query('create table note (n int); insert into note values (1)');
    const before = postgres.pid();
    process.kill(before, 'SIGKILL');
    await eventually(() => (postgres.pid() === before ? Promise.reject(new Error('not yet')) : Promise.resolve()));
    expect(await eventually(() => noted(pool))).toEqual([1]);
    expect(worksIn(before, path.join(dataFolder, 'postgres'))).toBe(false);
  });

  test('one crashed connection does not bring the server down', async () => {
    const { pool } = await start();
    await pool.query('create table note (n int); insert into note values (1)');
    const { rows } = await pool.query<{ pid: number }>('select pg_backend_pid() as pid');
    process.kill(rows[0]!.pid, 'SIGKILL');
    expect(await eventually(() => noted(pool))).toEqual([1]);
    await eventually(() => pool.query('insert into note values (2)'));
  });

  test('left running by a killed server, it is stopped and started anew', async () => {
    const { child, said } = await hold();
    await kill(child);
    const { postgres, pool } = await start();
    expect(postgres.pid()).not.toBe(said.pid);
    expect(worksIn(said.pid!, path.join(dataFolder, 'postgres'))).toBe(false);
    expect((await pool.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
  });

  test('killed together with its server, the next start recovers', async () => {
    const { child, said } = await hold();
    process.kill(said.pid!, 'SIGKILL');
    await kill(child);
    const { pool } = await start();
    expect((await pool.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
  });

  test('a process number in postmaster.pid that now belongs to somebody else does not hinder the start', async () => {
    await stop(await start());
    const stranger = spawn('sleep', ['60'], { stdio: 'ignore' });
    open.push({ stop: () => Promise.resolve(stranger.kill()) });
    const pidFile = path.join(dataFolder, 'postgres', 'postmaster.pid');
    await writeFile(pidFile, `${stranger.pid}\n${path.dirname(pidFile)}\n1\n5432\n/nowhere\n\n0 0\nready\n`);
    const { pool } = await start();
    expect((await pool.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    expect(stranger.exitCode).toBeNull();
  });

  test('a second server on the same folder is refused, and the first goes on', async () => {
    const { pool } = await start();
    const refusal = await startEmbeddedPostgres({ dataFolder, log: silentLog }).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(Failure);
    expect(refusal).toMatchObject({ category: 'conflict', message: expect.stringContaining(dataFolder) });
    expect((await pool.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
  });

  test('of two first starts at the same moment one wins', async () => {
    const both = await Promise.all([hold(), hold()]);
    const outcomes = both.map(({ said }) => said.refused ?? 'runs').sort();
    expect(outcomes).toEqual(['conflict', 'runs']);
    const winner = both.find(({ said }) => said.pid !== undefined)!;
    await kill(winner.child);
    process.kill(winner.said.pid!, 'SIGKILL');
  });

  test('a data folder whose path is too long for a socket is as good', async () => {
    const long = path.join(home, 'x'.repeat(120), 'data');
    const first = await start(long);
    await first.pool.query('create table note (n int); insert into note values (1)');
    await stop(first);
    expect(await noted((await start(long)).pool)).toEqual([1]);
  });

  test('a data folder below a closed folder is as good, also as root', async () => {
    const closed = path.join(home, 'closed');
    await mkdir(path.join(closed, 'inner'), { recursive: true });
    await chmod(closed, 0o700);
    const first = await start(path.join(closed, 'inner', 'data'));
    await first.pool.query('create table note (n int); insert into note values (1)');
    await stop(first);
    expect(await noted((await start(path.join(closed, 'inner', 'data'))).pool)).toEqual([1]);
  });

  test('its log quotes no values of statements that fail', async () => {
    const { pool } = await start();
    await pool.query('create table person (id text primary key); insert into person values ($$12834812019$$)');
    await expect(pool.query('insert into person values ($1)', ['12834812019'])).rejects.toThrow();
    await expect(pool.query(`select '12834812019x'::int`)).rejects.toThrow();
    expect(await readFile(path.join(dataFolder, 'postgres.log'), 'utf8')).not.toContain('12834812019');
  });
});
