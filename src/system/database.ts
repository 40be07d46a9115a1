import path from 'node:path';
import type { Config } from '../config/config.js';
import type { Log } from '../kernel/log.js';
import { runningEmbedded, startEmbeddedPostgres } from '../storage/embedded/embedded-postgres.js';
import { migrate } from '../storage/migrate.js';
import { type TenantPools, tenantPools } from '../storage/tenant-pools.js';
import { type Connection, openPool, type Pool } from '../storage/pool.js';

export interface Database {
  /** For requests. */
  readonly pool: Pool;
  /**
   * For what a transaction may have to wait for – new dictionary entries, row ids – and for what runs by itself: delivery,
   * jobs, audit. Were these taken from the same pool, transactions could use it up and wait for each other.
   */
  readonly side: Pool;
  /** For statements whose plan does not depend on their values. Columns of type varchar come as bytes. */
  readonly planned: Pool;
  /** For reading on behalf of callers, fenced in by their data controllers; undefined: the database user may not. */
  readonly tenants: TenantPools | undefined;
  stop(): Promise<void>;
}

/** The database of DATABASE_URL, or the embedded one in the data folder; migrated. */
export async function openDatabase(config: Config, log: Log): Promise<Database> {
  const embedded =
    config.DATABASE_URL === undefined
      ? await startEmbeddedPostgres({ dataFolder: path.resolve(config.HJEMMEBRO_DATA), log })
      : undefined;
  const connection: Connection | string = embedded?.connection ?? config.DATABASE_URL!;
  try {
    await migrate(connection, log);
  } catch (error) {
    await embedded?.stop();
    throw error;
  }
  const pool = openPool(connection, {
    size: config.DATABASE_POOL_SIZE,
    applicationName: 'hjemmebro',
    statementTimeout: config.STATEMENT_TIMEOUT_MS,
    log,
  });
  const side = openPool(connection, {
    size: 8,
    applicationName: 'hjemmebro-side',
    statementTimeout: config.STATEMENT_TIMEOUT_MS,
    log,
  });
  const planned = openPool(connection, {
    size: 4,
    applicationName: 'hjemmebro',
    statementTimeout: config.STATEMENT_TIMEOUT_MS,
    plannedOnce: true,
    varcharAsBytes: true,
    log,
  });
  const tenants = await tenantPools(side, connection, {
    size: config.DATABASE_POOL_SIZE,
    applicationName: 'hjemmebro request',
    statementTimeout: config.STATEMENT_TIMEOUT_MS,
    log,
  });
  if (tenants === undefined)
    log.warn({}, 'row-level security is off: the database user may not take the role hjemmebro_request');
  return {
    pool,
    side,
    planned,
    tenants,
    async stop() {
      await Promise.allSettled([pool.end(), side.end(), planned.end(), tenants?.stop()]);
      await embedded?.stop();
    },
  };
}

/**
 * The database for a command: that of DATABASE_URL, the embedded one of a server that is running, or else the embedded one,
 * started for as long as the command runs. Migrated.
 */
export async function openForCommand(
  config: Config,
  log: Log,
): Promise<{ readonly pool: Pool; stop(): Promise<void> }> {
  const place = config.DATABASE_URL ?? (await runningEmbedded(config.HJEMMEBRO_DATA));
  const embedded =
    place === undefined
      ? await startEmbeddedPostgres({ dataFolder: path.resolve(config.HJEMMEBRO_DATA), log })
      : undefined;
  const connection = place ?? embedded!.connection;
  try {
    await migrate(connection, log);
  } catch (error) {
    await embedded?.stop();
    throw error;
  }
  const pool = openPool(connection, { size: 2, applicationName: 'hjemmebro command', statementTimeout: 0, log });
  return {
    pool,
    async stop() {
      await pool.end();
      await embedded?.stop();
    },
  };
}
