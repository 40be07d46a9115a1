// https://hl7.org/fhir/R4/observation-operation-lastn.html
import type { RowScope } from '../../access/row-scope.js';
import { measurementSeries } from '../../search/measurement-series.js';
import type { SearchRequest } from '../../search/parse/request.js';
import type { Queryable } from '../pool.js';
import { storageFailure } from '../transaction.js';
import { matchingSql } from './page-sql.js';
import { prepareSearch } from './prepare-search.js';
import { SearchContext, type SearchDeps } from './search-context.js';
import { type RawRow, storedColumns, type StoredRow, storedRow } from './stored-row.js';

interface Point {
  readonly rid: number;
  readonly low: number;
  readonly code: number;
}

/**
 * The newest `max` Observations of each measurement among those that the search finds, newest first; ties at the limit
 * are all given. Codings that stand in one Observation, or spell one series, are the same measurement.
 */
export async function lastObservations(
  db: Queryable,
  { request, max }: { readonly request: SearchRequest; readonly max: number },
  scope: RowScope,
  deps: SearchDeps,
): Promise<readonly StoredRow[]> {
  try {
    const { conditions, ids } = await prepareSearch(db, request.conditions, scope, deps);
    const context = new SearchContext(deps, ids, scope);
    const matching = matchingSql('r', { ...request, conditions }, context);
    if (matching === 'false') return [];
    // Codes that stand together count wherever they do, not only among the newest.
    const text = `with m as materialized (
         select p.rid, p.low, p.code from resource r join observation_point p on p.rid = r.rid and not p.component where ${matching})
       select x.rid::float8 as rid, x.low::float8 as low, x.code, null::integer[] as together from (
         select m.*, rank() over (partition by m.code order by m.low desc) as place from m) x
         where x.place <= ${context.bind(max, 'integer')}
       union all select distinct null::float8, null::float8, null::integer, g.codes from (
         select array_agg(distinct m.code::integer order by m.code::integer) as codes from m group by m.rid having count(distinct m.code) > 1) g`;
    const { rows } = await db.query(context.statement(text));
    const points = rows.filter((row) => row['together'] === null) as unknown as Point[];
    const together = rows.flatMap((row) => (row['together'] === null ? [] : [row['together'] as number[]]));
    const chosen = newest(points, max, grouping(together, await codeNames(db, points)));
    const found = await db.query<RawRow>(
      `select ${storedColumns('r')} from resource r where r.rid = any ($1::bigint[])`,
      [chosen],
    );
    const byRid = new Map(found.rows.map((row) => [row.rid, row]));
    return chosen.flatMap((rid) => (byRid.has(rid) ? [storedRow(byRid.get(rid)!, deps.dictionary)] : []));
  } catch (error) {
    throw storageFailure(error);
  }
}

/** `system|code` of the codes, by dictionary id. */
async function codeNames(db: Queryable, points: readonly Point[]): Promise<ReadonlyMap<number, string>> {
  const { rows } = await db.query(
    "select c.id, s.url || '|' || c.code as name from dict_code c join dict_system s on s.id = c.system where c.id = any ($1::integer[])",
    [[...new Set(points.map((point) => point.code))]],
  );
  return new Map(rows.map((row) => [row['id'] as number, row['name'] as string]));
}

/** Rids of the newest of each group, groups together, newest first within. */
function newest(points: readonly Point[], max: number, group: (code: number) => string): number[] {
  const groups = new Map<string, Point[]>();
  for (const point of points) {
    const key = group(point.code);
    groups.set(key, [...(groups.get(key) ?? []), point]);
  }
  const chosen = new Set<number>();
  for (const list of groups.values()) {
    const distinct = [...new Map(list.map((point) => [point.rid, point])).values()].sort(
      (a, b) => b.low - a.low || b.rid - a.rid,
    );
    const limit = distinct[max - 1]?.low ?? Number.NEGATIVE_INFINITY;
    for (const point of distinct) if (point.low >= limit) chosen.add(point.rid);
  }
  return [...chosen];
}

/** Codings are joined where one Observation has both, or where they spell one series; transitively. */
function grouping(
  together: readonly (readonly number[])[],
  names: ReadonlyMap<number, string>,
): (code: number) => string {
  const parents = new Map<string, string>();
  const root = (name: string): string => {
    let at = name;
    for (let parent = parents.get(at); parent !== undefined && parent !== at; parent = parents.get(at)) at = parent;
    return at;
  };
  const join = (a: string, b: string): void => {
    const [from, to] = [root(a), root(b)];
    if (from !== to) parents.set(from, to);
  };
  for (const [code, name] of names) {
    const spelt = measurementSeries().get(name);
    if (spelt !== undefined) join(`${code}`, `series:${spelt}`);
  }
  for (const codes of together) for (const code of codes) join(`${code}`, `${codes[0]}`);
  return (code) => root(`${code}`);
}
