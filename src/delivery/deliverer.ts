import type { Clock } from '../kernel/clock.js';
import { Failure } from '../kernel/failure.js';
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
  type Outcome,
  type PendingEvent,
  pendingEvents,
  releaseSubscription,
  settleEvent,
  type Wanted,
} from '../storage/subscription-delivery.js';
import { restHook } from '../subscriptions/rest-hook.js';
import { type Backoff, waitAfter } from './backoff.js';
import { type DeliveryMetrics, noMetrics, type RunningPart, type SubscriberAccess } from './delivery-ports.js';
import type { CompileSubscription, Subscriber } from './follower.js';
import type { Sender } from './http-sender.js';
import { type FindSubscriber, subscriberFinder } from './subscriber-finder.js';

export interface DelivererOptions {
  readonly pool: Pool;
  readonly session: Session;
  /** Number of this instance of the server (`claimInstance`). */
  readonly instance: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly compile: CompileSubscription;
  readonly access: SubscriberAccess;
  readonly sender: Sender;
  readonly backoff: Backoff;
  /** How long a failing event is tried, in milliseconds, before it is given up and the subscription is in error. */
  readonly retryForMs: number;
  /** A claim lasts this long unless renewed; must be longer than the sender's timeout. */
  readonly leaseMs: number;
  readonly pulse?: Pulse;
  readonly metrics?: DeliveryMetrics;
  /** Told when a subscription has come into error: its status is to be shown. */
  readonly onError?: () => void;
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
  private readonly loop: Loop;
  private readonly metrics: DeliveryMetrics;
  private announced = new Set<number>();
  /** There are new events, it is not known for whom. */
  private somewhere = false;
  private sweepAt = 0;
  private stopping = false;

  constructor(private readonly options: DelivererOptions) {
    this.metrics = options.metrics ?? noMetrics;
    this.find = subscriberFinder(options.pool, options.compile);
    this.lease = { owner: options.instance, milliseconds: options.leaseMs };
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
    this.metrics.backlog(await deliveryBacklog(pool, now));
  }

  private async claimAny(now: number): Promise<void> {
    this.somewhere = false;
    for (const worker of this.workers.values()) worker.again = true;
    await this.claim({ now, failing: false });
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
    let failures = claim;
    for (
      let events = first;
      events.length > 0;
      events = (await pendingEvents(pool, [claim.rid], pageSize)).get(claim.rid)!
    ) {
      for (const event of events) {
        if (subscriber === undefined || this.stopping) return releaseSubscription(pool, this.lease, claim.rid);
        const left: Left | undefined = await this.handle(subscriber, event, failures);
        if (left === undefined || !left.more) return;
        failures = { ...claim, failures: 0, failingSince: undefined };
        if (left.version !== subscriber.version) subscriber = await this.find(claim.rid, left.version);
        if (left.status !== 'active') subscriber = undefined;
      }
    }
    return releaseSubscription(pool, this.lease, claim.rid);
  }

  /** Delivers one event and notes how it went. Undefined: this worker is done with the subscription, and has let it go. */
  private async handle(subscriber: Subscriber, event: PendingEvent, claim: Claim): Promise<Left | undefined> {
    const result = await this.attempt(subscriber, event);
    const now = this.options.clock.now();
    if (typeof result !== 'string') return this.failed(claim, event, { error: result.message, now });
    if (result === 'delivered') this.metrics.delivered(now - event.at.getTime());
    else this.metrics.withheld();
    return settleEvent(this.options.pool, this.lease, {
      subscription: claim.rid,
      event: event.event,
      outcome: result,
      now,
    });
  }

  private async attempt(subscriber: Subscriber, event: PendingEvent): Promise<Exclude<Outcome, 'dead'> | Failure> {
    const { access, sender } = this.options;
    if (!(await access.mayReceive(subscriber.owner, event))) return 'withheld';
    const { subscription } = subscriber;
    const { channel } = subscription;
    if (!('endpoint' in channel)) return new Failure('fault', 'The channel has no endpoint.');
    const text =
      subscription.content === 'empty' ? '' : await access.present(subscriber.owner, event, event.text ?? '{}');
    try {
      const { status } = await sender.send(
        restHook(subscription, channel, { event, text, at: this.options.clock.now() }),
      );
      return status >= 200 && status < 300 ? 'delivered' : new Failure('busy', `The endpoint answered ${status}.`);
    } catch (error) {
      if (error instanceof Failure) return error;
      return new Failure('fault', 'The notification could not be sent.', { cause: error });
    }
  }

  private async failed(
    claim: Claim,
    event: PendingEvent,
    { error, now }: { error: string; now: number },
  ): Promise<undefined> {
    const { pool, backoff, retryForMs, log } = this.options;
    this.metrics.failed();
    if (now - (claim.failingSince ?? now) >= retryForMs) {
      log.error({ subscription: claim.rid, event: event.event }, 'an event was given up; the subscription is in error');
      this.metrics.died();
      await settleEvent(pool, this.lease, { subscription: claim.rid, event: event.event, outcome: 'dead', now, error });
      await releaseSubscription(pool, this.lease, claim.rid);
      this.options.onError?.();
      return undefined;
    }
    const nextAttempt = now + waitAfter(claim.failures + 1, claim.rid, backoff);
    await noteFailure(pool, this.lease, { subscription: claim.rid, now, nextAttempt, error });
    return undefined;
  }
}
