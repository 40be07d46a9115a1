import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { runner } from 'node-pg-migrate';
import pg from 'pg';
import type { Log } from '../kernel/index.js';
import { Failure } from '../kernel/index.js';
import type { Connection } from './pool.js';
import { clientConfig } from './pool.js';

/** Beside this file, both in `src` and in `dist`. */
const migrationsFolder = path.join(path.dirname(fileURLToPath(import.meta.url)), 'migrations');
const migrationsTable = 'schema_migration';
/** Arbitrary, but ours. */
const migrationLock = 4_861_637_002;

/**
 * Brings the schema to that of this code: `migrations/*.sql` in order, each in its own transaction. Starts at the same time
 * wait for each other. Migrations are append-only and go up only.
 *
 * @throws Failure `conflict` when the database was made by a newer version; `fault` when a migration fails
 */
export async function migrate(connection: Connection | string, log: Log): Promise<void> {
  const client = new pg.Client({ ...clientConfig(connection), application_name: 'hjemmebro migrate' });
  // A lost connection fails the statement that waits for it.
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query('select pg_advisory_lock($1)', [migrationLock]);
    await refuseNewer(client);
    const done = await apply(client);
    if (done.length > 0) log.info({ migrations: done }, 'database schema brought up to date');
  } finally {
    await client.end();
  }
}

async function apply(client: pg.Client): Promise<readonly string[]> {
  try {
    const done = await runner({
      dbClient: client,
      dir: migrationsFolder,
      migrationsTable,
      direction: 'up',
      noLock: true,
      logger: { debug() {}, info() {}, warn() {}, error() {} },
    });
    return done.map(({ name }) => name);
  } catch (cause) {
    throw new Failure('fault', `The database schema could not be brought up to date: ${(cause as Error).message}`, {
      cause,
    });
  }
}

async function refuseNewer(client: pg.Client): Promise<void> {
  const { rows: tables } = await client.query<{ there: boolean }>('select to_regclass($1) is not null as there', [
    migrationsTable,
  ]);
  if (!tables[0]?.there) return;
  const ours = (await readdir(migrationsFolder)).map((file) => path.parse(file).name);
  const { rows } = await client.query<{ name: string }>(
    `select name from ${migrationsTable} where name <> all($1) order by id`,
    [ours],
  );
  if (rows.length === 0) return;
  throw new Failure(
    'conflict',
    `The database has a newer schema than this server knows (${rows.map(({ name }) => name).join(', ')}). Start the newer version.`,
  );
}
