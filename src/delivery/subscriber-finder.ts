import { parseJsonObject } from '../fhir/json.js';
import type { Resource } from '../fhir/resource.js';
import { Failure } from '../kernel/failure.js';
import { BoundedMap } from '../storage/bounded-map.js';
import type { Pool } from '../storage/pool.js';
import { followedSubscription } from '../storage/subscription-events.js';
import type { CompileSubscription, Subscriber } from './follower.js';

/**
 * A subscription as matching follows it now, with its owner; undefined where it cannot be served.
 *
 * @param version known to be the one that is followed: what was read of it before is good enough
 */
export type FindSubscriber = (rid: number, version?: number) => Promise<Subscriber | undefined>;

export function subscriberFinder(pool: Pool, compile: CompileSubscription): FindSubscriber {
  const known = new BoundedMap<Subscriber>(20_000);
  return async (rid, version) => {
    const before = known.get(String(rid));
    if (before !== undefined && before.version === version) return before;
    const followed = await followedSubscription(pool, rid);
    if (followed === undefined || followed.text === null || followed.owner === null) return undefined;
    if (before !== undefined && before.version === followed.version) return before;
    const subscription = compile(parseJsonObject(followed.text) as Resource);
    if (subscription instanceof Failure) return undefined;
    const subscriber = { rid, version: followed.version, owner: followed.owner, subscription };
    known.set(String(rid), subscriber);
    return subscriber;
  };
}
