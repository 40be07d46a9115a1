import type { Clock } from '../kernel/clock.js';
import type { Log } from '../kernel/log.js';
import type { Pulse } from '../storage/heartbeat.js';
import { type Loop, startLoop } from '../storage/loop.js';
import type { Pool } from '../storage/pool.js';
import { lockKinds, type Session } from '../storage/session.js';
import {
  type Claim,
  claimSubscriptions,
  deliveryBacklog,
  freeOrphans,
  type Lease,
  noteFailure,
  type PendingEvent,
  pendingEvents,
  releaseSubscription,
  settleEvents,
  stopSubscription,
  type Wanted,
} from '../storage/subscription-delivery.js';
import type { Subscriber } from './follower.js';
import { eventsBetween } from '../storage/subscription-socket.js';
import { noteResent, resendRange } from '../storage/subscription-resend.js';
import { attempt, type Attempted, type AttemptParts } from './attempt.js';
import { type Backoff, waitAfter } from './backoff.js';
import { type DeliveryMetrics, noMetrics, type RunningPart } from './delivery-ports.js';
import type { CompileSubscription } from './follower.js';
import { Greeter } from './greeter.js';
import { type FindSubscriber, type OpenSecrets, subscriberFinder } from './subscriber-finder.js';

export interface DelivererOptions extends AttemptParts {
  readonly pool: Pool;
  readonly session: Session;
  /** Number of this instance of the server (`claimInstance`). */
  readonly instance: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly compile: CompileSubscription;
  readonly openSecrets: OpenSecrets;
  readonly backoff: Backoff;
  /** How long a failing event is tried, in milliseconds, before it is given up and the subscription is in error. */
  readonly retryForMs: number;
  /** How long an endpoint may fail to answer the handshake of a topic subscription, in milliseconds. */
  readonly handshakeForMs?: number;
  /** A claim lasts this long unless renewed; must be longer than any attempt. */
  readonly leaseMs: number;
  readonly pulse?: Pulse;
  readonly metrics?: DeliveryMetrics;
  /** Told when a subscription has begun or come into error: its status is to be shown. */
  readonly onStatus?: () => void;
  /** Longest time between two looks for work, in milliseconds. */
  readonly pollMs?: number;
  /** Subscriptions served at once: those in order, and those whose last attempt failed (so they never take the others' place). */
  readonly atOnce?: number;
  readonly failingAtOnce?: number;
}

export interface RunningDeliverer extends RunningPart {
  /** These subscriptions have new events. */
  deliver(subscriptions: readonly number[]): void;
}

/**
 * Delivers numbered events: in order within a subscription, at least once, every subscription on its own. What is to be
 * done lies in the database, so any instance goes on where another stopped.
 */
export function startDeliverer(options: DelivererOptions): RunningDeliverer {
  return new Deliverer(options);
}

interface Worker {
  readonly failing: boolean;
  readonly done: Promise<void>;
  /** New events were announced while it worked. */
  again: boolean;
}

/** What a subscription is after one of its events was settled. */
interface Left {
  readonly version: number;
  readonly status: string;
  /** There are more events, and the claim still holds. */
  readonly more: boolean;
}

const pageSize = 20;

class Deliverer implements RunningDeliverer {
  private readonly workers = new Map<number, Worker>();
  private readonly find: FindSubscriber;
  private readonly lease: Lease;
  private readonly greeter: Greeter;
  private readonly loop: Loop;
  private readonly metrics: DeliveryMetrics;
  private announced = new Set<number>();
  /** There are new events, it is not known for whom. */
  private somewhere = false;
  private sweepAt = 0;
  private stopping = false;

  constructor(private readonly options: DelivererOptions) {
    this.metrics = options.metrics ?? noMetrics;
    this.find = subscriberFinder(options.pool, options.compile, options.openSecrets);
    this.lease = { owner: options.instance, milliseconds: options.leaseMs };
    this.greeter = new Greeter({
      ...options,
      lease: this.lease,
      find: this.find,
      handshakeForMs: options.handshakeForMs ?? 5000,
      onSettled: (rid) => {
        options.onStatus?.();
        this.deliver([rid]);
      },
    });
    this.loop = startLoop({
      name: 'subscription deliverer',
      log: options.log,
      everyMs: options.pollMs ?? 1000,
      round: () => this.round(),
    });
    options.session.listen('hjemmebro_event', (from) => {
      if (from !== String(options.instance)) this.wake();
    });
  }

  wake(): void {
    this.somewhere = true;
    this.loop.wake();
  }

  deliver(subscriptions: readonly number[]): void {
    for (const rid of subscriptions) this.announced.add(rid);
    this.loop.wake();
  }

  async stop(): Promise<void> {
    this.stopping = true;
    await this.loop.stop();
    await Promise.all([...this.workers.values()].map((worker) => worker.done));
    await this.greeter.stop();
  }

  private async round(): Promise<number | undefined> {
    const { pollMs = 1000, clock } = this.options;
    const now = clock.now();
    if (this.announced.size > 0) await this.claimAnnounced(now);
    if (now >= this.sweepAt) {
      this.sweepAt = now + pollMs;
      await this.sweep(now);
    } else if (this.somewhere) {
      await this.claimAny(now);
    }
    return Math.max(0, this.sweepAt - clock.now());
  }

  /** Finds what nobody told of: retries that are due, work of instances that are gone. */
  private async sweep(now: number): Promise<void> {
    const { pool, session, instance } = this.options;
    await this.options.pulse?.beat();
    await session.tryLock([lockKinds.instance, instance]);
    await freeOrphans(pool, lockKinds.instance, instance);
    await this.claimAny(now);
    await this.claim({ now, failing: true });
    if (!this.stopping) await this.greeter.heartbeats();
    this.metrics.backlog(await deliveryBacklog(pool, now));
  }

  private async claimAny(now: number): Promise<void> {
    this.somewhere = false;
    for (const worker of this.workers.values()) worker.again = true;
    await this.claim({ now, failing: false });
    if (!this.stopping) await this.greeter.handshakes();
  }

  private async claimAnnounced(now: number): Promise<void> {
    const only = [...this.announced];
    this.announced = new Set();
    for (const rid of only) {
      const worker = this.workers.get(rid);
      if (worker !== undefined) worker.again = true;
    }
    await this.claim({ now, failing: false, only: only.filter((rid) => !this.workers.has(rid)) });
  }

  private async claim(wanted: Pick<Wanted, 'now' | 'failing' | 'only'>): Promise<void> {
    if (wanted.only?.length === 0 || this.stopping) return;
    const { atOnce = 128, failingAtOnce = 32, pool } = this.options;
    const working = [...this.workers.values()].filter((worker) => worker.failing === wanted.failing).length;
    const limit = (wanted.failing ? failingAtOnce : atOnce) - working;
    const claims = await claimSubscriptions(pool, this.lease, { ...wanted, busy: [...this.workers.keys()], limit });
    const events = await pendingEvents(
      pool,
      claims.map(({ rid }) => rid),
      pageSize,
    );
    for (const claim of claims) this.employ(claim, events.get(claim.rid)!);
  }

  private employ(claim: Claim, events: readonly PendingEvent[]): void {
    const work = async (): Promise<void> => {
      try {
        await this.work(claim, events);
      } catch (error) {
        this.options.log.error(
          { err: error, subscription: claim.rid },
          'delivery was interrupted; it goes on at the next look',
        );
        await releaseSubscription(this.options.pool, this.lease, claim.rid).catch(() => {});
      }
      const again = this.workers.get(claim.rid)?.again === true;
      this.workers.delete(claim.rid);
      if (again) this.deliver([claim.rid]);
    };
    // The worker must be in the list before it can end.
    this.workers.set(claim.rid, { failing: claim.failures > 0, again: false, done: Promise.resolve().then(work) });
  }

  private async work(claim: Claim, first: readonly PendingEvent[]): Promise<void> {
    const { pool } = this.options;
    let subscriber = await this.find(claim.rid, claim.version);
    if (subscriber === undefined) return this.giveUp(claim);
    let failures = claim;
    if (claim.resends) {
      if (!(await this.resend(subscriber, claim))) return;
      failures = { ...claim, failures: 0, failingSince: undefined };
    }
    for (
      let events = first;
      events.length > 0;
      events = (await pendingEvents(pool, [claim.rid], pageSize)).get(claim.rid)!
    ) {
      while (events.length > 0) {
        if (subscriber === undefined || this.stopping) return releaseSubscription(pool, this.lease, claim.rid);
        const attempted = await attempt(this.options, subscriber, events);
        const left: Left | undefined = await this.note(attempted, failures);
        if (left === undefined || !left.more) return;
        events = events.slice(attempted.events.length);
        failures = { ...claim, failures: 0, failingSince: undefined };
        if (left.version !== subscriber.version) subscriber = await this.find(claim.rid, left.version);
        if (left.status !== 'active') subscriber = undefined;
      }
    }
    return releaseSubscription(pool, this.lease, claim.rid);
  }

  /** It cannot be served as it stands: its owner must set it up anew. */
  private async giveUp(claim: Claim): Promise<void> {
    this.options.log.error({ subscription: claim.rid }, 'a subscription cannot be served');
    await stopSubscription(
      this.options.pool,
      this.lease,
      claim.rid,
      'The subscription cannot be served; send it anew with its headers and keys.',
    );
    this.options.onStatus?.();
  }

  /** Sends again what the subscriber asked for, before what is new. False: this worker has let the subscription go. */
  private async resend(subscriber: Subscriber, claim: Claim): Promise<boolean> {
    const { pool } = this.options;
    for (
      let range = await resendRange(pool, claim.rid);
      range !== undefined;
      range = await resendRange(pool, claim.rid)
    ) {
      if (this.stopping) {
        await releaseSubscription(pool, this.lease, claim.rid);
        return false;
      }
      const events = await eventsBetween(pool, claim.rid, { ...range, limit: pageSize });
      const attempted = events.length === 0 ? undefined : await attempt(this.options, subscriber, events);
      if (attempted !== undefined && typeof attempted.result !== 'string') {
        const now = this.options.clock.now();
        if (!this.isHopeless(claim, now)) {
          await this.putOff(claim, attempted.result.message, now);
          return false;
        }
      }
      const done = attempted?.events.at(-1)?.event ?? range.to;
      if (!(await noteResent(pool, this.lease, claim.rid, done))) return false;
    }
    return true;
  }

  private isHopeless({ failingSince }: Claim, now: number): boolean {
    return now - (failingSince ?? now) >= this.options.retryForMs;
  }

  private async putOff(claim: Claim, error: string, now: number): Promise<void> {
    const nextAttempt = now + waitAfter(claim.failures + 1, claim.rid, this.options.backoff);
    await noteFailure(this.options.pool, this.lease, { subscription: claim.rid, now, nextAttempt, error });
  }

  /** Notes how events went. Undefined: this worker is done with the subscription, and has let it go. */
  private async note({ events, result }: Attempted, claim: Claim): Promise<Left | undefined> {
    const now = this.options.clock.now();
    if (typeof result !== 'string') return this.failed(claim, events, { error: result.message, now });
    for (const event of events) {
      if (result === 'delivered') this.metrics.delivered(now - event.at.getTime());
      else this.metrics.withheld();
    }
    return settleEvents(this.options.pool, this.lease, {
      subscription: claim.rid,
      ...rangeOf(events),
      outcome: result,
      now,
    });
  }

  private async failed(
    claim: Claim,
    events: readonly PendingEvent[],
    { error, now }: { error: string; now: number },
  ): Promise<undefined> {
    const { pool, log } = this.options;
    this.metrics.failed();
    if (this.isHopeless(claim, now)) {
      const range = rangeOf(events);
      log.error({ subscription: claim.rid, ...range }, 'events were given up; the subscription is in error');
      this.metrics.died();
      await settleEvents(pool, this.lease, { subscription: claim.rid, ...range, outcome: 'dead', now, error });
      await releaseSubscription(pool, this.lease, claim.rid);
      this.options.onStatus?.();
      return undefined;
    }
    await this.putOff(claim, error, now);
    return undefined;
  }
}

const rangeOf = (events: readonly PendingEvent[]): { from: number; to: number } => ({
  from: events[0]!.event,
  to: events.at(-1)!.event,
});
