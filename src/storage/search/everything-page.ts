// https://hl7.org/fhir/R4/patient-operation-everything.html
import { kindOf } from '../../access/type-rules.js';
import type { RowScope } from '../../access/row-scope.js';
import type { Queryable } from '../pool.js';
import { storageFailure } from '../transaction.js';
import { fetchIncluded, holdersSql } from './included.js';
import { SearchContext, type SearchDeps } from './search-context.js';
import { searchIds } from './search-ids.js';
import { type RawRow, storedColumns, type StoredRow, storedRow } from './stored-row.js';

export interface EverythingQuery {
  /** Patient key. */
  readonly patient: number;
  readonly types: readonly string[];
  /** Milliseconds since 1970, half-open; for what has a date of care. */
  readonly start?: number;
  readonly end?: number;
  /** Changed at this time or later, milliseconds since 1970. */
  readonly since?: number;
  readonly count: number;
  /** The rid after which the page begins. */
  readonly after?: number;
}

export interface EverythingPage {
  readonly matches: readonly StoredRow[];
  /** Who and what the matches refer to: directory entries, templates, products. */
  readonly included: readonly StoredRow[];
  /** `after` of the next page; absent on the last. */
  readonly next?: number;
}

/** Search parameters that say when care was given. */
const careDates: ReadonlySet<string> = new Set([
  'date',
  'effective',
  'effective-time',
  'period',
  'authored',
  'authoredon',
  'authored-on',
  'sent',
  'identified',
  'occurrence',
  'whenhandedover',
  'whenprepared',
  'started',
  'created',
]);

/**
 * What concerns a patient and the caller may see, in the order in which it came, so that what comes while pages are fetched
 * stands at the end.
 *
 * @throws Failure `too-costly` when the database gives up
 */
export async function everythingPage(
  db: Queryable,
  query: EverythingQuery,
  scope: RowScope,
  deps: SearchDeps,
): Promise<EverythingPage> {
  try {
    const ids = await searchIds(db, [], deps.dictionary);
    const context = new SearchContext(deps, ids, scope);
    const visible = context.visibleAmong('r', query.types);
    if (visible === 'false') return { matches: [], included: [] };
    const patient = context.bind(query.patient, 'bigint');
    const conditions = [
      `r.rid in (select ${patient} union all ${holdersSql(`array[${patient}]`, 'true')})`,
      `(r.rid = ${patient} or ${patient} = any (r.patients))`,
      visible,
      ...(query.since === undefined
        ? []
        : [`r.updated >= to_timestamp(${context.bind(query.since)}::double precision / 1000)`]),
      ...(query.after === undefined ? [] : [`r.rid > ${context.bind(query.after, 'bigint')}`]),
      ...careSql(query, context),
    ];
    const { rows } = await db.query<RawRow>(
      `select ${storedColumns('r')} from resource r where ${conditions.join(' and ')} order by r.rid limit ${query.count + 1}`,
      context.params,
    );
    const matches = rows.slice(0, query.count).map((row) => storedRow(row, deps.dictionary));
    return {
      matches,
      included: await referredTo(db, matches, query.types, { scope, deps, ids }),
      ...(rows.length > query.count && matches.length > 0 ? { next: matches.at(-1)!.rid } : {}),
    };
  } catch (error) {
    throw storageFailure(error);
  }
}

async function referredTo(
  db: Queryable,
  matches: readonly StoredRow[],
  types: readonly string[],
  context: Parameters<typeof fetchIncluded>[3],
): Promise<readonly StoredRow[]> {
  const shared = new Set(types.filter((type) => kindOf(type) === 'directory' || kindOf(type) === 'template'));
  if (shared.size === 0 || matches.length === 0) return [];
  const includes = [...shared].map((target) => ({ target, iterate: false }));
  const found = await fetchIncluded(db, matches, { includes, revincludes: [] }, context);
  return found.filter(({ type }) => shared.has(type));
}

/** Within the dates of care; what has none belongs to every time. */
function careSql({ start, end, types }: EverythingQuery, context: SearchContext): string[] {
  if (start === undefined && end === undefined) return [];
  const { registry, dictionary } = context.deps;
  const params = types.flatMap((type) =>
    registry
      .stored(type)
      .flatMap(({ kind, code }) =>
        kind === 'date' && careDates.has(code) ? [dictionary.paramId(type, code) ?? 0] : [],
      ),
  );
  const dates = `from sp_date d where d.rid = r.rid and d.param = any (${context.bind(params, 'integer[]')})`;
  const within = [
    start === undefined ? '' : ` and d.high > ${context.bind(start, 'bigint')}`,
    end === undefined ? '' : ` and d.low < ${context.bind(end, 'bigint')}`,
  ].join('');
  return [`(not exists (select ${dates}) or exists (select ${dates}${within}))`];
}
