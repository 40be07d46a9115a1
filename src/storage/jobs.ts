import type { Queryable } from './pool.js';

/** Work that must be done, however often the server is restarted meanwhile. */
export interface NewJob {
  readonly kind: string;
  readonly payload: unknown;
  /** At most one open job of a kind and key: a second one only makes the first run sooner. */
  readonly key?: string;
  /** Milliseconds since 1970. */
  readonly runAt: number;
}

/** Stores a job; in the transaction of the change it belongs to. Instances are woken at its commit. */
export async function addJob(tx: Queryable, job: NewJob): Promise<void> {
  await tx.query(
    `insert into job (kind, key, payload, run_at) values ($1, $2, $3, $4)
     on conflict (kind, key) where done_at is null and key is not null do update set run_at = least(job.run_at, excluded.run_at)`,
    [job.kind, job.key ?? null, JSON.stringify(job.payload), new Date(job.runAt)],
  );
  await tx.query(`select pg_notify('hjemmebro_job', '')`);
}

/** A job that this instance works on. */
export interface ClaimedJob {
  readonly id: number;
  readonly kind: string;
  readonly payload: unknown;
  /** The present attempt included. */
  readonly attempts: number;
}

/**
 * Claims due jobs: their time is moved ahead by the lease, so that they come up again should this instance die. No row
 * stays locked meanwhile (an open transaction would hold back the readers of the change log).
 *
 * @param wanted.now milliseconds since 1970
 */
export async function claimJobs(
  db: Queryable,
  wanted: { readonly kinds: readonly string[]; readonly now: number; readonly leaseMs: number; readonly limit: number },
): Promise<readonly ClaimedJob[]> {
  if (wanted.limit <= 0) return [];
  const { rows } = await db.query<ClaimedJob>({
    name: 'job-claim',
    text: `update job set run_at = $3, attempts = attempts + 1
      where id in (
        select id from job where done_at is null and run_at <= $2 and kind = any ($1) order by run_at limit $4 for update skip locked
      ) returning id, kind, payload, attempts`,
    values: [wanted.kinds, new Date(wanted.now), new Date(wanted.now + wanted.leaseMs), wanted.limit],
  });
  return [...rows].sort((a, b) => a.id - b.id);
}

/** The job is still being worked on. */
export async function extendJob(db: Queryable, job: ClaimedJob, until: number): Promise<void> {
  await db.query('update job set run_at = $3 where id = $1 and attempts = $2 and done_at is null', [
    job.id,
    job.attempts,
    new Date(until),
  ]);
}

/** What is left of the job, noted in the transaction of the part that was done. */
export async function saveJob(tx: Queryable, job: ClaimedJob, payload: unknown): Promise<void> {
  await tx.query('update job set payload = $2 where id = $1 and done_at is null', [job.id, JSON.stringify(payload)]);
}

/** The job is done. Nothing happens where another instance has taken it over. */
export async function finishJob(db: Queryable, job: ClaimedJob, now: number): Promise<void> {
  await db.query('update job set done_at = $3, last_error = null where id = $1 and attempts = $2', [
    job.id,
    job.attempts,
    new Date(now),
  ]);
}

/** The attempt failed; the next is due at `runAt`. */
export async function postponeJob(
  db: Queryable,
  job: ClaimedJob,
  postponed: { readonly runAt: number; readonly error: string },
): Promise<void> {
  await db.query('update job set run_at = $3, last_error = $4 where id = $1 and attempts = $2 and done_at is null', [
    job.id,
    job.attempts,
    new Date(postponed.runAt),
    postponed.error,
  ]);
}

/** Removes jobs done before the given time (milliseconds since 1970). */
export async function forgetDoneJobs(db: Queryable, before: number): Promise<void> {
  await db.query('delete from job where done_at < $1', [new Date(before)]);
}

/** For metrics: jobs that are due and not done, and the most attempts of any. */
export async function jobBacklog(
  db: Queryable,
  now: number,
): Promise<{ readonly due: number; readonly mostAttempts: number }> {
  const { rows } = await db.query<{ due: number; most: number | null }>(
    'select count(*) filter (where run_at <= $1) as due, max(attempts) as most from job where done_at is null',
    [new Date(now)],
  );
  return { due: rows[0]!.due, mostAttempts: rows[0]!.most ?? 0 };
}

/** A patient for whom time itself must be judged. */
export interface DuePatient {
  readonly patient: number;
  /** Milliseconds since 1970. */
  readonly nextAt: number;
}

/**
 * Patients whose time has come, the longest waiting first.
 *
 * @param except patients not to be given now
 */
export async function duePatients(
  db: Queryable,
  now: number,
  options: { readonly limit: number; readonly except: readonly number[] },
): Promise<readonly DuePatient[]> {
  const { rows } = await db.query<{ patient: number; next_at: Date }>({
    name: 'due-patients',
    text: 'select patient, next_at from followup_state where next_at <= $1 and patient <> all ($3::bigint[]) order by next_at, patient limit $2',
    values: [new Date(now), options.limit, options.except],
  });
  return rows.map((row) => ({ patient: row.patient, nextAt: row.next_at.getTime() }));
}
