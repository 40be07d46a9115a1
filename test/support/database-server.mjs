// Jest's globalSetup: one PostgreSQL for the whole run, with a migrated template that each test file clones.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build } from '../../scripts/build.mjs';
import { transpile } from '../../scripts/transpile.mjs';

const quiet = { debug() {}, info() {}, warn() {}, error: console.error, child: () => quiet };
const withoutDatabase = /test\/(unit|property|architecture)\b/;

export default async function startDatabaseServer(globalConfig) {
  const patterns = globalConfig.testPathPatterns?.patterns ?? [];
  if (patterns.length > 0 && patterns.every((pattern) => withoutDatabase.test(pattern))) return;
  // Tests of the whole server run what is built.
  if (patterns.length === 0 || patterns.some((pattern) => pattern.includes('e2e'))) await build();
  else await transpile(['kernel', 'storage/embedded', 'storage/pool.ts', 'storage/migrate.ts', 'storage/migrations']);
  const { startEmbeddedPostgres } = await import('../../dist/storage/embedded/embedded-postgres.js');
  const { migrate } = await import('../../dist/storage/migrate.js');
  const { openPool } = await import('../../dist/storage/pool.js');

  const dataFolder = await mkdtemp(path.join(tmpdir(), 'hjemmebro-test-'));
  const postgres = await startEmbeddedPostgres({ dataFolder, log: quiet, durable: false });
  globalThis.stopDatabaseServer = async () => {
    await postgres.stop();
    await rm(dataFolder, { recursive: true, force: true });
  };
  try {
    const pool = openPool(postgres.connection, { size: 1 });
    await pool.query('create database template_hjemmebro');
    await pool.end();
    await migrate({ ...postgres.connection, database: 'template_hjemmebro' }, quiet);
  } catch (error) {
    await globalThis.stopDatabaseServer();
    throw error;
  }
  process.env.TEST_DATABASE = JSON.stringify(postgres.connection);
}
