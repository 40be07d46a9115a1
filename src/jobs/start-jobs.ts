import type { Clock } from '../kernel/clock.js';
import { Failure } from '../kernel/failure.js';
import type { Log } from '../kernel/log.js';
import {
  type ClaimedJob,
  claimJobs,
  extendJob,
  finishJob,
  forgetDoneJobs,
  jobBacklog,
  postponeJob,
  saveJob,
} from '../storage/jobs.js';
import { startLoop } from '../storage/loop.js';
import type { Pool, Queryable } from '../storage/pool.js';
import type { Session } from '../storage/session.js';

/**
 * Does one job; a job may be done again where the server died at the end of it. Throws when it must be tried again. A long
 * one saves what is left of it in the transaction of each part, and goes on from there.
 */
export type JobHandler = (payload: unknown, save: SaveRest) => Promise<void>;
export type SaveRest = (tx: Queryable, rest: unknown) => Promise<void>;

export interface JobsOptions {
  readonly pool: Pool;
  readonly session: Session;
  /** By kind. Jobs of other kinds are left for instances that know them. */
  readonly handlers: Readonly<Record<string, JobHandler>>;
  readonly clock: Clock;
  readonly log: Log;
  readonly pollMs?: number;
  readonly atOnce?: number;
  /** After the first failure; doubles up to `longestWaitMs`. */
  readonly firstWaitMs?: number;
  readonly longestWaitMs?: number;
  /** A job whose instance died comes up again after this. */
  readonly leaseMs?: number;
  readonly onBacklog?: (backlog: { readonly due: number; readonly mostAttempts: number }) => void;
}

/** A part that runs until it is stopped. */
export interface RunningJobs {
  wake(): void;
  /** Lets the jobs that are being done finish. */
  stop(): Promise<void>;
}

const keepDoneMs = 7 * 24 * 3600_000;
const housekeepingMs = 60_000;

/** Does the jobs of table `job`. A job that fails is never given up: it waits longer and longer, and shows in the metrics. */
export function startJobs(options: JobsOptions): RunningJobs {
  const { pool, clock, log, handlers, leaseMs = 60_000, atOnce = 4 } = options;
  const working = new Map<number, Promise<void>>();
  let tidiedAt = clock.now();

  const work = async (job: ClaimedJob): Promise<void> => {
    const alive = setInterval(() => void extendJob(pool, job, clock.now() + leaseMs).catch(() => {}), leaseMs / 3);
    try {
      await handlers[job.kind]!(job.payload, (tx, rest) => saveJob(tx, job, rest));
      await finishJob(pool, job, clock.now());
    } catch (error) {
      const wait = Math.min(
        options.longestWaitMs ?? 600_000,
        (options.firstWaitMs ?? 1000) * 2 ** Math.min(job.attempts - 1, 30),
      );
      log.error(
        { err: error, job: job.id, kind: job.kind, attempts: job.attempts },
        'a job failed; it will be tried again',
      );
      const why = error instanceof Failure ? error.message : 'The job failed.';
      await postponeJob(pool, job, { runAt: clock.now() + wait, error: why });
    } finally {
      clearInterval(alive);
    }
  };

  const employ = (job: ClaimedJob): void => {
    const done = work(job)
      .catch((error: unknown) => log.error({ err: error, job: job.id }, 'the outcome of a job could not be noted'))
      .finally(() => {
        working.delete(job.id);
        loop.wake();
      });
    working.set(job.id, done);
  };

  const tidy = async (now: number): Promise<void> => {
    if (now - tidiedAt < housekeepingMs) return;
    tidiedAt = now;
    await forgetDoneJobs(pool, now - keepDoneMs);
    options.onBacklog?.(await jobBacklog(pool, now));
  };

  const loop = startLoop({
    name: 'jobs',
    log,
    everyMs: options.pollMs ?? 1000,
    async round() {
      const now = clock.now();
      for (const job of await claimJobs(pool, {
        kinds: Object.keys(handlers),
        now,
        leaseMs,
        limit: atOnce - working.size,
      }))
        employ(job);
      await tidy(now);
      return undefined;
    },
  });
  options.session.listen('hjemmebro_job', () => loop.wake());
  return {
    wake: () => loop.wake(),
    async stop() {
      await loop.stop();
      await Promise.all(working.values());
    },
  };
}
