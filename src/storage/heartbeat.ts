import type { Clock } from '../kernel/clock.js';
import type { Pool, Queryable } from './pool.js';

/** A time during which a part did not work, in milliseconds since 1970. */
export interface Standstill {
  readonly part: string;
  readonly from: number;
  readonly to: number;
}

/** Shows that a part which must never stand still is working (decision 11). */
export interface Pulse {
  /**
   * To be called in every round, before its work. Finds a standstill, tells of it, then notes the time.
   *
   * @param working false: another instance does the work and this one stands ready; nothing is said about the work
   */
  beat(working?: boolean): Promise<void>;
  /** When this process last worked or stood ready, milliseconds since 1970; undefined before its first round. */
  last(): number | undefined;
}

export interface PulseOptions {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly part: string;
  /** A pause longer than this is a standstill. Milliseconds. */
  readonly standstillMs: number;
  /** Told at recovery, before the part goes on; told again when it throws. */
  onRecovery(standstill: Standstill): Promise<void>;
}

/**
 * The time of the last round lies in the database, so that a standstill is seen across a restart and by whichever
 * instance goes on. It is written ten times per `standstillMs` at most, and every 10 seconds at least.
 */
export function startPulse(options: PulseOptions): Pulse {
  const { pool, clock, part } = options;
  const writeEvery = Math.min(10_000, options.standstillMs / 10);
  let last: number | undefined;
  let written: number | undefined;
  return {
    last: () => last,
    async beat(working = true) {
      const now = clock.now();
      if (working && (written === undefined || now - written >= writeEvery)) {
        const from = await lastBeat(pool, part);
        if (from !== undefined && now - from > options.standstillMs) await options.onRecovery({ part, from, to: now });
        await pool.query(
          `insert into heartbeat (name, at) values ($1, $2)
           on conflict (name) do update set at = greatest(heartbeat.at, excluded.at)`,
          [part, new Date(now)],
        );
        written = now;
      }
      last = now;
    },
  };
}

async function lastBeat(pool: Pool, part: string): Promise<number | undefined> {
  const { rows } = await pool.query<{ at: Date }>('select at from heartbeat where name = $1', [part]);
  return rows[0]?.at.getTime();
}

/** Keeps a standstill, so that what was missed meanwhile can be told apart. */
export async function writeStandstill(db: Queryable, { part, from, to }: Standstill): Promise<void> {
  await db.query(
    'insert into standstill (part, from_at, to_at) values ($1, $2, $3) on conflict (part, from_at) do update set to_at = greatest(standstill.to_at, excluded.to_at)',
    [part, new Date(from), new Date(to)],
  );
}

/** Standstills of a part that reach into the time since then (milliseconds since 1970). */
export async function standstillsSince(db: Queryable, part: string, since: number): Promise<readonly Standstill[]> {
  const { rows } = await db.query<{ part: string; from_at: Date; to_at: Date }>({
    name: 'standstills-since',
    text: 'select part, from_at, to_at from standstill where part = $2 and to_at >= $1 order by from_at',
    values: [new Date(since), part],
  });
  return rows.map((row) => ({ part: row.part, from: row.from_at.getTime(), to: row.to_at.getTime() }));
}
