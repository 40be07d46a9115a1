import type { Principal } from '../access/principal.js';
import type { Resource } from '../fhir/resource.js';
import { type Clock } from '../kernel/clock.js';
import type { Log } from '../kernel/log.js';
import type { IndexRow } from '../search/index-row.js';
import {
  adoptForeignLog,
  type LogBatch,
  type LogPosition,
  type LogRow,
  movePosition,
  readLog,
  readPosition,
} from '../storage/change-log.js';
import type { Pulse } from '../storage/heartbeat.js';
import { startLoop } from '../storage/loop.js';
import type { Pool, Queryable } from '../storage/pool.js';
import { lockKinds, type Session } from '../storage/session.js';
import { type NewEvent, numberEvents, setFollowedStatus } from '../storage/subscription-events.js';
import { inTransaction } from '../storage/transaction.js';
import { type DeliveryMetrics, noMetrics, type RunningPart, type SubscriberAccess } from './delivery-ports.js';
import { type CompileSubscription, Follower, type Subscriber } from './follower.js';
import { type ReadChange, readChanges } from './read-changes.js';

export interface MatcherOptions {
  readonly pool: Pool;
  readonly session: Session;
  /** Number of this instance of the server (`claimInstance`). */
  readonly instance: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly compile: CompileSubscription;
  /** Search rows of a resource. */
  readonly rowsOf: (resource: Resource) => readonly IndexRow[];
  readonly access: Pick<SubscriberAccess, 'mayReceive' | 'isKnown'>;
  /** Told which subscriptions have new events: deliver them. Other instances are told by `hjemmebro_event`. */
  readonly onNumbered?: (subscriptions: readonly number[]) => void;
  /** Brings the topics up to date before Subscriptions to them are looked at. */
  readonly beforeFollowing?: () => Promise<void>;
  /** Told after changes of Subscriptions were followed: their status may have to be shown. */
  readonly onFollowed?: () => void;
  readonly pulse?: Pulse;
  readonly metrics?: DeliveryMetrics;
  /** Longest time between two looks at the log, in milliseconds. */
  readonly pollMs?: number;
  /** Rows of the log per transaction. */
  readonly batch?: number;
}

const reader = 'matcher';
const lock = [lockKinds.matcher, 0] as const;
/** A look again this soon, in milliseconds, when rows wait for an older transaction to end. */
const heldMs = 5;
/** … and this soon when that transaction takes long. */
const longHeldMs = 50;
/** How often a position is stored that no event goes with. */
const storeEveryMs = 1000;

export interface RunningMatcher extends RunningPart {
  /** @param type of the one resource that changed, where it is no more: what concerns no subscription can wait for the next look */
  wake(type?: string): void;
  /** What subscriptions mean has changed: they are all read again. */
  reload(): void;
}

/**
 * Reads the change log in order, finds out whom each change concerns and numbers their events – one transaction per batch,
 * together with the new position (decision 15). One instance of the server does it at a time; the others stand ready.
 */
export function startMatcher(options: MatcherOptions): RunningMatcher {
  const matcher = new Matcher(options);
  const loop = startLoop({
    name: 'subscription matcher',
    log: options.log,
    everyMs: options.pollMs ?? 250,
    leastMs: 5,
    round: () => matcher.round(),
  });
  options.session.listen('hjemmebro_change', () => loop.wake());
  let telling: NodeJS.Timeout | undefined;
  // Under load each commit would else cost a statement of its own here.
  const tellOther = (): void => {
    telling ??= setTimeout(() => {
      telling = undefined;
      options.session.notify('hjemmebro_change');
    }, 5);
  };
  return {
    // Where another instance matches, it is that one which must wake up.
    wake(type) {
      if (!options.session.holds(lock)) tellOther();
      else if (type === undefined || matcher.concerns(type)) loop.wake();
    },
    reload() {
      matcher.reload();
      loop.wake();
    },
    async stop() {
      clearTimeout(telling);
      await loop.stop();
      await matcher.store().catch(() => {});
      await options.session.unlock(lock);
    },
  };
}

/** Another instance has moved the position: what this one knows is out of date. */
class Overtaken extends Error {
  override readonly name = 'Overtaken';
}

class Matcher {
  private readonly follower: Follower;
  /** What was read; undefined while another instance matches, or when the index must be built anew. */
  private position: LogPosition | undefined;
  /** What the database holds: behind `position` by changes that concerned nobody. */
  private stored: LogPosition = { xid: '0', seq: 0 };
  private storedAt = 0;
  private heldRounds = 0;
  private outdated = false;

  constructor(private readonly options: MatcherOptions) {
    this.follower = new Follower(options.compile, options.access);
  }

  concerns(type: string): boolean {
    return type === 'Subscription' || this.follower.index.concerns(type);
  }

  reload(): void {
    this.outdated = true;
  }

  async round(): Promise<number | undefined> {
    const matching = await this.options.session.tryLock(lock);
    await this.options.pulse?.beat(matching);
    if (!matching) {
      this.position = undefined;
      return undefined;
    }
    try {
      if (this.outdated) {
        await this.store();
        this.position = undefined;
      }
      this.position ??= await this.takeOver();
      for (;;) {
        const batch = await this.step(this.position);
        // A change that came before the index knew of a new Subscription has woken nobody: look again.
        if (batch.full || batch.rows.some((row) => row.type === 'Subscription')) continue;
        if (this.options.clock.now() - this.storedAt >= storeEveryMs) await this.store();
        this.heldRounds = batch.held ? this.heldRounds + 1 : 0;
        return batch.held ? (this.heldRounds < 50 ? heldMs : longHeldMs) : undefined;
      }
    } catch (error) {
      this.position = undefined;
      if (error instanceof Overtaken) return 1;
      throw error;
    }
  }

  /** Stores how far the log was read without finding anything. */
  async store(): Promise<void> {
    const to = this.position;
    if (to === undefined || (to.xid === this.stored.xid && to.seq === this.stored.seq)) return;
    if (!(await movePosition(this.options.pool, reader, { from: this.stored, to }))) throw new Overtaken();
    this.noteStored(to);
  }

  private noteStored(position: LogPosition): void {
    this.stored = position;
    this.storedAt = this.options.clock.now();
  }

  private async takeOver(): Promise<LogPosition> {
    const { pool, log } = this.options;
    if (await inTransaction(pool, adoptForeignLog))
      log.warn({}, 'the change log came from another database cluster; its rows were moved before the new ones');
    this.outdated = false;
    await this.options.beforeFollowing?.();
    const position = await inTransaction(pool, async (tx) => {
      await tx.query('set transaction isolation level repeatable read');
      await this.follower.load(tx);
      return readPosition(tx, reader);
    });
    this.noteStored(position);
    this.options.onFollowed?.();
    return position;
  }

  /** Handles the next batch. A batch that concerns nobody costs no transaction. */
  private async step(after: LogPosition): Promise<LogBatch> {
    const { pool, clock, metrics = noMetrics } = this.options;
    const started = clock.now();
    const types = ['Subscription', ...this.follower.index.concernedTypes];
    const batch = await readLog(pool, { after, limit: this.options.batch ?? 500, types });
    if (batch.rows.length === 0) return batch;
    let events: readonly NewEvent[] = [];
    if (batch.rows.some((row) => this.concerns(row.type))) {
      events = await inTransaction(pool, (tx) => this.handle(tx, batch), { attempts: 1 });
      this.noteStored(batch.next);
    }
    this.position = batch.next;
    if (events.length > 0) this.options.onNumbered?.([...new Set(events.map((event) => event.subscription))]);
    if (batch.rows.some((row) => row.type === 'Subscription')) this.options.onFollowed?.();
    metrics.matched(batch.rows.length, events.length, clock.now() - started);
    return batch;
  }

  private async handle(tx: Queryable, batch: LogBatch): Promise<readonly NewEvent[]> {
    const events: NewEvent[] = [];
    if (batch.rows.some((row) => row.type === 'Subscription')) await this.options.beforeFollowing?.();
    for (const run of runsBetweenSubscriptions(batch.rows)) {
      if (run[0]!.type === 'Subscription') for (const row of run) await this.follower.follow(tx, row);
      events.push(...(await this.eventsOf(tx, run)));
    }
    await numberEvents(tx, events, this.options.clock.now());
    if (!(await movePosition(tx, reader, { from: this.stored, to: batch.next }))) throw new Overtaken();
    if (events.length > 0)
      await tx.query({
        name: 'event-notify',
        text: `select pg_notify('hjemmebro_event', $1)`,
        values: [String(this.options.instance)],
      });
    return events;
  }

  private async eventsOf(tx: Queryable, rows: readonly LogRow[]): Promise<readonly NewEvent[]> {
    const concerned = rows.filter((row) => row.kind !== 'd' && this.follower.index.concerns(row.type));
    const reading = { ...this.options, compares: (type: string) => this.follower.index.compares(type) };
    const found: { readonly row: LogRow; readonly subscriber: Subscriber }[] = [];
    for (const change of await readChanges(tx, concerned, reading)) {
      for (const subscriber of await this.match(tx, change)) found.push({ row: change.row, subscriber });
    }
    const allowed = await this.judge(found);
    return found
      .filter((_, at) => allowed[at])
      .map(({ row, subscriber }) => ({
        subscription: subscriber.rid,
        rid: row.rid,
        version: row.version,
        // What the engine found is told of as the version it was found in.
        kind: row.kind === 'o' ? (row.version === 1 ? 'c' : 'u') : row.kind,
      }));
  }

  /** Asks once for each change and owner: many subscriptions are of few. */
  private judge(found: readonly { readonly row: LogRow; readonly subscriber: Subscriber }[]): Promise<boolean[]> {
    const asked = new Map<LogRow, Map<Principal, Promise<boolean>>>();
    return Promise.all(
      found.map(({ row, subscriber: { owner } }) => {
        const answers = asked.get(row) ?? new Map<Principal, Promise<boolean>>();
        asked.set(row, answers);
        const answer = answers.get(owner) ?? this.options.access.mayReceive(owner, row);
        answers.set(owner, answer);
        return answer;
      }),
    );
  }

  private async match(tx: Queryable, { change }: ReadChange): Promise<readonly Subscriber[]> {
    const broken: Subscriber[] = [];
    const found = this.follower.index.match(change, (subscriber, error) => {
      this.options.log.error(
        { err: error, subscription: subscriber.subscription.id },
        'the criteria of a subscription could not be evaluated',
      );
      broken.push(subscriber);
    });
    for (const subscriber of broken)
      await this.setAside(tx, subscriber, 'error', 'The criteria could not be evaluated.');
    const now = this.options.clock.now();
    for (const subscriber of found.filter((one) => hasEnded(one, now))) await this.setAside(tx, subscriber, 'off');
    return found.filter((one) => !hasEnded(one, now));
  }

  private async setAside(
    tx: Queryable,
    subscriber: Subscriber,
    status: 'error' | 'off',
    error?: string,
  ): Promise<void> {
    this.follower.index.remove(subscriber.rid);
    await setFollowedStatus(tx, subscriber.rid, status, error);
  }
}

const hasEnded = (subscriber: Subscriber, now: number): boolean =>
  subscriber.subscription.end !== undefined && subscriber.subscription.end <= now;

/** Splits the batch so that each change of a Subscription takes effect at exactly its place. */
function runsBetweenSubscriptions(rows: readonly LogRow[]): readonly (readonly LogRow[])[] {
  const runs: LogRow[][] = [];
  for (const row of rows) {
    const run = runs.at(-1);
    if (run === undefined || (run[0]!.type === 'Subscription') !== (row.type === 'Subscription')) runs.push([row]);
    else run.push(row);
  }
  return runs;
}
