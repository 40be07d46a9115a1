import type { RowScope } from '../access/row-scope.js';
import type { DateRange } from '../fhir/dates.js';
import type { LogPosition } from './change-log.js';
import type { Dictionary } from './dictionary.js';
import { patchedSql } from './patched-versions.js';
import type { Queryable } from './pool.js';
import type { HistoryVersion } from './resources.js';
import { scopeCondition } from './scope-condition.js';

export interface LogHistoryQuery {
  readonly types: readonly string[];
  /** Versions that were made at this time or later, milliseconds since 1970. */
  readonly since?: number;
  /** Versions that were current at some time in it. */
  readonly at?: DateRange;
  /** Versions before this place in the log (key of the next page). */
  readonly before?: LogPosition;
  readonly limit: number;
}

export interface LogHistory {
  readonly versions: readonly HistoryVersion[];
  /** Key of the next page; absent on the last. */
  readonly next?: LogPosition;
  /** Milliseconds that the oldest transaction still running has lasted: what it changes is not in the log yet. */
  readonly running: number;
}

/** No transaction lasts as long: what was changed before is no longer outstanding. */
const longest = 3_600_000;

/**
 * Versions of all resources of the types, latest commit first. Who may see a resource now may see its earlier versions.
 *
 * @returns undefined `next` on the last page
 */
export async function logHistory(
  db: Queryable,
  query: LogHistoryQuery,
  access: { readonly scope: RowScope; readonly dictionary: Dictionary },
): Promise<LogHistory> {
  const running = await oldestTransaction(db);
  const params: unknown[] = [];
  const visible = visibleSql(query.types, access, params);
  if (visible === undefined) return { versions: [], running };
  const bind = (value: unknown): string => `$${params.push(value)}`;
  const conditions = [visible, `l.kind <> 'o'`];
  if (query.before !== undefined)
    conditions.push(`(l.xid, l.seq) < (${bind(query.before.xid)}::xid8, ${bind(query.before.seq)}::bigint)`);
  if (query.since !== undefined) {
    conditions.push(`l.xid >= ${bind(await xidBefore(db, query.since - longest))}::xid8`);
    conditions.push(`coalesce(h.updated, r.updated) >= to_timestamp(${bind(query.since)}::double precision / 1000)`);
  }
  if (query.at !== undefined) conditions.push(currentIn(query.at, bind));
  const { rows } = await db.query(
    `select l.xid::text as xid, l.seq, l.kind = 'c' or exists (select from resource_history p where p.rid = l.rid and p.version = l.version - 1 and p.content is null) as is_new, ${patchedSql('l')} as is_patched,
       r.rid, r.type, r.id, l.version, (extract(epoch from coalesce(h.updated, r.updated)) * 1000)::bigint as updated, case when h.rid is null then r.content else h.content end as text
     from change_log l join resource r on r.rid = l.rid left join resource_history h on h.rid = l.rid and h.version = l.version
     where ${conditions.join(' and ')} order by l.xid desc, l.seq desc limit ${bind(query.limit + 1)}`,
    params,
  );
  const page = rows.slice(0, query.limit);
  const last = page.at(-1);
  return {
    // A later version may come from the transaction that began first; `seq` is taken under the lock of the row.
    versions: page.sort((a, b) => Number(b['seq']) - Number(a['seq'])).map((row) => logVersion(row, access.dictionary)),
    ...(rows.length > query.limit && last !== undefined
      ? { next: { xid: last['xid'] as string, seq: Number(last['seq']) } }
      : {}),
    running,
  };
}

/** The version was made before the end of the time, and the next one (or its own deletion) not before the beginning. */
function currentIn({ low, high }: DateRange, bind: (value: unknown) => string): string {
  const [from, to] = [low, high].map((time) => `to_timestamp(${bind(time)}::double precision / 1000)`);
  return `coalesce(h.updated, r.updated) < ${to}
       and not (r.version = l.version + 1 and r.updated <= ${from})
       and not exists (select from resource_history n where n.rid = l.rid and n.version = l.version + 1 and n.updated <= ${from})
       and ((case when h.rid is null then r.content else h.content end) is not null or coalesce(h.updated, r.updated) > ${from})`;
}

function logVersion(row: Record<string, unknown>, dictionary: Dictionary): HistoryVersion {
  return {
    rid: Number(row['rid']),
    type: dictionary.typeName(row['type'] as number),
    id: row['id'] as string,
    version: row['version'] as number,
    updated: Number(row['updated']),
    text: row['text'] as string | null,
    isNew: row['is_new'] as boolean,
    isPatched: row['is_patched'] as boolean,
  };
}

/** Types with the same rule share a condition; undefined where nothing may be seen. */
function visibleSql(
  types: readonly string[],
  { scope, dictionary }: { readonly scope: RowScope; readonly dictionary: Dictionary },
  params: unknown[],
): string | undefined {
  const byRule = new Map<string, number[]>();
  for (const type of types) {
    const id = dictionary.typeId(type);
    const rule = id === undefined ? 'false' : scopeCondition('r', type, scope, params, dictionary);
    if (rule !== 'false') byRule.set(rule, [...(byRule.get(rule) ?? []), id!]);
  }
  const rules = [...byRule].map(
    ([rule, ids]) => `(l.type in (${ids.join(', ')})${rule === 'true' ? '' : ` and ${rule}`})`,
  );
  return rules.length === 0 ? undefined : `(${rules.join(' or ')})`;
}

/**
 * A transaction number below which nothing was changed at the time or later. Times follow transaction numbers closely, but
 * not exactly, so this only keeps the query from reading the log from its beginning.
 */
async function xidBefore(db: Queryable, time: number): Promise<string> {
  const ends = await db.query<{ low: string; high: string }>(
    "select coalesce((select xid from change_log order by xid, seq limit 1), '0')::text as low, coalesce((select xid from change_log order by xid desc, seq desc limit 1), '0')::text as high",
  );
  let [low, high] = [BigInt(ends.rows[0]!.low), BigInt(ends.rows[0]!.high)];
  while (low < high) {
    const middle = (low + high) / 2n + 1n;
    const { rows } = await db.query<{ xid: string; earlier: boolean }>({
      name: 'log-time',
      text: `select l.xid::text as xid, coalesce(h.updated, r.updated) < to_timestamp($2::double precision / 1000) as earlier
        from (select * from change_log where xid >= $1::xid8 order by xid, seq limit 1) l
        join resource r on r.rid = l.rid left join resource_history h on h.rid = l.rid and h.version = l.version`,
      values: [middle.toString(), time],
    });
    if (rows[0]?.earlier === true) low = BigInt(rows[0].xid);
    else high = middle - 1n;
  }
  return low.toString();
}

/** Milliseconds. Readers that hold a transaction only make the answer more careful. */
export async function oldestTransaction(db: Queryable): Promise<number> {
  const { rows } = await db.query<{ age: number | null }>(
    `select (extract(epoch from clock_timestamp() - min(xact_start)) * 1000)::float8 as age from pg_stat_activity
     where datname = current_database() and backend_type = 'client backend' and pid <> pg_backend_pid() and xact_start is not null`,
  );
  return Math.max(0, Math.ceil(rows[0]?.age ?? 0));
}
