import type { Clock } from '../kernel/clock.js';
import type { Log } from '../kernel/log.js';
import { startLoop } from '../storage/loop.js';
import type { Pool } from '../storage/pool.js';
import { lockKinds, type Session } from '../storage/session.js';
import { type FollowedSubscription, unannouncedSubscriptions } from '../storage/subscription-events.js';
import type { RunningPart, SubscriptionStatusWriter } from './delivery-ports.js';

export interface AnnouncerOptions {
  readonly pool: Pool;
  readonly session: Session;
  readonly clock: Clock;
  readonly log: Log;
  readonly writer: SubscriptionStatusWriter;
  /** Longest time between two looks, in milliseconds. */
  readonly pollMs?: number;
}

const patience = 10_000;
const limit = 100;

/**
 * Makes the Subscription resources show what the server knows: `requested` becomes `active`, a subscription that was given
 * up `error`, an ended one `off`. The instance that matches does it, until the change log shows the status.
 */
export function startAnnouncer(options: AnnouncerOptions): RunningPart {
  const tried = new Map<string, number>();
  const announce = async (subscription: FollowedSubscription): Promise<void> => {
    const { id, version, status, error, owner } = subscription;
    const key = `${subscription.rid}/${version}/${status}`;
    const now = options.clock.now();
    if (now - (tried.get(key) ?? -patience) < patience) return;
    tried.set(key, now);
    try {
      await options.writer.setStatus(
        { id, version, owner: owner ?? undefined },
        status as 'active' | 'error' | 'off',
        status === 'error' ? (error ?? undefined) : undefined,
      );
    } catch (failure) {
      options.log.warn(
        { err: failure, subscription: id },
        'the status of a subscription could not be written; trying again',
      );
    }
  };
  const loop = startLoop({
    name: 'subscription announcer',
    log: options.log,
    everyMs: options.pollMs ?? 1000,
    async round() {
      if (!options.session.holds([lockKinds.matcher, 0])) return undefined;
      for (let after = 0; ; ) {
        const waiting = await unannouncedSubscriptions(options.pool, { after, limit });
        if (waiting.length === 0 && after === 0) tried.clear();
        for (const subscription of waiting) await announce(subscription);
        if (waiting.length < limit) return undefined;
        after = waiting.at(-1)!.rid;
      }
    },
  });
  return { wake: () => loop.wake(), stop: () => loop.stop() };
}
