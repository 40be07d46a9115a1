import type { Queryable } from './pool.js';
import type { Lease } from './subscription-delivery.js';

/**
 * Asks delivery to send settled events again; what is not settled comes anyway. What was asked for before and has not gone
 * out yet is joined with it.
 *
 * @param range numbers, or times in milliseconds since 1970; both ends included; absent: open
 * @returns how many events
 */
export async function askToResend(
  db: Queryable,
  subscription: number,
  range: {
    readonly from?: number | undefined;
    readonly to?: number | undefined;
    readonly since?: number | undefined;
    readonly until?: number | undefined;
  },
): Promise<number> {
  const { rows } = await db.query<{ count: number }>(
    `with wanted as (
       select min(e.event) as first, max(e.event) as last, count(*) as count
       from subscription_event e join subscription_state s on s.rid = e.subscription and e.event <= s.settled
       where e.subscription = $1 and ($2::bigint is null or e.event >= $2) and ($3::bigint is null or e.event <= $3)
         and ($4::timestamptz is null or e.at >= $4) and ($5::timestamptz is null or e.at <= $5)
     ), asked as (
       update subscription_state s set resend_from = least(s.resend_from, w.first), resend_to = greatest(s.resend_to, w.last)
       from wanted w where s.rid = $1 and w.count > 0
     )
     select count, pg_notify('hjemmebro_event', '') from wanted`,
    [
      subscription,
      range.from ?? null,
      range.to ?? null,
      range.since === undefined ? null : new Date(range.since),
      range.until === undefined ? null : new Date(range.until),
    ],
  );
  return rows[0]?.count ?? 0;
}

/** What is asked for to be sent again. */
export async function resendRange(
  db: Queryable,
  subscription: number,
): Promise<{ readonly from: number; readonly to: number } | undefined> {
  const { rows } = await db.query<{ from: number; to: number }>({
    name: 'resend-range',
    text: 'select resend_from as "from", resend_to as "to" from subscription_state where rid = $1 and resend_from is not null',
    values: [subscription],
  });
  return rows[0];
}

/**
 * Events up to `to` were sent again: the rest waits, or nothing does any more.
 *
 * @returns false when the lease was lost
 */
export async function noteResent(db: Queryable, lease: Lease, subscription: number, to: number): Promise<boolean> {
  const { rowCount } = await db.query({
    name: 'resend-note',
    text: `update subscription_state set failures = 0, failing_since = null, next_attempt = null, error = null,
        resend_to = case when resend_to > $3::bigint then resend_to end,
        resend_from = case when resend_to > $3::bigint then $3::bigint + 1 end,
        lease_until = clock_timestamp() + $4::float8 * interval '1 millisecond'
      where rid = $2 and lease_owner = $1`,
    values: [String(lease.owner), subscription, to, lease.milliseconds],
  });
  return rowCount === 1;
}
