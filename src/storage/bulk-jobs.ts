import type { Queryable } from './pool.js';

export type BulkKind = 'export' | 'import';
export type BulkState = 'accepted' | 'running' | 'done' | 'failed';
export type BulkFileKind = 'output' | 'deleted' | 'error' | 'input';

/** A bulk export or import. */
export interface BulkJob {
  readonly id: string;
  readonly kind: BulkKind;
  readonly state: BulkState;
  /** The caller, as it was when it asked. */
  readonly principal: unknown;
  readonly request: unknown;
  /** For people: `Observation, 12000 resources`. At most 100 characters. */
  readonly progress: string;
  /** Lines of an import that are done. */
  readonly linesDone: number;
  /** Milliseconds since 1970. */
  readonly transactionTime?: number;
  /** When it was done, milliseconds since 1970. */
  readonly finished?: number;
  readonly error?: string;
}

/** How long the files of a finished job can be fetched, milliseconds. */
export const bulkFilesKept = 24 * 3_600_000;

export interface BulkFile {
  readonly number: number;
  readonly kind: BulkFileKind;
  readonly type: string;
  readonly lines: number;
}

export async function insertBulkJob(
  tx: Queryable,
  job: Pick<BulkJob, 'id' | 'kind' | 'principal' | 'request'>,
  now: number,
): Promise<void> {
  await tx.query(
    `insert into bulk_job (id, kind, state, principal, request, created_at) values ($1, $2, 'accepted', $3, $4, $5)`,
    [job.id, job.kind, JSON.stringify(job.principal), JSON.stringify(job.request), new Date(now)],
  );
}

interface JobRow {
  readonly id: string;
  readonly kind: BulkKind;
  readonly state: BulkState;
  readonly principal: unknown;
  readonly request: unknown;
  readonly progress: string;
  readonly lines_done: number;
  readonly transaction_time: Date | null;
  readonly finished_at: Date | null;
  readonly error: string | null;
}

/** Undefined where there is none: it was cancelled, or its time is over. */
export async function readBulkJob(db: Queryable, id: string): Promise<BulkJob | undefined> {
  const { rows } = await db.query<JobRow>(
    'select id, kind, state, principal, request, progress, lines_done, transaction_time, finished_at, error from bulk_job where id = $1::uuid',
    [id],
  );
  const [row] = rows;
  if (row === undefined) return undefined;
  const { lines_done: linesDone, transaction_time: at, finished_at: finished, error, ...rest } = row;
  return {
    ...rest,
    linesDone,
    ...(at !== null && { transactionTime: at.getTime() }),
    ...(finished !== null && { finished: finished.getTime() }),
    ...(error !== null && { error }),
  };
}

/** Begins (again): what an earlier attempt wrote goes. @returns false where the job was cancelled */
export async function beginExport(db: Queryable, id: string, transactionTime: number): Promise<boolean> {
  const { rows } = await db.query(
    `update bulk_job set state = 'running', transaction_time = $2, progress = '' where id = $1 and state in ('accepted', 'running') returning id`,
    [id, new Date(transactionTime)],
  );
  if (rows.length === 0) return false;
  await db.query('delete from bulk_file where job = $1', [id]);
  return true;
}

/** @returns false where the job was cancelled meanwhile */
export async function noteProgress(
  db: Queryable,
  id: string,
  made: { readonly progress: string; readonly linesDone?: number },
): Promise<boolean> {
  const { rows } = await db.query(
    `update bulk_job set state = 'running', progress = $2, lines_done = coalesce($3, lines_done) where id = $1 and state in ('accepted', 'running') returning id`,
    [id, made.progress.slice(0, 100), made.linesDone ?? null],
  );
  return rows.length > 0;
}

/** @param error in words for the one who asked; absent where all went well */
export async function finishBulkJob(db: Queryable, id: string, now: number, error?: string): Promise<void> {
  await db.query(
    `update bulk_job set state = $3, error = $4, finished_at = $2 where id = $1 and state in ('accepted', 'running')`,
    [id, new Date(now), error === undefined ? 'done' : 'failed', error ?? null],
  );
}

/** With all its files. @returns false where there is none */
export async function removeBulkJob(db: Queryable, id: string): Promise<boolean> {
  return (await db.query('delete from bulk_job where id = $1 returning id', [id])).rows.length > 0;
}

/** Begins a file, or goes on with one. @returns the number of its next chunk */
export async function addBulkFile(db: Queryable, job: string, file: Omit<BulkFile, 'lines'>): Promise<number> {
  await db.query('insert into bulk_file (job, number, kind, type) values ($1, $2, $3, $4) on conflict do nothing', [
    job,
    file.number,
    file.kind,
    file.type,
  ]);
  const { rows } = await db.query<{ next: number }>(
    'select coalesce(max(number) + 1, 0)::integer as next from bulk_chunk where job = $1 and file = $2',
    [job, file.number],
  );
  return rows[0]!.next;
}

/** Adds whole lines to the end of a file. */
export async function appendToBulkFile(
  db: Queryable,
  at: { readonly job: string; readonly file: number; readonly chunk: number },
  lines: readonly string[],
): Promise<void> {
  await db.query(
    `with counted as (update bulk_file set lines = lines + $5 where job = $1 and number = $2)
     insert into bulk_chunk (job, file, number, content) values ($1, $2, $3, $4)`,
    [at.job, at.file, at.chunk, lines.map((line) => `${line}\n`).join(''), lines.length],
  );
}

/** Files that have lines, in their order. */
export async function bulkFiles(db: Queryable, job: string): Promise<readonly BulkFile[]> {
  const { rows } = await db.query<BulkFile>(
    'select number, kind, type, lines from bulk_file where job = $1 and lines > 0 order by number',
    [job],
  );
  return rows;
}

/** The chunks of a file one by one, as they were added. */
export async function* bulkFileContent(db: Queryable, job: string, file: number): AsyncGenerator<string> {
  for (let number = 0; ; number += 1) {
    const { rows } = await db.query<{ content: string }>(
      'select content from bulk_chunk where job = $1 and file = $2 and number = $3',
      [job, file, number],
    );
    if (rows[0] === undefined) return;
    yield rows[0].content;
  }
}
