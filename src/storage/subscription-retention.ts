import type { Queryable } from './pool.js';

/**
 * Removes events that are settled and older than `before`; what is not settled, or is to be sent again, stays. The change
 * log itself stays: histories are read from it.
 *
 * @param wanted.before milliseconds since 1970
 * @returns how many were removed; as many as `limit`: there may be more
 */
export async function retireEvents(
  db: Queryable,
  wanted: { readonly before: number; readonly limit: number },
): Promise<number> {
  const { rowCount } = await db.query({
    name: 'events-retire',
    text: `delete from subscription_event e using (
        select x.subscription, x.event from subscription_event x join subscription_state s on s.rid = x.subscription
        where x.at < $1 and (s.status in ('deleted', 'off') or x.event <= least(s.settled, s.resend_from - 1)) limit $2
      ) old
      where e.subscription = old.subscription and e.event = old.event`,
    values: [new Date(wanted.before), wanted.limit],
  });
  return rowCount ?? 0;
}

/**
 * A subscription by websocket whose events have waited since before `before` comes into error: nobody listens. Those events
 * are given up; `$events` has them until they are retired.
 *
 * @returns how many subscriptions
 */
export async function giveUpUnheard(db: Queryable, before: number, error: string): Promise<number> {
  const { rows } = await db.query<{ count: number }>({
    name: 'unheard-give-up',
    text: `with unheard as (
        select s.rid, s.settled, (select max(x.event) from subscription_event x where x.subscription = s.rid and x.at < $1) as last
        from subscription_state s join subscription_event e on e.subscription = s.rid and e.event = s.settled + 1
        where s.by_socket and s.status = 'active' and e.at < $1 for update of s
      ), given_up as (
        update subscription_event e set outcome = 'x', settled_at = now()
        from unheard u where e.subscription = u.rid and e.event > u.settled and e.event <= u.last
      ), shown as (
        update subscription_state s set status = 'error', error = $2, settled = u.last from unheard u where s.rid = u.rid returning s.rid
      )
      select count(*) as count from shown`,
    values: [new Date(before), error],
  });
  return rows[0]!.count;
}
