import type { Principal } from '../access/principal.js';
import type { Dictionary } from './dictionary.js';
import type { PendingEvent } from './subscription-delivery.js';
import type { Queryable } from './pool.js';
import type { JudgedRow } from './visible-row.js';

/** A Subscription as somebody who names it by id sees it. */
export interface NamedSubscription extends JudgedRow {
  readonly id: string;
  readonly status: string;
  readonly error: string | null;
  readonly bySocket: boolean;
  /** Version that matching follows. */
  readonly version: number;
  /** Number of the last event that is settled. */
  readonly settled: number;
  /** Number of the last event there is. */
  readonly total: number;
  /** The Subscription as it is stored. */
  readonly text: string;
  /** Whose access counts for its events. */
  readonly owner: Principal | null;
}

/**
 * Subscriptions by id; one that matching has not met yet counts as `requested`.
 *
 * @param ids absent: every one
 */
export async function namedSubscriptions(
  db: Queryable,
  dictionary: Pick<Dictionary, 'typeId'>,
  ids?: readonly string[],
): Promise<readonly NamedSubscription[]> {
  const { rows } = await db.query<Omit<NamedSubscription, 'type'>>(
    `select r.rid, r.id, r.controller, r.patients, coalesce(s.status, 'requested') as status, s.error,
       coalesce(s.by_socket, false) as "bySocket", coalesce(s.version, r.version) as version, coalesce(s.settled, 0) as settled,
       coalesce(s.next_event - 1, 0) as total, r.content as text, o.principal as owner
     from resource r left join subscription_state s on s.rid = r.rid left join subscription_owner o on o.rid = r.rid
     where r.type = $1 and r.content is not null ${ids === undefined ? '' : 'and r.id = any ($2)'} order by r.rid`,
    [dictionary.typeId('Subscription'), ...(ids === undefined ? [] : [ids])],
  );
  return rows.map((row) => ({ ...row, type: 'Subscription' }));
}

/** How far bound subscriptions are: what a socket has not been told lies behind `total`. */
export async function socketPositions(
  db: Queryable,
  rids: readonly number[],
): Promise<
  readonly { readonly rid: number; readonly version: number; readonly status: string; readonly total: number }[]
> {
  if (rids.length === 0) return [];
  const { rows } = await db.query<{ rid: number; version: number; status: string; total: number }>({
    name: 'socket-positions',
    text: `select s.rid, s.version, case when s.by_socket then s.status else 'off' end as status, s.next_event - 1 as total
      from subscription_state s where s.rid = any ($1::bigint[])`,
    values: [rids],
  });
  return rows;
}

/** Events of a subscription by number, both ends included, in order. */
export async function eventsBetween(
  db: Queryable,
  rid: number,
  range: { readonly from: number; readonly to: number; readonly limit: number },
): Promise<readonly PendingEvent[]> {
  const { rows } = await db.query<PendingEvent>({
    name: 'subscription-events-between',
    text: `select e.event, e.rid, e.version, e.kind::text as kind, t.name as type, r.id, e.at,
        coalesce(old.controller, r.controller) as controller, coalesce(old.patients, r.patients) as patients,
        case when r.version = e.version then r.content else old.content end as text
      from subscription_event e
      join resource r on r.rid = e.rid
      join resource_type t on t.id = r.type
      left join resource_history old on old.rid = e.rid and old.version = e.version and r.version <> e.version
      where e.subscription = $1 and e.event between $2 and $3 order by e.event limit $4`,
    values: [rid, range.from, range.to, range.limit],
  });
  return rows;
}

/**
 * Notes what a client has received over a socket. Several sockets of one subscription are served each for itself: what the
 * first of them has received counts.
 *
 * @param now milliseconds since 1970
 */
export async function settleBySocket(
  db: Queryable,
  {
    subscription,
    upTo,
    withheld,
    now,
  }: { subscription: number; upTo: number; withheld: readonly number[]; now: number },
): Promise<void> {
  await db.query({
    name: 'socket-settle',
    text: `with s as (
        select rid, settled from subscription_state where rid = $1 and settled < $2::bigint for update
      ), e as (
        update subscription_event e set outcome = case when e.event = any ($3::bigint[]) then 'w' else 'd' end::"char", settled_at = $4
        from s where e.subscription = $1 and e.event > s.settled and e.event <= $2::bigint
      )
      update subscription_state u set settled = $2::bigint, spoken = now() from s where u.rid = s.rid`,
    values: [subscription, upTo, withheld, new Date(now)],
  });
}
