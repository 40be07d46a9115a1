import type { RowScope } from '../../access/row-scope.js';
import type { SearchRequest } from '../../search/parse/request.js';
import type { Queryable } from '../pool.js';
import { sqlState, storageFailure } from '../transaction.js';
import { type ContainedMatch, containedMatches } from './contained-matches.js';
import { type Cursor, parseCursor, printCursor, wrongCursor } from './cursor.js';
import { fetchIncluded } from './included.js';
import { pageSql } from './page-sql.js';
import { SearchContext, type SearchDeps } from './search-context.js';
import { prepareSearch } from './prepare-search.js';
import type { SearchIds } from './search-ids.js';
import { chainedPatient, type SeriesPageRow, seriesPageSql, type SeriesSearch, seriesSearch } from './series-page.js';
import { statementName } from './statement-name.js';
import { type FoundRow, type RawRow, SeriesRow, storedRow } from './stored-row.js';

export interface SearchPage {
  readonly matches: readonly FoundRow[];
  /** Resources of `_include` and `_revinclude`, none of them a match of this page. */
  readonly included: readonly FoundRow[];
  /** The one patient whom all of the page is about, where the search says so and nothing is included. */
  readonly patient?: number;
  /** Where contained resources are given back instead of what contains them: which of them, by rid. */
  readonly contained?: ReadonlyMap<number, ContainedMatch>;
  /** Cursor of the next page; absent on the last. */
  readonly next?: string;
}

interface Search {
  readonly db: Queryable;
  readonly request: SearchRequest;
  readonly scope: RowScope;
  readonly deps: SearchDeps;
  readonly ids: SearchIds;
}
type KeyedRow = RawRow & SortKeys;
type SortKeys = Readonly<Record<string, string | number | boolean | null>>;

/** A row, and where in the order it stands. */
interface PlacedRow {
  readonly row: FoundRow;
  readonly keys: SortKeys;
  /** The one patient whom it is about, where that is known. */
  readonly patient?: number | undefined;
}

/**
 * One page of a search. Every sort ends with the rid, so a resource whose sort value does not change while pages are
 * fetched appears exactly once. Resources without a value of the first sort parameter come last. Without `_sort` the newest
 * come first.
 *
 * @throws Failure `invalid` for a cursor of another search; `too-costly` when the database gives up
 */
export async function searchPage(
  db: Queryable,
  request: SearchRequest,
  scope: RowScope,
  deps: SearchDeps,
): Promise<SearchPage> {
  try {
    if (request.contained !== undefined) await deps.dictionary.learnContained();
    const { conditions, ids } = await prepareSearch(db, request.conditions, scope, deps);
    const search: Search = { db, request: { ...request, conditions }, scope, deps, ids };
    const rows = await fetchRows(search, parseCursor(request));
    const more = rows.length > request.count;
    const page = more ? rows.slice(0, request.count) : rows;
    const matches = page.map(({ row }) => row);
    const wantsMore = request.includes.length + request.revincludes.length > 0 && matches.length > 0;
    const included = wantsMore ? await fetchIncluded(db, matches, request, { scope, deps, ids }) : [];
    const last = page.at(-1);
    const contained =
      request.contained?.as === 'contained'
        ? await containedMatches(
            db,
            search.request,
            matches.map(({ rid }) => rid),
            () => new SearchContext(deps, ids, scope),
          )
        : undefined;
    return {
      matches,
      included,
      ...(contained && { contained }),
      ...(more && last !== undefined && { next: printCursor(cursorOf(last, request), request) }),
      ...(included.length === 0 && last?.patient !== undefined && { patient: last.patient }),
    };
  } catch (error) {
    // Sort values that no database value can have (SQLSTATE class 22) were not written by this server.
    if (request.cursor !== undefined && sqlState(error)?.startsWith('22') === true) throw wrongCursor();
    throw storageFailure(error);
  }
}

/** Up to `count` + 1 rows after the cursor: first those with a value of the first sort parameter, then those without. */
async function fetchRows(search: Search, after: Cursor | undefined): Promise<readonly PlacedRow[]> {
  const limit = search.request.count + 1;
  const missing = after?.segment === 'missing';
  const series = missing ? undefined : bySeries(search);
  const rows = missing
    ? []
    : ((series && (await seriesRows(search, series, after, limit))) ??
      (await generalRows(search, { segment: 'valued', after, limit })));
  const [first] = search.request.sort;
  if (
    rows.length >= limit ||
    first === undefined ||
    first.parameter.code === '_id' ||
    first.parameter.code === '_lastUpdated'
  )
    return rows;
  const rest = await generalRows(search, {
    segment: 'missing',
    after: missing ? after : undefined,
    limit: limit - rows.length,
  });
  return [...rows, ...rest];
}

/** The time series knows only patients of their own, not those that a measurement contains. */
function bySeries({ request, deps, ids, scope }: Search): SeriesSearch | undefined {
  if (request.contained !== undefined) return undefined;
  const series = seriesSearch(request);
  const mayBeInside =
    series?.patient.op === 'chain' && new SearchContext(deps, ids, scope).containedPlaces('Patient').length > 0;
  return mayBeInside ? undefined : series;
}

async function generalRows(
  search: Search,
  page: { readonly segment: 'valued' | 'missing'; readonly after: Cursor | undefined; readonly limit: number },
): Promise<PlacedRow[]> {
  const context = new SearchContext(search.deps, search.ids, search.scope);
  const text = pageSql(search.request, page, context);
  if (text === undefined) return [];
  const { rows } = await search.db.query<KeyedRow>(context.statement(text));
  return rows.map((row) => ({ row: storedRow(row, search.deps.dictionary), keys: row }));
}

/** By the time series; undefined where that index cannot tell (a patient who is not here, or several). */
async function seriesRows(
  search: Search,
  series: SeriesSearch,
  after: Cursor | undefined,
  limit: number,
): Promise<PlacedRow[] | undefined> {
  let patient: number | undefined;
  if (series.patient.op === 'chain') {
    const found = await chainedPatient(
      search.db,
      series.patient,
      new SearchContext(search.deps, search.ids, search.scope),
    );
    if (found === undefined) return [];
    if (found === null) return undefined;
    patient = found;
  }
  const presumed = search.scope.visibility('Observation') === 'related';
  const rows = await seriesStatement(search, series, { after, limit, patient, presumed });
  const asPresumed = presumed && rows.every(({ seen }) => seen);
  const all =
    presumed && !asPresumed ? await seriesStatement(search, series, { after, limit, patient, presumed: false }) : rows;
  if (all.length === 0 && after === undefined && patient === undefined) return undefined;
  return all.map(({ rid, id, content, k0, patient: about }) => ({
    row: new SeriesRow(rid, id, content),
    keys: { k0 },
    ...(asPresumed && { patient: about }),
  }));
}

async function seriesStatement(
  search: Search,
  series: SeriesSearch,
  page: Parameters<typeof seriesPageSql>[1],
): Promise<SeriesPageRow[]> {
  const context = new SearchContext(search.deps, search.ids, search.scope);
  const text = seriesPageSql(series, page, context);
  if (text === undefined) return [];
  const db = search.deps.planned ?? search.db;
  const statement = context.statement(text);
  return (await db.query<SeriesPageRow>({ name: statementName(statement.text), ...statement })).rows;
}

function cursorOf({ row, keys: of }: PlacedRow, request: SearchRequest): Cursor {
  const keys = request.sort.map((_, index) => (of[`k${index}`] ?? null) as string | number | null);
  return { segment: keys.length > 0 && keys[0] === null ? 'missing' : 'valued', keys, rid: row.rid };
}
