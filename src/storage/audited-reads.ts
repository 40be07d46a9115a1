import { rowScope } from '../access/decide.js';
import { isLogEntry } from '../access/log-entry.js';
import type { Principal } from '../access/principal.js';
import type { ResourceKey } from '../fhir/resource.js';
import { type AuditEntry, storable } from './audit.js';
import { type AuditSearchDeps, readLogEntry } from './audit-search.js';
import type { Dictionary } from './dictionary.js';
import type { Pool } from './pool.js';
import type { VersionRow } from './resources.js';
import { scopeCondition } from './scope-condition.js';
import { statementName } from './search/statement-name.js';
import { storageFailure } from './transaction.js';

interface Waiting {
  readonly principal: Principal;
  readonly key: ResourceKey;
  readonly entry: AuditEntry;
  readonly done: (row: VersionRow | undefined) => void;
  readonly failed: (error: unknown) => void;
}

/** Measured on two cores; see CreateBatcher. */
const mostInFlight = 2;
const mostInBatch = 64;
/** Nothing else is an id, so nothing else is there. https://hl7.org/fhir/R4/datatypes.html#id */
const idPattern = /^[A-Za-z0-9\-.]{1,64}$/;

/**
 * Reads of current versions, each with its audit row, in one statement: what a caller gets is audited when it gets it
 * (decision 18). Reads that arrive while others are being answered form the next statement and share its flush to disk.
 */
export class AuditedReads {
  private waiting: Waiting[] = [];
  private inFlight = 0;
  private scheduled = false;

  constructor(
    private readonly pool: Pool,
    private readonly dictionary: Dictionary,
    private readonly audit: (entry: AuditEntry) => Promise<void>,
    /** What an entry of the log is read with. */
    private readonly log: AuditSearchDeps,
  ) {}

  /**
   * The current version, deleted or not, if the caller may see it.
   *
   * @param entry the audit row; its outcome is 4 where nothing is found
   * @throws Failure busy where it could not be read or audited
   */
  async read(key: ResourceKey, principal: Principal, entry: AuditEntry): Promise<VersionRow | undefined> {
    if (!idPattern.test(key.id) || rowScope(principal).visibility(key.type) === 'none') {
      await this.audit({ ...entry, outcome: 4 });
      return undefined;
    }
    if (isLogEntry(key)) {
      const row = await readLogEntry(this.pool, key.id, rowScope(principal, entry.at, 'read'), this.log);
      await this.audit(row === undefined ? { ...entry, outcome: 4 } : entry);
      return row;
    }
    return new Promise((done, failed) => {
      this.waiting.push({ principal, key, entry, done, failed });
      this.schedule();
    });
  }

  private schedule(): void {
    if (this.scheduled || this.inFlight >= mostInFlight) return;
    this.scheduled = true;
    setImmediate(() => {
      this.scheduled = false;
      while (this.waiting.length > 0 && this.inFlight < mostInFlight) void this.answer(this.nextBatch());
    });
  }

  /** The first that waits, and those that can be asked for with it: by the same caller, of the same type. */
  private nextBatch(): readonly Waiting[] {
    const first = this.waiting[0]!;
    const fits = (one: Waiting): boolean => one.principal === first.principal && one.key.type === first.key.type;
    const all = this.waiting;
    if (all.length <= mostInBatch && all.every(fits)) {
      this.waiting = [];
      return all;
    }
    const batch = all.filter(fits).slice(0, mostInBatch);
    const taken = new Set(batch);
    this.waiting = all.filter((one) => !taken.has(one));
    return batch;
  }

  private async answer(batch: readonly Waiting[]): Promise<void> {
    this.inFlight += 1;
    try {
      const rows = await this.ask(batch);
      batch.forEach((one, at) => one.done(rows[at]));
    } catch (error) {
      const failure = storageFailure(error);
      for (const one of batch) one.failed(failure);
    } finally {
      this.inFlight -= 1;
      if (this.waiting.length > 0) this.schedule();
    }
  }

  private async ask(batch: readonly Waiting[]): Promise<(VersionRow | undefined)[]> {
    const { principal, key, entry } = batch[0]!;
    const params: unknown[] = [
      batch.map((one) => one.key.id),
      batch.map((one) => one.entry.at),
      batch.map((one) => storable(one.entry.request)),
      this.dictionary.typeId(key.type),
      key.type,
      storable(entry.client),
      storable(entry.subject),
      entry.organisation ?? null,
    ];
    const { name, text } = statement(
      scopeCondition('r', key.type, rowScope(principal, entry.at, 'read'), params, this.dictionary),
    );
    const { rows } = await this.pool.query<VersionRow & { readonly n: number }>({ name, text, values: params });
    const found: (VersionRow | undefined)[] = batch.map(() => undefined);
    for (const { n, rid, id, version, updated, text: content } of rows)
      found[n - 1] = { rid, type: key.type, id, version, updated, text: content };
    return found;
  }
}

// The lateral subquery keeps it at one probe of the unique index per id, whatever the planner knows about the table.
const statementText = (condition: string): string => `
  with found as materialized (
    select a.n::integer as n, a.id, a.at, a.request, r.rid, r.version, r.updated, r.content, r.patients
    from unnest($1::text[], $2::double precision[], $3::text[]) with ordinality a(id, at, request, n)
    left join lateral (
      select r.rid, r.version, r.updated, r.content, r.patients from resource r where r.type = $4::smallint and r.id = a.id and ${condition} limit 1
    ) r on true
  ), audited as (
    insert into audit (at, request, client, subject, organisation, action, outcome, type, ids, patients)
    select to_timestamp(f.at / 1000), f.request, $6::text, $7::text, $8::text, 'read', case when f.rid is null then 4 else 0 end, $5::text,
      array[$5::text || '/' || f.id], coalesce(f.patients, '{}')
    from found f
  )
  select n, rid, id, version, (extract(epoch from updated) * 1000)::float8 as updated, content as text from found where rid is not null`;

const statements = new Map<string, { readonly name: string; readonly text: string }>();

/** The condition's text depends on the shape of the scope only, so there are few. */
function statement(condition: string): { readonly name: string; readonly text: string } {
  let found = statements.get(condition);
  if (found === undefined) {
    const text = statementText(condition);
    statements.set(condition, (found = { name: statementName(text), text }));
  }
  return found;
}
