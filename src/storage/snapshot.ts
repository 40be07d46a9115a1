import type { Pool, Queryable } from './pool.js';
import { storageFailure } from './transaction.js';

/**
 * Reads that all see the database as it was at the first of them. The transaction is read-only and has no number, so it
 * holds back no reader of the change log.
 *
 * @throws Failure busy where the database is lost
 */
export async function withSnapshot<T>(pool: Pool, work: (db: Queryable) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query('begin isolation level repeatable read read only');
    // The snapshot is taken by the first statement.
    await client.query('select 1');
    return await work(client);
  } catch (error) {
    throw storageFailure(error);
  } finally {
    try {
      await client.query('rollback');
    } catch (error) {
      broken = error as Error;
    }
    client.release(broken);
  }
}
