import type { Queryable } from './pool.js';

/** A place in the change log: everything up to and including it has been read. */
export interface LogPosition {
  /** xid8 as decimal text. */
  readonly xid: string;
  readonly seq: number;
}

/** One change, with the version it made. */
export interface LogRow extends LogPosition {
  /** c(reate), u(pdate), d(elete); o: no change, the rule engine found this version to lie outside the approved limits. */
  readonly kind: 'c' | 'u' | 'd' | 'o';
  readonly type: string;
  readonly rid: number;
  readonly id: string;
  readonly version: number;
  /** Dictionary id of the data controller. */
  readonly controller: number;
  readonly patients: readonly number[];
  /** JSON text of exactly this version, where its type was asked for; absent after a delete. */
  readonly text?: string;
}

export interface LogBatch {
  readonly rows: readonly LogRow[];
  /** Where to go on: after the last row of the batch in log order. */
  readonly next: LogPosition;
  /** Committed rows are there that must wait for an older transaction which is still running. */
  readonly held: boolean;
  /** As many rows as asked for: there may be more. */
  readonly full: boolean;
}

const beginning: LogPosition = { xid: '0', seq: 0 };

/**
 * The next rows of the log. Only transactions below the oldest one that is still running are read: every row below that
 * horizon is decided, so none can appear behind the reader, however late its transaction commits.
 * https://www.postgresql.org/docs/current/functions-info.html#FUNCTIONS-INFO-SNAPSHOT
 *
 * Rows of one batch come by `seq`, which a transaction takes while it holds the lock on the row it changes: versions of
 * one resource are in order even where the later version's transaction began first. A batch is therefore handled as a
 * whole, and `next` stored with it.
 *
 * @param wanted.types names of the types whose text is needed
 */
export async function readLog(
  db: Queryable,
  wanted: { readonly after: LogPosition; readonly limit: number; readonly types: readonly string[] },
): Promise<LogBatch> {
  const { rows } = await db.query<Row>({
    name: 'change-log-read',
    text: batchSql,
    values: [wanted.after.xid, wanted.after.seq, wanted.limit, wanted.types],
  });
  const found = rows.filter((row) => row.rid !== null);
  const last = found.at(-1);
  return {
    rows: found.map(logRow).sort((a, b) => a.seq - b.seq),
    next: last === undefined ? wanted.after : { xid: last.xid, seq: last.seq },
    held: rows[0]?.held ?? false,
    full: found.length >= wanted.limit,
  };
}

type Row = Omit<LogRow, 'text'> & { readonly text: string | null; readonly held: boolean };

const logRow = ({ held: _held, text, ...row }: Row): LogRow => ({ ...row, ...(text === null ? {} : { text }) });

// One statement, one snapshot: the horizon, the rows and the texts belong together. The left join keeps `held` when the
// batch is empty.
const batchSql = `
  with horizon as materialized (select pg_snapshot_xmin(pg_current_snapshot()) as xmin)
  select b.*, h.held
  from (select exists (select from change_log where xid >= (select xmin from horizon)) as held) h
  left join (
    select l.xid::text as xid, l.seq, l.kind::text as kind, t.name as type, l.rid, r.id, l.version, l.controller, l.patients,
      case when t.name = any ($4::text[]) then case when r.version = l.version then r.content else old.content end end as text
    from (
      select * from change_log where (xid, seq) > ($1::xid8, $2::bigint) and xid < (select xmin from horizon)
      order by xid, seq limit $3
    ) l
    join resource_type t on t.id = l.type
    join resource r on r.rid = l.rid
    left join resource_history old on old.rid = l.rid and old.version = l.version and r.version <> l.version
    order by l.xid, l.seq
  ) b on true
  order by b.xid::xid8, b.seq`;

/**
 * Puts into the log, in the transaction of its finding, that the rule engine judged versions to lie outside the approved
 * limits. It is no change: histories leave such rows out.
 */
export async function logOutsideLimits(
  tx: Queryable,
  versions: readonly { readonly rid: number; readonly version: number }[],
): Promise<void> {
  if (versions.length === 0) return;
  await tx.query({
    name: 'log-outside-limits',
    text: `insert into change_log (kind, type, rid, version, controller, patients)
      select 'o', r.type, v.rid, v.version, r.controller, r.patients
      from unnest($1::bigint[], $2::integer[]) v(rid, version) join resource r on r.rid = v.rid`,
    values: [versions.map((one) => one.rid), versions.map((one) => one.version)],
  });
}

/** Texts of versions that were read without them. */
export async function versionTexts(
  db: Queryable,
  versions: readonly { readonly rid: number; readonly version: number }[],
): Promise<ReadonlyMap<string, string>> {
  if (versions.length === 0) return new Map();
  const { rows } = await db.query<{ rid: number; version: number; text: string | null }>({
    name: 'version-texts',
    text: `select v.rid, v.version, case when r.version = v.version then r.content else old.content end as text
      from unnest($1::bigint[], $2::integer[]) v(rid, version)
      join resource r on r.rid = v.rid
      left join resource_history old on old.rid = v.rid and old.version = v.version and r.version <> v.version`,
    values: [versions.map((one) => one.rid), versions.map((one) => one.version)],
  });
  return new Map(
    rows.flatMap(({ rid, version, text }) => (text === null ? [] : [[versionKey({ rid, version }), text] as const])),
  );
}

export const versionKey = (version: { readonly rid: number; readonly version: number }): string =>
  `${version.rid}/${version.version}`;

/** The reader's position; a new reader starts at the beginning of the log. */
export async function readPosition(db: Queryable, reader: string): Promise<LogPosition> {
  const { rows } = await db.query<LogPosition>(
    `with made as (insert into log_position (reader, xid, seq) values ($1, '0', 0) on conflict do nothing)
     select xid::text as xid, seq from log_position where reader = $1`,
    [reader],
  );
  return rows[0] ?? beginning;
}

/**
 * Moves a reader on, in the transaction of its work.
 *
 * @returns false when another instance has moved it meanwhile: roll back and read the position anew
 */
export async function movePosition(
  tx: Queryable,
  reader: string,
  move: { readonly from: LogPosition; readonly to: LogPosition },
): Promise<boolean> {
  const result = await tx.query({
    name: 'log-position-move',
    text: 'update log_position set xid = $2::xid8, seq = $3 where reader = $1 and xid = $4::xid8 and seq = $5',
    values: [reader, move.to.xid, move.to.seq, move.from.xid, move.from.seq],
  });
  return result.rowCount === 1;
}

/**
 * Transaction numbers start anew when a dump is restored into another database cluster; old rows would then lie ahead of
 * every new one and readers would wait for ever. Rows and positions with numbers that this cluster has not reached are
 * moved to transaction 0, before everything new; what was not read stays unread. Belongs at the very start of a transaction.
 *
 * @returns whether anything had to be moved
 */
export async function adoptForeignLog(tx: Queryable): Promise<boolean> {
  const { rows } = await tx.query<{ foreign: boolean }>(
    `select exists (select from change_log where xid > (select pg_current_xact_id()))
       or exists (select from log_position where xid > (select pg_current_xact_id())) as foreign`,
  );
  if (rows[0]?.foreign !== true) return false;
  await tx.query('lock table change_log in share row exclusive mode');
  await tx.query(
    `update log_position p set xid = '0', seq = coalesce(
       (select min(seq) - 1 from change_log l where (l.xid, l.seq) > (p.xid, p.seq)), (select max(seq) from change_log), 0)`,
  );
  await tx.query(`update change_log set xid = '0'`);
  return true;
}
