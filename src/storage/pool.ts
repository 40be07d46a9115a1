import pg from 'pg';
import type { Log } from '../kernel/index.js';
import { ByteClient } from './byte-rows.js';

/** Where the database is. A host that begins with `/` is the folder of a unix socket. */
export interface Connection {
  readonly host: string;
  readonly port?: number;
  readonly user: string;
  readonly database: string;
}

/** Whatever runs statements: the pool, or one client within a transaction. */
export interface Queryable {
  query<Row extends pg.QueryResultRow = pg.QueryResultRow>(
    text: string | pg.QueryConfig<unknown[]>,
    values?: unknown[],
  ): Promise<pg.QueryResult<Row>>;
}

type TypeId = Parameters<typeof pg.types.getTypeParser>[0];

export type Pool = pg.Pool;
export type PoolClient = pg.PoolClient;

export interface PoolOptions {
  /** Most connections at once. */
  readonly size?: number;
  readonly applicationName?: string;
  /** A statement that takes longer is cancelled (SQLSTATE 57014). 0: no limit. */
  readonly statementTimeout?: number;
  /**
   * Prepared statements are planned once, without their values: for statements whose best plan does not depend on them. The
   * planner by itself would plan those with arrays anew each time, which costs more than running them.
   */
  readonly plannedOnce?: boolean;
  /** Settings of every connection, made as it is opened. Names and values without spaces. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Columns of type varchar come as their bytes, a Buffer: for texts that are passed on as they are. */
  readonly varcharAsBytes?: boolean;
  readonly log?: Log;
}

const oid = { int8: 20, int8Array: 1016, numericArray: 1231, textArray: 1009, varchar: 1043 } as const;
const parserOf = (id: number): ((text: string) => unknown) =>
  pg.types.getTypeParser(id as TypeId) as (text: string) => unknown;
const parseNumbers = parserOf(1007); // int4[]: the same text form as int8[], read as numbers
const parseTexts = parserOf(oid.textArray);

/** bigint is a JS number (row ids stay far below 2^53), numeric stays the text it was: no decimal is ever rounded. */
const types: pg.CustomTypesConfig = {
  getTypeParser(id: number, format?: 'text' | 'binary') {
    if (format === 'binary') return pg.types.getTypeParser(id as TypeId, format);
    if (id === oid.int8) return Number;
    if (id === oid.int8Array) return parseNumbers;
    if (id === oid.numericArray) return parseTexts;
    return parserOf(id);
  },
};

/** The same for a ByteClient, of whose values only those of varchar stay bytes. */
const byteTypes: pg.CustomTypesConfig = {
  getTypeParser(id: number, format?: 'text' | 'binary') {
    if (id === oid.varchar) return (bytes: Buffer) => bytes;
    const parse = types.getTypeParser(id, format) as (text: string) => unknown;
    return (bytes: Buffer) => parse(bytes.toString());
  },
};

/** Settings of one `pg` client of our own. */
export function clientConfig(connection: Connection | string): pg.ClientConfig {
  const place = typeof connection === 'string' ? { connectionString: connection } : { port: 5432, ...connection };
  return { ...place, types, keepAlive: true, connectionTimeoutMillis: 10_000 };
}

/**
 * Opens a pool. Connections that die are replaced at the next use, so a database that was restarted is found again.
 *
 * @param connection a place, or a connection string (`postgresql://…`)
 */
export function openPool(connection: Connection | string, options: PoolOptions = {}): Pool {
  const settings = {
    ...options.settings,
    ...(options.plannedOnce === true ? { plan_cache_mode: 'force_generic_plan' } : {}),
  };
  const pool = new pg.Pool({
    ...clientConfig(connection),
    ...(options.varcharAsBytes === true ? { Client: ByteClient, types: byteTypes } : {}),
    max: options.size ?? 10,
    application_name: options.applicationName ?? 'hjemmebro',
    statement_timeout: options.statementTimeout ?? 30_000,
    ...(Object.keys(settings).length === 0
      ? {}
      : {
          options: Object.entries(settings)
            .map(([name, value]) => `-c ${name}=${value}`)
            .join(' '),
        }),
    idleTimeoutMillis: 30_000,
  });
  // Without a listener, an idle connection that the database closes would end the process.
  pool.on('error', (error) =>
    options.log?.warn({ code: (error as { code?: string }).code }, 'database connection lost'),
  );
  // The same for a client that is in use: its query fails, and that is how the loss is told.
  pool.on('connect', (client) => client.on('error', () => {}));
  return pool;
}

/** The connection string of a place, for tools that want one. */
export function connectionString({ host, port = 5432, user, database }: Connection): string {
  const query = host.startsWith('/') ? `?host=${encodeURIComponent(host)}&port=${port}` : '';
  const authority = host.startsWith('/') ? '' : `${host}:${port}`;
  return `postgresql://${encodeURIComponent(user)}@${authority}/${encodeURIComponent(database)}${query}`;
}
