import type { RowScope } from '../access/row-scope.js';
import type { DateRange } from '../fhir/dates.js';
import type { ResourceKey } from '../fhir/resource.js';
import type { Dictionary } from './dictionary.js';
import { patchedSql } from './patched-versions.js';
import type { Queryable } from './pool.js';
import { scopeCondition } from './scope-condition.js';

/** One version of a resource as it is stored. */
export interface VersionRow {
  readonly rid: number;
  readonly type: string;
  readonly id: string;
  readonly version: number;
  /** Milliseconds since 1970. */
  readonly updated: number;
  /** JSON text; null = this version is the deletion. */
  readonly text: string | null;
}

/** The current row with what only the write path needs. */
export interface CurrentRow extends VersionRow {
  readonly controller: number;
  readonly patients: readonly number[];
  readonly managed: boolean;
}

const columns = 'rid, id, version, (extract(epoch from updated) * 1000)::bigint as updated, content as text';

function versionRow(type: string, row: Record<string, unknown>): VersionRow {
  return {
    rid: Number(row['rid']),
    type,
    id: row['id'] as string,
    version: row['version'] as number,
    updated: Number(row['updated']),
    text: row['text'] as string | null,
  };
}

/** One version. Who may see the resource now may see its earlier versions. */
export async function readVersion(
  db: Queryable,
  key: ResourceKey,
  version: number,
  scope: RowScope,
  dictionary: Dictionary,
): Promise<VersionRow | undefined> {
  const params: unknown[] = [dictionary.typeId(key.type), key.id, version];
  const condition = scopeCondition('r', key.type, scope, params, dictionary);
  const { rows } = await db.query(
    `select r.rid, r.id, v.version, (extract(epoch from v.updated) * 1000)::bigint as updated, v.text
     from resource r cross join lateral (
       select r.version, r.updated, r.content as text where r.version = $3
       union all select h.version, h.updated, h.content from resource_history h where h.rid = r.rid and h.version = $3) v
     where r.type = $1 and r.id = $2 and ${condition}`,
    params,
  );
  return rows[0] === undefined ? undefined : versionRow(key.type, rows[0]);
}

/** A version with what the one before it tells. */
export interface HistoryVersion extends VersionRow {
  /** The first version, or the first after a deletion. */
  readonly isNew: boolean;
  /** A PATCH made it. */
  readonly isPatched: boolean;
}

export interface HistoryPage {
  readonly versions: readonly HistoryVersion[];
  readonly total: number;
}

/**
 * The versions of one resource, newest first; undefined when the caller may not see it or it never was.
 *
 * @param page `before`: only versions below this one (key of the next page); `at`: only those that were current in that time
 */
export async function instanceHistory(
  db: Queryable,
  key: ResourceKey,
  page: { readonly count: number; readonly before?: number; readonly since?: number; readonly at?: DateRange },
  access: { readonly scope: RowScope; readonly dictionary: Dictionary },
): Promise<HistoryPage | undefined> {
  const params: unknown[] = [access.dictionary.typeId(key.type), key.id];
  const condition = scopeCondition('r', key.type, access.scope, params, access.dictionary);
  const current = await db.query(
    `select r.rid, r.version from resource r where r.type = $1 and r.id = $2 and ${condition}`,
    params,
  );
  if (current.rows[0] === undefined) return undefined;
  const { rows } = await db.query(
    `select ${columns}, is_new, ${patchedSql('v')} as is_patched from (
       select *, lag(content is null, 1, true) over w as is_new, lead(updated) over w as ended from (
         select rid, id, version, updated, content from resource where rid = $1
         union all select rid, id, version, updated, content from resource_history where rid = $1) every
       window w as (order by version)) v
     where version < $2 and updated >= to_timestamp($3::double precision / 1000)
       and ($5::double precision is null or updated < to_timestamp($6::double precision / 1000)
         and coalesce(case when content is null then updated else ended end, 'infinity') > to_timestamp($5::double precision / 1000))
     order by version desc limit $4`,
    [
      current.rows[0]['rid'],
      page.before ?? 2147483647,
      page.since ?? 0,
      page.count,
      page.at?.low ?? null,
      page.at?.high ?? null,
    ],
  );
  return {
    versions: rows.map((row) => ({
      ...versionRow(key.type, row),
      isNew: row['is_new'] as boolean,
      isPatched: row['is_patched'] as boolean,
    })),
    total: Number(current.rows[0]['version']),
  };
}

/** Current rows by address, locked in the order of type and id when they are to be changed (decision 5). */
export async function currentRows(
  tx: Queryable,
  keys: readonly ResourceKey[],
  dictionary: Dictionary,
  lock: boolean,
): Promise<Map<string, CurrentRow>> {
  const found = new Map<string, CurrentRow>();
  const known = keys.flatMap((key) => {
    const type = dictionary.typeId(key.type);
    return type === undefined ? [] : [{ type, id: key.id }];
  });
  if (known.length === 0) return found;
  const { rows } = await tx.query({
    name: lock ? 'lock-rows' : 'current-rows',
    text: `select r.type, r.controller, r.patients, r.managed, ${columns} from resource r
      join unnest($1::smallint[], $2::text[]) k(t, i) on r.type = k.t and r.id = k.i
      order by r.type, r.id ${lock ? 'for update of r' : ''}`,
    values: [known.map((key) => key.type), known.map((key) => key.id)],
  });
  for (const row of rows) {
    const type = dictionary.typeName(row['type'] as number);
    found.set(`${type}/${row['id'] as string}`, {
      ...versionRow(type, row),
      controller: row['controller'] as number,
      patients: (row['patients'] as (number | string)[]).map(Number),
      managed: row['managed'] as boolean,
    });
  }
  return found;
}

/** Of the given current rows, the rids that the caller may see. */
export async function visibleRows(
  tx: Queryable,
  rows: readonly CurrentRow[],
  scope: RowScope,
  dictionary: Dictionary,
): Promise<ReadonlySet<number>> {
  const visible = new Set<number>();
  for (const type of new Set(rows.map((row) => row.type))) {
    const params: unknown[] = [rows.filter((row) => row.type === type).map((row) => row.rid)];
    const condition = scopeCondition('r', type, scope, params, dictionary);
    const found = await tx.query(
      `select r.rid from resource r where r.rid = any ($1::bigint[]) and ${condition}`,
      params,
    );
    for (const row of found.rows) visible.add(Number(row['rid']));
  }
  return visible;
}

/** Current texts by rid; whoever asks has found the rids within what the caller may see. */
export async function resourceTexts(db: Queryable, rids: readonly number[]): Promise<ReadonlyMap<number, string>> {
  const { rows } = await db.query(
    'select rid::float8 as rid, content from resource where rid = any ($1::bigint[]) and content is not null',
    [rids],
  );
  return new Map(rows.map((row) => [row['rid'] as number, row['content'] as string]));
}
