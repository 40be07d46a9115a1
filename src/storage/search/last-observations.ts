// https://hl7.org/fhir/R4/observation-operation-lastn.html
import type { RowScope } from '../../access/row-scope.js';
import { measurementSeries } from '../../search/measurement-series.js';
import type { SearchRequest } from '../../search/parse/request.js';
import type { Queryable } from '../pool.js';
import { storageFailure } from '../transaction.js';
import { matchingSql } from './page-sql.js';
import { SearchContext, type SearchDeps } from './search-context.js';
import { searchIds } from './search-ids.js';
import { type RawRow, storedColumns, type StoredRow, storedRow } from './stored-row.js';

interface Point {
  readonly rid: number;
  readonly low: number;
  readonly name: string;
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
    const context = new SearchContext(deps, await searchIds(db, request.conditions, deps.dictionary), scope);
    const matching = matchingSql('r', request, context);
    if (matching === 'false') return [];
    const { rows } = await db.query(
      `select x.rid::float8 as rid, x.low::float8 as low, s.url || '|' || c.code as name from (
         select p.rid, p.low, p.code, rank() over (partition by p.code order by p.low desc) as place
         from resource r join observation_point p on p.rid = r.rid and not p.component where ${matching}) x
       join dict_code c on c.id = x.code join dict_system s on s.id = c.system where x.place <= ${context.bind(max, 'integer')}`,
      context.params,
    );
    const chosen = newest(rows as unknown as Point[], max);
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

/** Rids of the newest of each group, groups together, newest first within. */
function newest(points: readonly Point[], max: number): number[] {
  const groups = new Map<string, Point[]>();
  const group = grouping(points);
  for (const point of points) {
    const key = group(point.name);
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
function grouping(points: readonly Point[]): (name: string) => string {
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
  const series = measurementSeries();
  const firstOf = new Map<number, string>();
  for (const { rid, name } of points) {
    const spelt = series.get(name);
    if (spelt !== undefined) join(name, `series:${spelt}`);
    const first = firstOf.get(rid);
    if (first === undefined) firstOf.set(rid, name);
    else join(name, first);
  }
  return root;
}
