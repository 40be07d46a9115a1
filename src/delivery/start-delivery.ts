import type { Resource } from '../fhir/resource.js';
import type { Clock } from '../kernel/clock.js';
import type { Log } from '../kernel/log.js';
import type { IndexRow } from '../search/index-row.js';
import { type Standstill, startPulse } from '../storage/heartbeat.js';
import type { StuckMessage } from '../storage/outbound-messages.js';
import type { Pool } from '../storage/pool.js';
import type { Session } from '../storage/session.js';
import type { CompileCriteria } from '../subscriptions/compiled-subscription.js';
import type { EndpointPolicy } from '../subscriptions/endpoint-policy.js';
import { parseSubscription } from '../subscriptions/parse-subscription.js';
import { startAnnouncer } from './announcer.js';
import { startDeliverer } from './deliverer.js';
import type { DeliveryMetrics, SubscriberAccess, SubscriptionStatusWriter } from './delivery-ports.js';
import { httpSender } from './http-sender.js';
import { startMatcher } from './matcher.js';
import { type OutboundTransport, startMessageSender } from './message-sender.js';

export interface DeliveryOptions {
  readonly pool: Pool;
  readonly session: Session;
  /** `claimInstance(session)`. */
  readonly instance: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly compileCriteria: CompileCriteria;
  readonly endpoints: EndpointPolicy;
  /** Search rows of a resource. */
  readonly rowsOf: (resource: Resource) => readonly IndexRow[];
  readonly access: SubscriberAccess;
  readonly writer: SubscriptionStatusWriter;
  readonly transport: OutboundTransport;
  /** Makes a Task for a message that is stuck. */
  readonly alarm: (message: StuckMessage) => Promise<void>;
  /** Told at recovery when matching or delivering stood still. */
  readonly onRecovery: (standstill: Standstill) => Promise<void>;
  readonly metrics?: DeliveryMetrics;
  /** All in milliseconds. */
  readonly standstillMs?: number;
  readonly timeoutMs?: number;
  readonly retryForMs?: number;
  readonly receiptWithinMs?: number;
}

export interface Delivery {
  /** A transaction of this process was committed: what it changed is looked at without waiting for `hjemmebro_change`. */
  wake(): void;
  /** A message was queued; without this, or `hjemmebro_message`, it waits for up to a second. */
  wakeMessages(): void;
  /** When matching and delivering last worked, milliseconds since 1970. */
  lastBeats(): Readonly<Record<'matcher' | 'deliverer', number | undefined>>;
  /** Lets what is in flight finish; the session stays open. */
  stop(): Promise<void>;
}

const hour = 3600_000;
const backoff = { firstMs: 1000, longestMs: 15 * 60_000 };

/** Everything that goes out: notifications of subscriptions, and messages. */
export function startDelivery(options: DeliveryOptions): Delivery {
  const { pool, clock, timeoutMs = 10_000, retryForMs = 72 * hour, standstillMs = 5 * 60_000 } = options;
  const rules = { compile: options.compileCriteria, endpoints: options.endpoints };
  const shared = { ...options, compile: (resource: Resource) => parseSubscription(resource, rules) };
  const pulse = (part: string) => startPulse({ pool, clock, part, standstillMs, onRecovery: options.onRecovery });
  const pulses = { matcher: pulse('matcher'), deliverer: pulse('deliverer') };
  const timing = { backoff, retryForMs, leaseMs: timeoutMs + 20_000 };

  const sender = httpSender({ endpoints: options.endpoints, timeoutMs });
  const announcer = startAnnouncer(shared);
  const deliverer = startDeliverer({
    ...shared,
    ...timing,
    sender,
    pulse: pulses.deliverer,
    onError: () => announcer.wake(),
  });
  const messages = startMessageSender({
    ...shared,
    ...timing,
    leaseMs: 120_000,
    receiptWithinMs: options.receiptWithinMs ?? 96 * hour,
  });
  const matcher = startMatcher({
    ...shared,
    pulse: pulses.matcher,
    onNumbered: (subscriptions) => deliverer.deliver(subscriptions),
    onFollowed: () => announcer.wake(),
  });

  return {
    wake: () => matcher.wake(),
    wakeMessages: () => messages.wake(),
    lastBeats: () => ({ matcher: pulses.matcher.last(), deliverer: pulses.deliverer.last() }),
    async stop() {
      await matcher.stop();
      await Promise.all([deliverer.stop(), messages.stop(), announcer.stop()]);
      sender.close();
    },
  };
}
