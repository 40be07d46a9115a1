/**
 * What is kept no longer than the configured time: entries of the audit log, whole seals at a time, and messages as they came and
 * went. Clinical records are none of it: they go by lawful erasure alone (decision 22).
 */
import { insertAudit } from './audit.js';
import type { Pool } from './pool.js';
import { inTransaction } from './transaction.js';

export interface Retention {
  /** Milliseconds since 1970: what is older goes; absent: everything stays. */
  readonly auditBefore?: number;
  readonly messagesBefore?: number;
  readonly now: number;
}

/** @returns rows that went. The seals stay, so that the chain goes on from them. */
export async function applyRetention(
  pool: Pool,
  { auditBefore, messagesBefore, now }: Retention,
): Promise<{ readonly audit: number; readonly messages: number }> {
  return inTransaction(pool, async (tx) => {
    let audit = 0;
    if (auditBefore !== undefined) {
      // A seal goes when its youngest entry is too old, and every one before it has gone.
      const { rows } = await tx.query<{ xid: string; seq: number }>(
        `with young as (select min(number) as number from audit_seal s where erased is null and exists (
           select from audit a where (a.xid, a.seq) <= (s.xid, s.seq) and a.at >= $1
             and (a.xid, a.seq) > (coalesce((select (p.xid) from audit_seal p where p.number = s.number - 1), '0'), coalesce((select p.seq from audit_seal p where p.number = s.number - 1), 0)))),
         gone as (update audit_seal set erased = $2 where erased is null and number < coalesce((select number from young), 9223372036854775807)
           returning xid, seq)
         select xid::text as xid, seq from gone order by gone.xid desc, gone.seq desc limit 1`,
        [new Date(auditBefore), new Date(now)],
      );
      const [last] = rows;
      if (last !== undefined) {
        await tx.query('delete from audit_patient where (xid, seq) <= ($1::xid8, $2::bigint)', [last.xid, last.seq]);
        audit =
          (await tx.query('delete from audit where (xid, seq) <= ($1::xid8, $2::bigint)', [last.xid, last.seq]))
            .rowCount ?? 0;
      }
    }
    let messages = 0;
    if (messagesBefore !== undefined) {
      const old = "select id from message where received_at < $1 and state in ('accepted', 'rejected', 'acknowledged')";
      await tx.query(`delete from message_delivery where message in (${old})`, [new Date(messagesBefore)]);
      messages = (await tx.query(`delete from message where id in (${old})`, [new Date(messagesBefore)])).rowCount ?? 0;
    }
    const detail = `${audit} entries of the log, ${messages} messages`;
    await insertAudit(tx, [
      {
        at: now,
        request: 'retention',
        client: 'hjemmebro-retention',
        subject: 'hjemmebro',
        action: 'retention',
        outcome: 0,
        detail,
      },
    ]);
    return { audit, messages };
  });
}
