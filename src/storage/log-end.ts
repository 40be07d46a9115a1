import type { Queryable } from './pool.js';

/** A new reader of the change log starts at its end: what happened before it was there does not concern it. */
export async function startAtEnd(db: Queryable, reader: string): Promise<void> {
  await db.query(
    `insert into log_position (reader, xid, seq) select $1, pg_snapshot_xmin(pg_current_snapshot()), 0 on conflict do nothing`,
    [reader],
  );
}
