import { randomBytes } from 'node:crypto';
import type { Connection, Pool, PoolOptions } from '../../src/storage/pool.js';
import { connectionString, openPool } from '../../src/storage/pool.js';

/** A database of one test file's own. */
export interface TestDatabase {
  readonly connection: Connection;
  /** The same place as a connection string. */
  readonly url: string;
  readonly pool: Pool;
  /** Closes the pool and removes the database. */
  drop(): Promise<void>;
}

/** Clones the migrated schema (`empty: true`: a database without any tables). */
export async function createTestDatabase(
  options: PoolOptions & { readonly empty?: boolean } = {},
): Promise<TestDatabase> {
  const place = process.env['TEST_DATABASE'];
  if (!place)
    throw new Error(
      'No database: it is started for test/integration and test/e2e only (test/support/database-server.mjs).',
    );
  const server = JSON.parse(place) as Connection;
  const database = `test_${randomBytes(8).toString('hex')}`;
  await asOwner(server, `create database ${database} template ${options.empty ? 'template0' : 'template_hjemmebro'}`);
  const connection = { ...server, database };
  const pool = openPool(connection, { size: 8, ...options });
  return {
    connection,
    url: connectionString(connection),
    pool,
    async drop() {
      if (!pool.ended) await pool.end();
      await asOwner(server, `drop database ${database} with (force)`);
    },
  };
}

async function asOwner(server: Connection, statement: string): Promise<void> {
  const pool = openPool(server, { size: 1 });
  try {
    await pool.query(statement);
  } finally {
    await pool.end();
  }
}
