import type { Principal } from '../access/principal.js';
import type { Clock } from '../kernel/clock.js';
import type { Ids } from '../kernel/ids.js';
import type { Log } from '../kernel/log.js';
import type { Pool } from '../storage/pool.js';
import { eventsBetween, settleBySocket } from '../storage/subscription-socket.js';
import { notificationBundle, type StatusParts, type ToldEvent } from '../subscriptions/notification-bundle.js';
import type { ClientSocket } from './client-socket.js';
import type { SubscriberAccess } from './delivery-ports.js';
import type { Subscriber } from './follower.js';

export interface BindingParts {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  /** The server's base URL. */
  readonly base: string;
  readonly access: SubscriberAccess;
  /** The subscription as matching follows it now. */
  readonly subscriber: (rid: number) => Promise<Subscriber | undefined>;
}

export interface Bound {
  readonly rid: number;
  readonly id: string;
  /** Who bound it: is told only what also this caller may see. */
  readonly binder: Principal;
  /** Number of the last event that need not be told. */
  readonly after: number;
  /** The subscription cannot be served any more. */
  readonly onEnd: () => void;
}

const pageSize = 20;

/** One subscription on one socket: tells its events in order, each after the one before was taken in. */
export class SocketBinding {
  readonly rid: number;
  private cursor: number;
  private known = 0;
  private working: Promise<void> | undefined;
  private stopped = false;
  private heartbeat: NodeJS.Timeout | undefined;

  constructor(
    private readonly parts: BindingParts,
    private readonly socket: ClientSocket,
    private readonly bound: Bound,
  ) {
    this.rid = bound.rid;
    this.cursor = bound.after;
  }

  /** @param plain was it bound by `bind`? R4 answers `bound <id>` */
  async greet(plain: boolean): Promise<void> {
    const subscriber = await this.parts.subscriber(this.rid);
    if (plain || subscriber?.subscription.topic === undefined) await this.socket.send(`bound ${this.bound.id}`);
    if (subscriber?.subscription.topic !== undefined) {
      await this.socket.send(this.bundle(subscriber, { type: 'handshake', total: this.cursor }));
      this.restHeartbeat(subscriber);
    }
  }

  /** @param total number of the last event there is */
  pump(total: number): void {
    this.known = Math.max(this.known, total);
    if (this.working !== undefined || this.stopped || this.known <= this.cursor) return;
    this.working = this.tell()
      .catch((error: unknown) => {
        this.parts.log.warn({ err: error, subscription: this.bound.id }, 'a socket could not be told; it is closed');
        this.socket.close(1011, 'not delivered; bind again');
      })
      .finally(() => {
        this.working = undefined;
      });
  }

  end(): void {
    if (!this.stopped) this.bound.onEnd();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.heartbeat);
    await this.working;
  }

  private async tell(): Promise<void> {
    while (!this.stopped && this.cursor < this.known) {
      const subscriber = await this.parts.subscriber(this.rid);
      if (subscriber === undefined) return this.end();
      const { topic, maxCount } = subscriber.subscription;
      const limit = topic === undefined ? pageSize : maxCount;
      const range = { from: this.cursor + 1, to: this.known, limit };
      const events = await eventsBetween(this.parts.pool, this.rid, range);
      const last = events.at(-1)?.event;
      if (last === undefined) return;
      const told: ToldEvent[] = [];
      const withheld: number[] = [];
      for (const event of events) {
        if (!(await this.parts.access.mayReceive(subscriber.owner, event))) withheld.push(event.event);
        else if (await this.parts.access.mayReceive(this.bound.binder, event))
          told.push({ ...event, text: await this.textOf(subscriber, event) });
      }
      if (told.length > 0) {
        const total = last;
        await this.socket.send(
          topic === undefined
            ? `ping ${this.bound.id}`
            : this.bundle(subscriber, { type: 'event-notification', total, events: told }),
        );
      }
      this.cursor = last;
      await settleBySocket(this.parts.pool, {
        subscription: this.rid,
        upTo: last,
        withheld,
        now: this.parts.clock.now(),
      });
      this.restHeartbeat(subscriber);
    }
  }

  private async textOf(
    { owner, subscription }: Subscriber,
    event: Parameters<SubscriberAccess['present']>[1] & { readonly text: string | null },
  ): Promise<string | undefined> {
    if (subscription.content !== 'full-resource' || event.text === null) return undefined;
    return this.parts.access.present(owner, event, event.text);
  }

  private bundle(
    { subscription }: Subscriber,
    what: Pick<StatusParts, 'type' | 'total'> & Pick<StatusParts, 'events'>,
  ): string {
    const { ids, base, clock } = this.parts;
    return notificationBundle({
      base,
      id: ids.next(),
      bundle: ids.next(),
      at: clock.now(),
      subscription: this.bound.id,
      topic: subscription.topic,
      status: 'active',
      content: subscription.content,
      ...what,
    });
  }

  /** A sign of life when nothing else is said for as long as the subscriber asked. */
  private restHeartbeat(subscriber: Subscriber): void {
    clearTimeout(this.heartbeat);
    const { heartbeatSeconds } = subscriber.subscription;
    if (heartbeatSeconds === undefined || this.stopped) return;
    const rest = Math.min(heartbeatSeconds * 1000, 2 ** 31 - 1);
    this.heartbeat = setTimeout(() => {
      this.socket.send(this.bundle(subscriber, { type: 'heartbeat', total: this.cursor })).then(
        () => this.restHeartbeat(subscriber),
        () => {},
      );
    }, rest);
  }
}
