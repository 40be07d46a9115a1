import { parseJsonObject } from '../fhir/json.js';
import type { Resource } from '../fhir/resource.js';
import { Failure } from '../kernel/failure.js';
import { BoundedMap } from '../storage/bounded-map.js';
import type { Pool } from '../storage/pool.js';
import { type FollowedSubscription, followedSubscription } from '../storage/subscription-events.js';
import type { CompiledSubscription } from '../subscriptions/compiled-subscription.js';
import { joinSecrets, type Secrets } from '../subscriptions/redact-subscription.js';
import type { CompileSubscription, Subscriber } from './follower.js';

/**
 * A subscription as matching follows it now, with its owner and its secrets; undefined where it cannot be served.
 *
 * @param version known to be the one that is followed: what was read of it before is good enough
 */
export type FindSubscriber = (rid: number, version?: number) => Promise<Subscriber | undefined>;

/** Opens the sealed secrets of a Subscription. @throws Failure where they were sealed with another key */
export type OpenSecrets = (sealed: string) => Secrets;

export function subscriberFinder(pool: Pool, compile: CompileSubscription, openSecrets: OpenSecrets): FindSubscriber {
  const known = new BoundedMap<Subscriber>(20_000);
  const understand = ({ text, sealed }: FollowedSubscription): CompiledSubscription | Failure => {
    const resource = parseJsonObject(text!) as Resource;
    try {
      return compile(sealed === null ? resource : joinSecrets(resource, openSecrets(sealed)));
    } catch (error) {
      if (error instanceof Failure) return error; // sealed with a key that is not ours any more
      throw error;
    }
  };
  return async (rid, version) => {
    const before = known.get(String(rid));
    if (before !== undefined && before.version === version) return before;
    const followed = await followedSubscription(pool, rid);
    if (followed === undefined || followed.text === null || followed.owner === null) return undefined;
    if (before !== undefined && before.version === followed.version) return before;
    const subscription = understand(followed);
    if (subscription instanceof Failure) return undefined;
    const subscriber = { rid, version: followed.version, owner: followed.owner, subscription };
    known.set(String(rid), subscriber);
    return subscriber;
  };
}
