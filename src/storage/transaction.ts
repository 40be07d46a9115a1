import { Failure } from '../kernel/failure.js';
import type { Pool, Queryable } from './pool.js';

/** Thrown inside a transaction to roll back and run it again, for instance with a larger set of locks. */
export class TryAgain extends Error {
  override readonly name = 'TryAgain';
}

/** Two created the same id at once: run again, the second finds the first. */
const isSameId = (error: unknown): boolean =>
  sqlState(error) === '23505' && (error as { constraint?: unknown }).constraint === 'resource_type_id_key';

/** https://www.postgresql.org/docs/current/errcodes-appendix.html */
const retryable = new Set(['40001', '40P01', '55P03']);
const unavailable = /^(08|57P0|53)/;

/** SQLSTATE of an error of the driver, or undefined. */
export function sqlState(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
}

/** Whether it was the audit row that could not be written: then nothing is given or done (decision 18). */
function concernsAudit(error: unknown): boolean {
  const { table, message } = (error ?? {}) as { table?: unknown; message?: unknown };
  return table === 'audit' || (typeof message === 'string' && /relation "audit\w*"/.test(message));
}

/** The database's own errors as Failures: overload and loss are `busy`, a cancelled statement is `too-costly`. */
export function storageFailure(error: unknown): unknown {
  if (error instanceof Failure || error instanceof TryAgain) return error;
  const state = sqlState(error);
  if (concernsAudit(error))
    return new Failure(
      'busy',
      'The access could not be written to the audit log, so it was not given; try again shortly.',
      { cause: error },
    );
  if (state === '57014')
    return new Failure('too-costly', 'The query took longer than the server allows; narrow it down.', { cause: error });
  if (state !== undefined && unavailable.test(state))
    return new Failure('busy', 'The database is not available; try again shortly.', { cause: error });
  const code = (error as { code?: unknown } | null)?.code;
  const message = error instanceof Error ? error.message : '';
  if (
    code === 'ECONNREFUSED' ||
    code === 'ECONNRESET' ||
    code === 'ENOENT' ||
    code === 'EPIPE' ||
    /Connection terminated|timeout exceeded when trying to connect/.test(message)
  ) {
    return new Failure('busy', 'The database is not available; try again shortly.', { cause: error });
  }
  return error;
}

/**
 * Runs `work` in one READ COMMITTED transaction. Deadlocks, serialisation failures and `TryAgain` run it anew, at most
 * `attempts` times with a short random-free backoff; what it returns is only returned once COMMIT was confirmed.
 *
 * @throws Failure('busy') when the database is lost or the attempts are used up
 */
export async function inTransaction<T>(
  pool: Pool,
  work: (tx: Queryable) => Promise<T>,
  options: { attempts?: number; onRetry?: () => void } = {},
): Promise<T> {
  const attempts = options.attempts ?? 8;
  for (let attempt = 1; ; attempt++) {
    try {
      return await once(pool, work);
    } catch (error) {
      const again = error instanceof TryAgain || isSameId(error) || retryable.has(sqlState(error) ?? '');
      if (!again) throw storageFailure(error);
      if (attempt >= attempts)
        throw new Failure('busy', 'Too many others are changing the same data; try again shortly.', { cause: error });
      options.onRetry?.();
      await new Promise((resolve) => setTimeout(resolve, attempt * attempt * 3));
    }
  }
}

async function once<T>(pool: Pool, work: (tx: Queryable) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query('begin');
    const result = await work(client);
    const done = await client.query('commit');
    if (done.command !== 'COMMIT') throw new Failure('fault', 'The transaction was rolled back by the database.');
    return result;
  } catch (error) {
    try {
      await client.query('rollback');
    } catch (rollbackError) {
      broken = rollbackError as Error;
    }
    throw error;
  } finally {
    client.release(broken);
  }
}
