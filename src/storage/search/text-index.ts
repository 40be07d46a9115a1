// https://hl7.org/fhir/R4/search.html#text, #content
import { parseJson } from '../../fhir/json.js';
import type { Resource } from '../../fhir/resource.js';
import { Failure } from '../../kernel/failure.js';
import { type ExtractedTexts, extractTexts } from '../../search/extract/extract-texts.js';
import { isCommonParameter } from '../../search/parameter.js';
import type { SearchRegistry } from '../../search/registry.js';
import { redactSubscription } from '../../subscriptions/redact-subscription.js';
import type { LogPosition } from '../change-log.js';
import type { Dictionary } from '../dictionary.js';
import type { Pool, Queryable } from '../pool.js';
import { inTransaction } from '../transaction.js';
import { textParam } from './param-sql.js';

const reader = 'text';
const perBatch = 500;
/** Longest time that a search waits for the index. */
const patienceMs = 10_000;

/** A current resource whose texts are to be found. */
export interface WrittenRow {
  readonly rid: number;
  readonly type: string;
  readonly version: number;
  /** JSON text; null: deleted. */
  readonly content: string | null;
}

interface LoggedRow extends LogPosition, WrittenRow {
  readonly settled: boolean;
}

/**
 * Words and texts of resources, read from the change log: a measurement that comes in does not wait for them, and a search
 * that asks for them waits until it has read everything that was there when it came.
 */
export class TextIndex {
  private running: Promise<void> | undefined;
  private following: Promise<void> | undefined;
  private newest = '';

  constructor(
    private readonly pool: Pool,
    private readonly dictionary: Dictionary,
    private readonly registry: SearchRegistry,
  ) {}

  /**
   * Resolves once everything that is committed now can be found.
   *
   * @throws Failure `busy` where that takes longer than a client should wait; what was read stays read
   */
  async upToDate(): Promise<void> {
    if (this.running === undefined) return this.start();
    // The running one may have passed over what has come since; the next one serves all who came meanwhile.
    this.following ??= this.running
      .catch(() => {})
      .then(() => {
        this.following = undefined;
        return this.start();
      });
    return this.following;
  }

  /** A little at a time while others write, everything once it is quiet. */
  async round(): Promise<undefined> {
    const { rows } = await this.pool.query<{ newest: string }>(
      'select xid::text as newest from change_log order by xid desc, seq desc limit 1',
    );
    const newest = rows[0]?.newest ?? '';
    const quiet = newest === this.newest;
    this.newest = newest;
    if (quiet) await this.upToDate();
    else if (this.running === undefined) await this.batch(undefined);
    return undefined;
  }

  private start(): Promise<void> {
    this.running = this.catchUp().finally(() => {
      this.running = undefined;
    });
    return this.running;
  }

  private async catchUp(): Promise<void> {
    const until = performance.now() + patienceMs;
    for (let after: LogPosition | undefined; ; ) {
      after = await this.batch(after);
      if (after === undefined) return;
      if (performance.now() > until)
        throw new Failure('busy', 'The index of texts is still being made; try again shortly.');
    }
  }

  /** @returns where to go on; undefined when there is nothing more */
  private async batch(from: LogPosition | undefined): Promise<LogPosition | undefined> {
    return inTransaction(this.pool, async (tx) => {
      const stored = await lockPosition(tx);
      const after = from ?? stored;
      const { rows } = await tx.query<LoggedRow>(batchSql, [after.xid, after.seq, perBatch]);
      const last = rows.at(-1);
      if (last === undefined) return undefined;
      const latest = new Map(rows.map((row) => [row.rid, row]));
      await this.store(tx, [...latest.values()]);
      // Rows of transactions that may still have a neighbour which commits later are read again.
      const settled = rows.findLast((row) => row.settled);
      if (settled !== undefined)
        await tx.query(
          'update log_position set xid = $2::xid8, seq = $3 where reader = $1 and (xid, seq) < ($2::xid8, $3::bigint)',
          [reader, settled.xid, settled.seq],
        );
      return rows.length < perBatch ? undefined : { xid: last.xid, seq: last.seq };
    });
  }

  /** Replaces the texts of the resources. */
  async store(tx: Queryable, rows: readonly WrittenRow[]): Promise<void> {
    const found: { readonly row: WrittenRow; readonly texts: ExtractedTexts }[] = [];
    for (const row of rows) {
      if (row.content === null) continue;
      const resource = parseJson(row.content) as Resource;
      // A Subscription's secrets are found by nobody (decision 17).
      const shown = row.type === 'Subscription' ? redactSubscription(resource) : resource;
      found.push({ row, texts: extractTexts(shown, this.registry) });
    }
    const texts = found.flatMap(({ row, texts: { texts: all } }) =>
      all.map((text) => ({ row, text, ...paramOf(row.type, text.param) })),
    );
    await this.dictionary.ensure({ params: texts });
    const rids = rows.map((row) => row.rid);
    await tx.query('delete from sp_text where rid = any ($1::bigint[])', [rids]);
    await tx.query(
      `delete from sp_string s using dict_param p where p.id = s.param and p.code like '%:text' and s.rid = any ($1::bigint[])`,
      [rids],
    );
    // Only what is still the current version: a later one comes later in the log.
    await tx.query(
      `insert into sp_text (rid, narrative, content) select x.rid, x.narrative::tsvector, x.content::tsvector
       from unnest($1::bigint[], $2::integer[], $3::text[], $4::text[]) x(rid, version, narrative, content)
       join resource r on r.rid = x.rid and r.version = x.version`,
      [
        found.map(({ row }) => row.rid),
        found.map(({ row }) => row.version),
        found.map((one) => one.texts.narrative),
        found.map((one) => one.texts.content),
      ],
    );
    await tx.query(
      `insert into sp_string (param, value, exact, rid, controller, patients)
       select x.param, x.value, x.exact, r.rid, r.controller, r.patients
       from unnest($1::bigint[], $2::integer[], $3::integer[], $4::text[], $5::text[]) x(rid, version, param, value, exact)
       join resource r on r.rid = x.rid and r.version = x.version`,
      [
        texts.map(({ row }) => row.rid),
        texts.map(({ row }) => row.version),
        texts.map(({ type, code }) => this.dictionary.paramId(type, code)),
        texts.map(({ text }) => text.value),
        texts.map(({ text }) => text.exact),
      ],
    );
  }
}

const paramOf = (type: string, code: string): { readonly type: string; readonly code: string } => ({
  type: isCommonParameter(code) ? '*' : type,
  code: textParam(code),
});

/** One instance at a time. */
async function lockPosition(tx: Queryable): Promise<LogPosition> {
  await tx.query("insert into log_position (reader, xid, seq) values ($1, '0', 0) on conflict do nothing", [reader]);
  const { rows } = await tx.query<LogPosition>(
    'select xid::text as xid, seq from log_position where reader = $1 for update',
    [reader],
  );
  return rows[0]!;
}

const batchSql = `
  select l.xid::text as xid, l.seq, l.rid, l.xid < pg_snapshot_xmin(pg_current_snapshot()) as settled, t.name as type,
    r.version, r.content
  from (select * from change_log where (xid, seq) > ($1::xid8, $2::bigint) order by xid, seq limit $3) l
  join resource r on r.rid = l.rid join resource_type t on t.id = r.type
  order by l.xid, l.seq`;
