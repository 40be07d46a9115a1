import { createHash } from 'node:crypto';
import type { Queryable } from './pool.js';

/**
 * Locks patients, exclusively, until the end of the transaction (decision 5): whatever feeds the engine of a patient waits
 * for whatever else does. The array is sorted here, so every transaction locks in the same order.
 */
export async function lockPatients(tx: Queryable, keys: readonly number[]): Promise<void> {
  if (keys.length === 0) return;
  const sorted = [...new Set(keys)].sort((a, b) => a - b);
  await tx.query({
    name: 'lock-keys',
    text: 'select pg_advisory_xact_lock(k) from (select unnest($1::bigint[]) as k) s',
    values: [sorted],
  });
}

/** Locks search criteria, after the patients. Hashes are negative, patient keys positive: they never meet. */
export async function lockCriteria(tx: Queryable, criteria: readonly string[]): Promise<void> {
  if (criteria.length === 0) return;
  const sorted = [...new Set(criteria.map(hash))].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0)).map(String);
  await tx.query({
    name: 'lock-keys',
    text: 'select pg_advisory_xact_lock(k) from (select unnest($1::bigint[]) as k) s',
    values: [sorted],
  });
}

function hash(criteria: string): bigint {
  const bits = createHash('sha256').update(criteria).digest().readBigUInt64BE(0) >> 1n;
  return -bits - 1n;
}
