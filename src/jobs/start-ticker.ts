import type { Clock } from '../kernel/clock.js';
import type { Log } from '../kernel/log.js';
import type { Pulse } from '../storage/heartbeat.js';
import { type DuePatient, duePatients } from '../storage/jobs.js';
import { startLoop } from '../storage/loop.js';
import type { Pool } from '../storage/pool.js';
import { lockKinds, type Session } from '../storage/session.js';
import type { RunningJobs } from './start-jobs.js';

export interface TickerOptions {
  readonly pool: Pool;
  readonly session: Session;
  readonly clock: Clock;
  readonly log: Log;
  /** Judges time for one patient: schedules, deadlines, the red clock. Moves `followup_state.next_at`. */
  readonly judgeTime: (patient: number) => Promise<void>;
  /** Beaten in every round, before anything is judged. */
  readonly pulse?: Pulse;
  readonly everyMs?: number;
  /** Patients judged at the same time. */
  readonly atOnce?: number;
  /** A patient whose judging failed, or did not move the time, is judged again after this. */
  readonly againAfterMs?: number;
}

const lock = [lockKinds.ticker, 0] as const;
const page = 200;

/** Time passes: has every patient judged whose time has come. One instance of the server ticks, the others stand ready. */
export function startTicker(options: TickerOptions): RunningJobs {
  const ticker = new Ticker(options);
  const loop = startLoop({
    name: 'ticker',
    log: options.log,
    everyMs: options.everyMs ?? 1000,
    round: () => ticker.round(),
  });
  return {
    wake: () => loop.wake(),
    async stop() {
      ticker.stopping = true;
      await loop.stop();
      await options.session.unlock(lock);
    },
  };
}

class Ticker {
  stopping = false;
  /** Patients judged in vain, and when they may be judged again. */
  private readonly resting = new Map<number, number>();

  constructor(private readonly options: TickerOptions) {}

  async round(): Promise<number | undefined> {
    const { pool, session, clock, pulse } = this.options;
    const ticking = await session.tryLock(lock);
    await pulse?.beat(ticking);
    if (!ticking) return undefined;
    for (;;) {
      const now = clock.now();
      for (const [patient, until] of this.resting) if (until <= now) this.resting.delete(patient);
      const due = await duePatients(pool, now, { limit: page, except: [...this.resting.keys()] });
      await this.judgeAll(due);
      if (due.length < page || this.stopping) return undefined;
      await pulse?.beat();
    }
  }

  private async judgeAll(due: readonly DuePatient[]): Promise<void> {
    const waiting = [...due];
    const judgeNext = async (): Promise<void> => {
      for (let next = waiting.shift(); next !== undefined && !this.stopping; next = waiting.shift())
        await this.judge(next);
    };
    await Promise.all(Array.from({ length: this.options.atOnce ?? 4 }, judgeNext));
  }

  private async judge({ patient }: DuePatient): Promise<void> {
    // Judged in this round; should the time not have moved, the patient is not judged over and over.
    this.resting.set(patient, this.options.clock.now() + (this.options.againAfterMs ?? 10_000));
    try {
      await this.options.judgeTime(patient);
      this.resting.set(patient, this.options.clock.now() + (this.options.everyMs ?? 1000));
    } catch (error) {
      this.options.log.error({ err: error, patient }, 'time could not be judged for a patient; trying again');
    }
  }
}
