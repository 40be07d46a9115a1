import type { Op } from '../../followup/engine/op.js';
import { markOwnDowntime, missedSince } from '../../followup/projection/own-downtime.js';
import { standstillsSince } from '../../storage/heartbeat.js';
import type { Queryable } from '../../storage/pool.js';
import { type PatientRecord, planOf } from './patient-record.js';

/** The ops, those of misses marked where the server itself stood still in their window. */
export async function withOwnDowntime(
  ops: readonly Op[],
  record: PatientRecord,
  db: Queryable,
): Promise<readonly Op[]> {
  const plan = planOf(record);
  const since = plan === undefined ? undefined : missedSince(ops, plan);
  if (plan === undefined || since === undefined) return ops;
  return markOwnDowntime(ops, plan, await standstillsSince(db, 'ticker', since));
}
