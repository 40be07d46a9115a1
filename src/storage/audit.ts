import { withoutIdentityNumbers } from '../fhir/national-identifiers.js';
import { Failure } from '../kernel/failure.js';
import type { Queryable } from './pool.js';

/** What was done, by whom, to what (decision 18): one row of table `audit`. */
export interface AuditEntry {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Id of the request, the same as in the log. */
  readonly request: string;
  readonly client: string;
  /** Key of `audit_agent` (`auditAgent`): pseudonymous, never an identity number. */
  readonly subject: string;
  /** Organisation number. */
  readonly organisation?: string | undefined;
  /** `read`, `search`, `create`, `$approve`, `message LOG_INNLAGT`, `grant` … */
  readonly action: string;
  /** https://hl7.org/fhir/R4/valueset-audit-event-outcome.html: 0 done, 4 refused, 8 failed. */
  readonly outcome: 0 | 4 | 8;
  readonly type?: string | undefined;
  /** Logical ids of what was touched or shown. */
  readonly ids?: readonly string[];
  /** Patient keys. */
  readonly patients?: readonly number[];
  readonly detail?: string | undefined;
}

const insert = `
  insert into audit (at, request, client, subject, organisation, action, outcome, type, ids, patients, detail)
  select to_timestamp(x.at / 1000.0), x.request, x.client, x.subject, x.organisation, x.action, x.outcome, x.type, x.ids, x.patients, x.detail
  from json_to_recordset($1) x (at double precision, request text, client text, subject text, organisation text, action text,
    outcome smallint, type text, ids text[], patients bigint[], detail text)`;

/** Writes entries in a given transaction, in their order. A national identity number in a text is masked on the way. */
export async function insertAudit(tx: Queryable, entries: readonly AuditEntry[]): Promise<void> {
  if (entries.length === 0) return;
  const values = [
    JSON.stringify(entries.map(row), (_name, value: unknown) => (typeof value === 'string' ? storable(value) : value)),
  ];
  await tx.query({ name: 'audit', text: insert, values });
}

function row(entry: AuditEntry): object {
  return {
    ...entry,
    ids: entry.ids ?? [],
    patients: entry.patients ?? [],
    detail: entry.detail === undefined ? undefined : storable(entry.detail).slice(0, 2000),
  };
}

/**
 * What a client sent must neither bring an identity number into the log nor make it fail: PostgreSQL's text holds no NUL
 * and no half characters.
 */
export function storable(text: string): string {
  const whole = /[\0\p{Surrogate}]/u.test(text) ? Buffer.from(text).toString().replaceAll('\0', '\u{fffd}') : text;
  return withoutIdentityNumbers(whole);
}

export interface AuditBatcherOptions {
  /** Most entries in one statement. */
  readonly batch?: number;
  /** Most entries that may wait; beyond, requests are refused rather than go unaudited. */
  readonly queue?: number;
}

interface Waiting {
  readonly entry: AuditEntry;
  readonly done: () => void;
  readonly failed: (failure: Failure) => void;
}

/**
 * Audit of reads, searches and denials: entries that arrive while a batch is being written form the next one, so each
 * costs a share of one commit and nobody waits for a timer. Callers await `record`; a request whose audit fails, fails.
 */
export class AuditBatcher {
  private waiting: Waiting[] = [];
  private writing: Promise<void> | undefined;
  private closed = false;
  private readonly batch: number;
  private readonly queue: number;

  constructor(
    private readonly db: Queryable,
    options: AuditBatcherOptions = {},
  ) {
    this.batch = options.batch ?? 500;
    this.queue = options.queue ?? 10_000;
  }

  /**
   * Resolves once the entry is durable.
   *
   * @throws Failure('busy') when it could not be written, too many wait, or the batcher is closed
   */
  record(entry: AuditEntry): Promise<void> {
    if (this.closed) return Promise.reject(new Failure('busy', 'The server is shutting down; try again shortly.'));
    if (this.waiting.length >= this.queue) return Promise.reject(notAudited());
    return new Promise((done, failed) => {
      this.waiting.push({ entry, done, failed });
      this.writing ??= this.write();
    });
  }

  /** Writes what still waits; entries after this are refused. */
  async close(): Promise<void> {
    this.closed = true;
    await this.writing;
  }

  private async write(): Promise<void> {
    // One turn of the event loop: requests that arrived in the same packet share the first batch.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.waiting.length > 0) {
      const batch = this.waiting.splice(0, this.batch);
      try {
        await insertAudit(
          this.db,
          batch.map((one) => one.entry),
        );
        for (const one of batch) one.done();
      } catch (error) {
        for (const one of batch) one.failed(notAudited(error));
      }
    }
    this.writing = undefined;
  }
}

const notAudited = (cause?: unknown): Failure =>
  new Failure('busy', 'The access could not be written to the audit log, so it was not given; try again shortly.', {
    cause,
  });
