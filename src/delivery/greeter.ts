import type { Clock } from '../kernel/clock.js';
import type { Log } from '../kernel/log.js';
import type { Pool } from '../storage/pool.js';
import { type Lease, noteFailure } from '../storage/subscription-delivery.js';
import { claimHandshakes, settleHandshake, type SignDue, takeHeartbeats } from '../storage/subscription-signs.js';
import { type Backoff, waitAfter } from './backoff.js';
import type { Composer } from './compose.js';
import type { Outbox } from './outbox.js';
import type { FindSubscriber } from './subscriber-finder.js';

export interface GreeterParts {
  readonly pool: Pool;
  readonly lease: Lease;
  readonly clock: Clock;
  readonly log: Log;
  readonly find: FindSubscriber;
  readonly compose: Composer;
  readonly outbox: Outbox;
  readonly backoff: Backoff;
  /** How long an endpoint may fail to answer the handshake, in milliseconds, before the subscription is in error. */
  readonly handshakeForMs: number;
  readonly timeoutMs: number;
  /** Told which subscriptions have got another status. */
  readonly onSettled: (rid: number) => void;
}

const atOnce = 32;

/** Handshakes and heartbeats of topic subscriptions. http://hl7.org/fhir/uv/subscriptions-backport/notifications.html */
export class Greeter {
  private readonly under = new Set<Promise<void>>();

  constructor(private readonly parts: GreeterParts) {}

  /** Endpoints that have yet to show that they listen. */
  async handshakes(): Promise<void> {
    const { pool, lease, clock } = this.parts;
    const limit = atOnce - this.under.size;
    if (limit <= 0) return;
    for (const due of await claimHandshakes(pool, lease, { now: clock.now(), limit })) this.start(this.greet(due));
  }

  /** Signs of life. One that does not arrive is the receiver's to miss: that is what they are for. */
  async heartbeats(): Promise<void> {
    const limit = atOnce - this.under.size;
    if (limit <= 0) return;
    for (const due of await takeHeartbeats(this.parts.pool, limit)) this.start(this.beat(due));
  }

  async stop(): Promise<void> {
    await Promise.all(this.under);
  }

  private start(work: Promise<void>): void {
    const done: Promise<void> = work
      .catch((error: unknown) => this.parts.log.warn({ err: error }, 'a handshake or heartbeat was interrupted'))
      .then(() => void this.under.delete(done));
    this.under.add(done);
  }

  private async greet(due: SignDue): Promise<void> {
    const { pool, lease, clock, backoff, handshakeForMs } = this.parts;
    const { rid, version } = due;
    const error = await this.send(due, 'handshake');
    const now = clock.now();
    if (error !== undefined && now - (due.failingSince ?? now) < handshakeForMs) {
      const nextAttempt = now + waitAfter(due.failures + 1, rid, backoff);
      return noteFailure(pool, lease, { subscription: rid, now, nextAttempt, error });
    }
    await settleHandshake(pool, lease, { rid, version, ...(error === undefined ? {} : { error }) });
    this.parts.onSettled(rid);
  }

  private async beat(due: SignDue): Promise<void> {
    const error = await this.send(due, 'heartbeat');
    if (error !== undefined) this.parts.log.warn({ subscription: due.rid, error }, 'a heartbeat did not arrive');
  }

  private async send({ rid, version, total }: SignDue, type: 'handshake' | 'heartbeat'): Promise<string | undefined> {
    const { find, compose, outbox, timeoutMs } = this.parts;
    const subscriber = await find(rid, version);
    if (subscriber === undefined) return 'The subscription cannot be served.';
    const { subscription } = subscriber;
    const failure = await outbox.send(
      compose.sign(subscription, type, total),
      subscription.timeoutSeconds === undefined ? timeoutMs : subscription.timeoutSeconds * 1000,
    );
    return failure?.message;
  }
}
