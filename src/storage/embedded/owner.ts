import pg from 'pg';
import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from '../../kernel/index.js';
import type { Connection } from '../pool.js';
import { clientConfig } from '../pool.js';

/** Arbitrary, but ours: the key of the lock that says which server a data folder belongs to. */
const ownerLock = 4_861_637_001;

/** A connection held for as long as the server lives; the lock on it goes when the process goes, however it ends. */
export interface Owner {
  readonly client: pg.Client;
  /** Settles when the connection is gone. */
  readonly lost: Promise<void>;
}

/**
 * Takes the data folder for this server.
 *
 * @returns undefined when another living server has it, even after `patience` ms
 */
export async function takeOwnership(connection: Connection, patience: number): Promise<Owner | undefined> {
  const client = new pg.Client({ ...clientConfig(connection), application_name: 'hjemmebro owner' });
  let ended!: () => void;
  const lost = new Promise<void>((resolve) => (ended = resolve));
  client.on('error', ended);
  client.on('end', ended);
  await client.connect();
  for (let waited = 0; ; waited += 100) {
    const { rows } = await client.query<{ taken: boolean }>('select pg_try_advisory_lock($1) as taken', [ownerLock]);
    if (rows[0]?.taken) return { client, lost };
    if (waited >= patience) break;
    await sleep(100);
  }
  await client.end();
  return undefined;
}

/** Makes the database within the cluster if it is not there yet. */
export async function ensureDatabase(owner: Owner, database: string): Promise<void> {
  const { rowCount } = await owner.client.query('select 1 from pg_database where datname = $1', [database]);
  if (rowCount) return;
  await owner.client.query(`create database ${pg.escapeIdentifier(database)}`).catch((cause: unknown) => {
    throw new Failure('fault', 'The database could not be created.', { cause });
  });
}
