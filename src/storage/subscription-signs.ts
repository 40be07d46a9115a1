import type { Queryable } from './pool.js';
import type { Lease } from './subscription-delivery.js';

/** A subscription whose endpoint is to be greeted or given a sign of life. */
export interface SignDue {
  readonly rid: number;
  readonly version: number;
  /** Events so far. */
  readonly total: number;
  readonly failures: number;
  /** Milliseconds since 1970 of the first of the failures in a row. */
  readonly failingSince: number | undefined;
}

interface Row extends Omit<SignDue, 'failingSince'> {
  readonly since: Date | null;
}

const due = ({ since, ...row }: Row): SignDue => ({ ...row, failingSince: since?.getTime() });

/** Claims subscriptions whose endpoint has yet to answer a handshake. */
export async function claimHandshakes(
  db: Queryable,
  lease: Lease,
  wanted: { readonly now: number; readonly limit: number },
): Promise<readonly SignDue[]> {
  const { rows } = await db.query<Row>({
    name: 'handshake-claim',
    text: `update subscription_state s set lease_owner = $1, lease_until = clock_timestamp() + $2::float8 * interval '1 millisecond'
      from (
        select rid from subscription_state where status = 'requested' and (next_attempt is null or next_attempt <= $3)
          and (lease_until is null or lease_until < clock_timestamp())
        order by next_attempt nulls first limit $4 for update skip locked
      ) due
      where s.rid = due.rid returning s.rid, s.version, s.next_event - 1 as total, s.failures, s.failing_since as since`,
    values: [String(lease.owner), lease.milliseconds, new Date(wanted.now), wanted.limit],
  });
  return rows.map(due);
}

/**
 * The endpoint has answered (delivery begins), or has not for too long (`error`). Nothing happens where the Subscription
 * was changed meanwhile: it is greeted anew.
 */
export async function settleHandshake(
  db: Queryable,
  lease: Lease,
  { rid, version, error }: { readonly rid: number; readonly version: number; readonly error?: string },
): Promise<void> {
  await db.query(
    `update subscription_state set lease_owner = null, lease_until = null,
       status = case when version <> $3 then status when $4::text is null then 'active' else 'error' end,
       error = case when version = $3 then $4 else error end, spoken = case when $4::text is null then now() else spoken end,
       failures = 0, failing_since = null, next_attempt = null
     where rid = $2 and lease_owner = $1 and status = 'requested'`,
    [String(lease.owner), rid, version, error ?? null],
  );
}

/** Takes subscriptions that have been told nothing for as long as they asked; each is taken by one instance. */
export async function takeHeartbeats(db: Queryable, limit: number): Promise<readonly SignDue[]> {
  const { rows } = await db.query<Row>({
    name: 'heartbeat-take',
    text: `update subscription_state s set spoken = now()
      from (
        select rid from subscription_state
        where status = 'active' and heartbeat_s is not null and not by_socket and settled + 1 >= next_event
          and spoken < now() - heartbeat_s * interval '1 second'
        order by spoken limit $1 for update skip locked
      ) silent
      where s.rid = silent.rid returning s.rid, s.version, s.next_event - 1 as total, s.failures, s.failing_since as since`,
    values: [limit],
  });
  return rows.map(due);
}
