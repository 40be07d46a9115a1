import type { Log } from '../kernel/log.js';
import type { Pool, PoolClient } from './pool.js';

/**
 * One lasting connection of this process: it listens (`LISTEN` only wakes, nothing is lost when it is missed) and holds
 * session locks, which the database frees the moment the process is gone.
 */
export interface Session {
  /** Calls `wake` for every notification of the channel, and once after a lost connection was replaced. */
  listen(channel: string, wake: (payload: string) => void): void;
  /** Wakes whoever listens, on any instance. Calls that come while one waits to be sent are one. */
  notify(channel: string): void;
  /**
   * Takes the lock if nobody else has it. Held until `unlock`, the session's end or the loss of the connection.
   *
   * @returns whether this session holds it now
   */
  tryLock(key: LockKey): Promise<boolean>;
  unlock(key: LockKey): Promise<void>;
  /** A number below 2^31 that was never given before. */
  freshNumber(): Promise<number>;
  /** Does this session hold the lock, as far as it knows? */
  holds(key: LockKey): boolean;
  close(): Promise<void>;
}

/** Two integers: what kind of lock, which one. */
export type LockKey = readonly [kind: number, which: number];

/** Kinds of session locks; single-integer advisory locks are other rooms' business and never meet these. */
export const lockKinds = { matcher: 0x484a_0001, ticker: 0x484a_0002, instance: 0x484a_0003 } as const;

export function openSession(pool: Pool, log: Log): Session {
  return new PoolSession(pool, log);
}

class PoolSession implements Session {
  private client: Promise<PoolClient> | undefined;
  private current: { readonly client: PoolClient; release(): void } | undefined;
  private readonly wakers = new Map<string, ((payload: string) => void)[]>();
  private readonly held = new Set<string>();
  private readonly notifying = new Set<string>();
  private retry: NodeJS.Timeout | undefined;
  private closed = false;
  private turn: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly pool: Pool,
    private readonly log: Log,
  ) {}

  listen(channel: string, wake: (payload: string) => void): void {
    const present = this.wakers.get(channel);
    this.wakers.set(channel, [...(present ?? []), wake]);
    // A connection that is made later listens to every channel at its start.
    if (present === undefined && this.client !== undefined) this.ask(`listen ${channel}`, []).catch(() => {});
    else this.connection().catch(() => {});
  }

  notify(channel: string): void {
    if (this.closed || this.notifying.has(channel)) return;
    this.notifying.add(channel);
    this.inTurn((client) => {
      this.notifying.delete(channel);
      return client.query('select pg_notify($1, $2)', [channel, '']);
    }).catch(() => this.notifying.delete(channel));
  }

  async tryLock(key: LockKey): Promise<boolean> {
    if (this.closed) return false;
    await this.connection();
    if (this.held.has(key.join())) return true;
    return this.inTurn(async (client) => {
      if (this.held.has(key.join())) return true; // asked for twice at the same time: session locks count
      const { rows } = await client.query<{ locked: boolean }>('select pg_try_advisory_lock($1, $2) as locked', [
        ...key,
      ]);
      if (rows[0]?.locked === true && this.current?.client === client) this.held.add(key.join());
      return this.held.has(key.join());
    });
  }

  freshNumber(): Promise<number> {
    return this.inTurn(async (client) => {
      // Numbers of transactions are given once; a process needs one such number in its life.
      const { rows } = await client.query<{ number: number }>(
        'select (pg_current_xact_id()::text::numeric % 2147483647)::integer as number',
      );
      return rows[0]!.number;
    });
  }

  holds(key: LockKey): boolean {
    return this.held.has(key.join());
  }

  async unlock(key: LockKey): Promise<void> {
    if (!this.held.delete(key.join())) return;
    await this.ask('select pg_advisory_unlock($1, $2)', [...key]).catch(() => {});
  }

  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.retry);
    await this.turn;
    await this.client?.catch(() => undefined);
    this.current?.release();
  }

  private ask(text: string, values: unknown[]): Promise<unknown> {
    return this.inTurn((client) => client.query(text, values));
  }

  /** One statement at a time on the one connection. */
  private inTurn<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
    const turn = this.turn.then(async () => work(await this.connection()));
    this.turn = turn.catch(() => {});
    return turn;
  }

  private connection(): Promise<PoolClient> {
    if (this.client !== undefined) return this.client;
    const opening: Promise<PoolClient> = this.open(() => this.forget(opening));
    this.client = opening;
    opening.catch(() => this.forget(opening));
    return opening;
  }

  private async open(lost: () => void): Promise<PoolClient> {
    const client = await this.pool.connect();
    let released = false;
    const release = (error?: Error): void => {
      if (released) return;
      released = true;
      client.removeAllListeners('notification');
      client.release(error ?? true); // ends the connection, and with it every lock and listen
      lost();
    };
    client.on('error', release);
    client.on('end', () => release());
    client.on('notification', ({ channel, payload }) => this.wake(channel, payload ?? ''));
    try {
      for (const channel of this.wakers.keys()) await client.query(`listen ${channel}`);
    } catch (error) {
      release(error as Error);
      throw error;
    }
    this.current = { client, release };
    return client;
  }

  private forget(opened: Promise<PoolClient>): void {
    if (this.client !== opened) return;
    this.client = undefined;
    this.current = undefined;
    this.held.clear();
    if (!this.closed) this.log.warn({}, 'lost the listening database connection; connecting again');
    this.reconnectLater();
  }

  private reconnectLater(): void {
    if (this.closed || this.wakers.size === 0) return;
    clearTimeout(this.retry);
    this.retry = setTimeout(() => {
      this.connection().then(
        () => {
          for (const channel of this.wakers.keys()) this.wake(channel, '');
        },
        () => {},
      );
    }, 250);
  }

  private wake(channel: string, payload: string): void {
    for (const waker of this.wakers.get(channel) ?? []) waker(payload);
  }
}
