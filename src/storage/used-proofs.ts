import type { Queryable } from './pool.js';
import { storageFailure } from './transaction.js';

/** Uses between two sweeps of what has expired. */
const sweepEvery = 1000;

/**
 * Remembers proofs of possession across instances (RFC 9449 section 11.1).
 *
 * @returns whether the proof is used for the first time
 */
export function usedProofs(db: Queryable): (print: Buffer, until: number) => Promise<boolean> {
  let uses = 0;
  return async (print, until) => {
    try {
      uses += 1;
      if (uses % sweepEvery === 0) await db.query('delete from used_proof where expires < now()');
      const { rowCount } = await db.query({
        name: 'use-proof',
        text: 'insert into used_proof (print, expires) values ($1, $2) on conflict (print) do nothing',
        values: [print, new Date(until)],
      });
      return rowCount === 1;
    } catch (error) {
      throw storageFailure(error);
    }
  };
}
