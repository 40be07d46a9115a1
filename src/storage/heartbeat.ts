import type { Clock } from '../kernel/clock.js';
import type { Pool } from './pool.js';

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
