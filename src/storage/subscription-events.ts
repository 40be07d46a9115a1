import type { Principal } from '../access/principal.js';
import type { Queryable } from './pool.js';
import type { LogRow } from './change-log.js';

/**
 * As matching sees a subscription: only `active` is delivered; only `off` and `deleted` are not numbered. `requested`: the
 * endpoint has yet to show that it listens.
 */
export type FollowedStatus = 'requested' | 'active' | 'off' | 'error' | 'deleted';

/** A Subscription at the version that matching follows. */
export interface FollowedSubscription {
  readonly rid: number;
  readonly id: string;
  readonly version: number;
  readonly status: FollowedStatus;
  /** Subscription.status as this version shows it. */
  readonly announced: string;
  readonly error: string | null;
  readonly text: string | null;
  readonly owner: Principal | null;
  /** Its secrets, sealed. */
  readonly sealed: string | null;
}

const followedSql = `
  select s.rid, r.id, s.version, s.status, s.announced, s.error, o.principal as owner,
    (select x.sealed from subscription_secret x where x.rid = s.rid and x.version <= s.version order by x.version desc limit 1) as sealed,
    case when r.version = s.version then r.content else old.content end as text
  from subscription_state s
  join resource r on r.rid = s.rid
  left join resource_history old on old.rid = s.rid and old.version = s.version and r.version <> s.version
  left join subscription_owner o on o.rid = s.rid`;

/** Every subscription that is not deleted, as of the matcher's position. */
export async function followedSubscriptions(db: Queryable): Promise<readonly FollowedSubscription[]> {
  return (await db.query<FollowedSubscription>(`${followedSql} where s.status <> 'deleted' order by s.rid`)).rows;
}

/** One subscription at the version that matching follows, whatever its status. */
export async function followedSubscription(db: Queryable, rid: number): Promise<FollowedSubscription | undefined> {
  return (
    await db.query<FollowedSubscription>({
      name: 'subscription-followed',
      text: `${followedSql} where s.rid = $1`,
      values: [rid],
    })
  ).rows[0];
}

/** Subscriptions whose resource does not show the status it has: the resource is to be changed. By rid, one page. */
export async function unannouncedSubscriptions(
  db: Queryable,
  page: { readonly after: number; readonly limit: number },
): Promise<readonly FollowedSubscription[]> {
  return (
    await db.query<FollowedSubscription>(
      `${followedSql} where s.status <> 'deleted' and s.status <> s.announced and s.rid > $1 order by s.rid limit $2`,
      [page.after, page.limit],
    )
  ).rows;
}

/**
 * Keeps who created a Subscription; belongs into the transaction of the creation. Later writers do not become owners.
 *
 * @param principal the caller, as it may be judged again for every event
 */
export async function storeSubscriptionOwner(tx: Queryable, rid: number, principal: Principal): Promise<void> {
  await tx.query('insert into subscription_owner (rid, principal) values ($1, $2) on conflict (rid) do nothing', [
    rid,
    // Prepared conditions of scopes are made anew from their queries.
    JSON.stringify(principal, (name, value: unknown) => (name === 'conditions' ? undefined : value)),
  ]);
}

/** What a change of a Subscription means for matching. */
export interface Following {
  readonly row: LogRow;
  readonly announced: string;
  /** `keep`: the change was the server's own and says nothing new about the status. */
  readonly status: FollowedStatus | 'keep';
  readonly error?: string;
  readonly bySocket?: boolean;
  readonly heartbeatSeconds?: number | undefined;
}

/** Follows a change of a Subscription from exactly its place in the log on. A client's new request starts delivery anew. */
export async function followSubscription(tx: Queryable, following: Following): Promise<void> {
  const { row, announced, status, error, bySocket = false, heartbeatSeconds } = following;
  await tx.query({
    name: 'subscription-follow',
    text: `insert into subscription_state as s
        (rid, version, announced, status, start_xid, start_seq, error, by_socket, heartbeat_s, spoken)
      values ($1, $2, $3, case $4 when 'keep' then 'active' else $4 end, $5::xid8, $6, $7, $8, $9, now())
      on conflict (rid) do update set version = excluded.version, announced = excluded.announced,
        by_socket = excluded.by_socket, heartbeat_s = excluded.heartbeat_s,
        status = case $4 when 'keep' then s.status else excluded.status end,
        error = case $4 when 'keep' then s.error else excluded.error end,
        failures = case $4 when 'keep' then s.failures else 0 end,
        failing_since = case $4 when 'keep' then s.failing_since end,
        next_attempt = case $4 when 'keep' then s.next_attempt end`,
    values: [
      row.rid,
      row.version,
      announced,
      status,
      row.xid,
      row.seq,
      error ?? null,
      bySocket,
      heartbeatSeconds ?? null,
    ],
  });
}

/** Sets what matching itself found out: that the subscription has ended or cannot be evaluated. */
export async function setFollowedStatus(
  db: Queryable,
  rid: number,
  status: FollowedStatus,
  error?: string,
): Promise<void> {
  await db.query('update subscription_state set status = $2, error = $3 where rid = $1', [rid, status, error ?? null]);
}

/** Ends the matching of subscriptions that would still be served, with the reason. */
export async function stopFollowed(db: Queryable, rids: readonly number[], error: string): Promise<void> {
  if (rids.length === 0) return;
  await db.query(
    `update subscription_state set status = 'error', error = $2 where rid = any ($1::bigint[]) and status in ('requested', 'active')`,
    [[...rids], error],
  );
}

/** A change that a subscription shall be told of. */
export interface NewEvent {
  readonly subscription: number;
  readonly rid: number;
  readonly version: number;
  readonly kind: 'c' | 'u' | 'd';
}

/**
 * Numbers and stores events, in the order given: per subscription without gaps, because the counter is raised in the same
 * transaction.
 *
 * @param at milliseconds since 1970
 */
export async function numberEvents(tx: Queryable, events: readonly NewEvent[], at: number): Promise<void> {
  if (events.length === 0) return;
  await tx.query({
    name: 'subscription-number',
    text: `with fresh as (
        select e.*, row_number() over (partition by e.subscription order by e.place) as nth
        from unnest($1::bigint[], $2::bigint[], $3::integer[], $4::text[]) with ordinality e(subscription, rid, version, kind, place)
      ), counted as (
        update subscription_state s set next_event = s.next_event + f.count
        from (select subscription, count(*) as count from fresh group by subscription) f where s.rid = f.subscription
        returning s.rid, s.next_event - f.count as first
      )
      insert into subscription_event (subscription, event, rid, version, kind, at)
      select f.subscription, c.first + f.nth - 1, f.rid, f.version, f.kind::"char", $5
      from fresh f join counted c on c.rid = f.subscription`,
    values: [
      events.map((event) => event.subscription),
      events.map((event) => event.rid),
      events.map((event) => event.version),
      events.map((event) => event.kind),
      new Date(at),
    ],
  });
}
