import type { Queryable } from './pool.js';

/** A subscription that this instance may deliver to, until its lease ends. */
export interface Claim {
  readonly rid: number;
  readonly version: number;
  readonly failures: number;
  /** Milliseconds since 1970 of the first of the failures in a row. */
  readonly failingSince: number | undefined;
  /** Earlier events are wanted once more. */
  readonly resends: boolean;
}

/** An event that is to be delivered next. */
export interface PendingEvent {
  readonly event: number;
  readonly rid: number;
  readonly version: number;
  readonly kind: 'c' | 'u' | 'd';
  readonly type: string;
  readonly id: string;
  /** When it was numbered. */
  readonly at: Date;
  /** Dictionary id. */
  readonly controller: number;
  readonly patients: readonly number[];
  readonly text: string | null;
}

export interface Lease {
  /** This instance: the second integer of its session lock (`lockKinds.instance`). */
  readonly owner: number;
  readonly milliseconds: number;
}

// Leases follow the database's clock, the only one that all instances share.
// What delivery notes may be lost in a crash of the database: an event is then delivered again, under the same number. Its
// commits therefore do not wait for the disk.
const unflushed = `(select set_config('synchronous_commit', 'off', true)) unflushed`;
const until = (parameter: string): string => `clock_timestamp() + ${parameter} * interval '1 millisecond'`;

/** Which subscriptions to claim. */
export interface Wanted {
  /** Milliseconds since 1970: those whose next attempt is due by then. */
  readonly now: number;
  /** Those whose last attempt failed, or the others. */
  readonly failing: boolean;
  /** Only these; absent: any. */
  readonly only?: readonly number[];
  /** Those this instance works on already. */
  readonly busy: readonly number[];
  readonly limit: number;
}

/**
 * Claims subscriptions that have something to deliver and whose time has come. One that this instance holds without being
 * busy with it was claimed by a statement whose answer was lost: it may be claimed again.
 */
export async function claimSubscriptions(db: Queryable, lease: Lease, wanted: Wanted): Promise<readonly Claim[]> {
  if (wanted.limit <= 0) return [];
  const only = wanted.only === undefined ? '' : 'and rid = any ($7::bigint[])';
  const { rows } = await db.query<{
    rid: number;
    version: number;
    failures: number;
    failing_since: Date | null;
    resends: boolean;
  }>({
    name: wanted.only === undefined ? 'subscription-claim' : 'subscription-claim-only',
    text: `update subscription_state s set lease_owner = $1, lease_until = ${until('$2::float8')}
      from (
        select rid from subscription_state, ${unflushed}
        where status = 'active' and (settled + 1 < next_event or resend_from is not null) and not by_socket and (next_attempt is null or next_attempt <= $3)
          and (lease_until is null or lease_until < clock_timestamp() or lease_owner = $1) and rid <> all ($4::bigint[])
          and (failures > 0) = $6 ${only}
        order by next_attempt nulls first limit $5 for update of subscription_state skip locked
      ) due
      where s.rid = due.rid
      returning s.rid, s.version, s.failures, s.failing_since, s.resend_from is not null as resends`,
    values: [
      String(lease.owner),
      lease.milliseconds,
      new Date(wanted.now),
      wanted.busy,
      wanted.limit,
      wanted.failing,
      ...(wanted.only === undefined ? [] : [wanted.only]),
    ],
  });
  return rows.map(({ failing_since: since, ...row }) => ({ ...row, failingSince: since?.getTime() }));
}

/** The next events of each subscription, in order. */
export async function pendingEvents(
  db: Queryable,
  subscriptions: readonly number[],
  limit: number,
): Promise<ReadonlyMap<number, readonly PendingEvent[]>> {
  if (subscriptions.length === 0) return new Map();
  const { rows } = await db.query<PendingEvent & { subscription: number }>({
    name: 'subscription-pending',
    text: `select e.subscription, e.event, e.rid, e.version, e.kind::text as kind, t.name as type, r.id, e.at,
        coalesce(old.controller, r.controller) as controller, coalesce(old.patients, r.patients) as patients,
        case when r.version = e.version then r.content else old.content end as text
      from subscription_state s
      cross join lateral (select * from subscription_event x where x.subscription = s.rid and x.event > s.settled order by x.event limit $2) e
      join resource r on r.rid = e.rid
      join resource_type t on t.id = r.type
      left join resource_history old on old.rid = e.rid and old.version = e.version and r.version <> e.version
      where s.rid = any ($1::bigint[]) order by e.subscription, e.event`,
    values: [subscriptions, limit],
  });
  const found = new Map<number, PendingEvent[]>(subscriptions.map((rid) => [rid, []]));
  for (const row of rows) found.get(row.subscription)!.push(row);
  return found;
}

/** How an event ended: delivered, dead (given up), withheld (the subscriber's access has ended). */
export type Outcome = 'delivered' | 'dead' | 'withheld';
const letter: Readonly<Record<Outcome, string>> = { delivered: 'd', dead: 'x', withheld: 'w' };

export interface Settlement {
  readonly subscription: number;
  /** The first and the last event of one notification. */
  readonly from: number;
  readonly to: number;
  readonly outcome: Outcome;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** For `dead`: why; the subscription's status becomes `error`. */
  readonly error?: string;
}

/**
 * Notes how the events of a notification ended. Renews the lease where more events are there, gives it back otherwise.
 *
 * @returns what the subscription is now, or undefined when the lease was lost: another instance goes on
 */
export async function settleEvents(
  db: Queryable,
  lease: Lease,
  settlement: Settlement,
): Promise<{ readonly version: number; readonly status: string; readonly more: boolean } | undefined> {
  const { rows } = await db.query<{ version: number; status: string; more: boolean }>({
    name: 'subscription-settle',
    text: `with s as (
        update subscription_state set settled = $8, spoken = case $5 when 'd' then now() else spoken end, failures = 0, failing_since = null, next_attempt = null, error = $6,
          status = case when $6::text is null then status else 'error' end,
          lease_owner = case when next_event > $8::bigint + 1 then lease_owner end,
          lease_until = case when next_event > $8::bigint + 1 then ${until('$2::float8')} end
        from ${unflushed}
        where rid = $4 and lease_owner = $1 and settled = $3::bigint - 1
        returning version, status, next_event
      ), e as (
        update subscription_event set outcome = $5::"char", settled_at = $7
        where subscription = $4 and event between $3 and $8 and exists (select from s)
      )
      select version, status, next_event > $8::bigint + 1 as more from s`,
    values: [
      String(lease.owner),
      lease.milliseconds,
      settlement.from,
      settlement.subscription,
      letter[settlement.outcome],
      settlement.error ?? null,
      new Date(settlement.now),
      settlement.to,
    ],
  });
  return rows[0];
}

/** Notes a failed attempt, says when the next one is due, and gives the lease back. */
export async function noteFailure(
  db: Queryable,
  lease: Lease,
  failure: {
    readonly subscription: number;
    readonly now: number;
    readonly nextAttempt: number;
    readonly error: string;
  },
): Promise<void> {
  await db.query({
    name: 'subscription-failure',
    text: `update subscription_state set failures = failures + 1, failing_since = coalesce(failing_since, $3), next_attempt = $4, error = $5,
        lease_owner = null, lease_until = null
      where rid = $2 and lease_owner = $1`,
    values: [
      String(lease.owner),
      failure.subscription,
      new Date(failure.now),
      new Date(failure.nextAttempt),
      failure.error,
    ],
  });
}

export async function releaseSubscription(db: Queryable, lease: Lease, rid: number): Promise<void> {
  await db.query(
    'update subscription_state set lease_owner = null, lease_until = null where rid = $2 and lease_owner = $1',
    [String(lease.owner), rid],
  );
}

/** A subscription that cannot be served comes into error; its events stay. Gives the lease back. */
export async function stopSubscription(db: Queryable, lease: Lease, rid: number, error: string): Promise<void> {
  await db.query(
    `update subscription_state set lease_owner = null, lease_until = null,
       status = case status when 'active' then 'error' else status end, error = case status when 'active' then $3 else error end
     where rid = $2 and lease_owner = $1`,
    [String(lease.owner), rid, error],
  );
}

/**
 * Frees what instances that are gone had claimed: an instance lives as long as its session lock is held.
 *
 * @param lock first integer of the instances' session locks
 */
export async function freeOrphans(db: Queryable, lock: number, owner: number): Promise<number> {
  const orphaned = `lease_owner <> $1 and not exists (
    select from pg_locks l where l.locktype = 'advisory' and l.granted and l.classid = $2::oid and l.objid::text = lease_owner and l.objsubid = 2
      and l.database = (select oid from pg_database where datname = current_database()))`;
  const subscriptions = await db.query(
    `update subscription_state set lease_owner = null, lease_until = null where ${orphaned}`,
    [String(owner), lock],
  );
  const messages = await db.query(
    `update message_delivery set lease_owner = null, lease_until = null where ${orphaned}`,
    [String(owner), lock],
  );
  return (subscriptions.rowCount ?? 0) + (messages.rowCount ?? 0);
}

/** For metrics: what waits, what was given up. Ages in milliseconds against `now`. */
export async function deliveryBacklog(
  db: Queryable,
  now: number,
): Promise<{
  readonly pending: number;
  readonly failing: number;
  readonly inError: number;
  readonly oldestMs: number;
}> {
  const { rows } = await db.query<{ pending: number; failing: number; error: number; oldest: Date | null }>(
    `select coalesce(sum(s.next_event - 1 - s.settled), 0)::bigint as pending, count(*) filter (where s.failures > 0) as failing,
       count(*) filter (where s.status = 'error') as error,
       min(e.at) filter (where s.status = 'active' and not s.by_socket) as oldest
     from subscription_state s left join subscription_event e on e.subscription = s.rid and e.event = s.settled + 1
     where s.status in ('active', 'error')`,
  );
  const row = rows[0]!;
  return {
    pending: row.pending,
    failing: row.failing,
    inError: row.error,
    oldestMs: row.oldest === null ? 0 : Math.max(0, now - row.oldest.getTime()),
  };
}
