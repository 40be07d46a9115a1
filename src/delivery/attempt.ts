import type { Failure } from '../kernel/failure.js';
import type { PendingEvent } from '../storage/subscription-delivery.js';
import type { ToldEvent } from '../subscriptions/notification-bundle.js';
import type { Composer } from './compose.js';
import type { SubscriberAccess } from './delivery-ports.js';
import type { Subscriber } from './follower.js';
import type { Outbox } from './outbox.js';

export interface AttemptParts {
  readonly access: SubscriberAccess;
  readonly compose: Composer;
  readonly outbox: Outbox;
  /** Longest time for one attempt where the subscription does not say, in milliseconds. */
  readonly timeoutMs: number;
}

/** What came of the first events of a list. */
export interface Attempted {
  readonly events: readonly PendingEvent[];
  readonly result: 'delivered' | 'withheld' | Failure;
}

/**
 * Tries to deliver the first of the events, in one notification as many as the subscriber takes. Access is asked again now:
 * an event that was numbered while access ran is not told after it has ended.
 */
export async function attempt(
  { access, compose, outbox, timeoutMs }: AttemptParts,
  { owner, subscription }: Subscriber,
  events: readonly PendingEvent[],
): Promise<Attempted> {
  const wanted = events.slice(0, subscription.maxCount);
  const allowed = await Promise.all(wanted.map((event) => access.mayReceive(owner, event)));
  const end = allowed.indexOf(!allowed[0]);
  const batch = end === -1 ? wanted : wanted.slice(0, end);
  if (allowed[0] !== true) return { events: batch, result: 'withheld' };
  const told: ToldEvent[] = [];
  for (const event of batch) {
    const text =
      subscription.content === 'full-resource' && event.text !== null
        ? await access.present(owner, event, event.text)
        : undefined;
    told.push({ ...event, text });
  }
  const { timeoutSeconds } = subscription;
  const failure = await outbox.send(
    compose.events(subscription, told),
    timeoutSeconds === undefined ? timeoutMs : timeoutSeconds * 1000,
  );
  return { events: batch, result: failure ?? 'delivered' };
}
