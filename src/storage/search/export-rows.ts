// https://hl7.org/fhir/uv/bulkdata/export.html
import type { RowScope } from '../../access/row-scope.js';
import type { Condition } from '../../search/parse/request.js';
import type { Queryable } from '../pool.js';
import { conditionSql } from './condition-sql.js';
import { SearchContext, type SearchDeps } from './search-context.js';
import { searchIds } from './search-ids.js';

export interface ExportQuery {
  readonly type: string;
  /** Those that fulfil all conditions of any of these lists; empty: all. */
  readonly filters: readonly (readonly Condition[])[];
  /** Changed at this time or later, milliseconds since 1970. */
  readonly since?: number;
  /** Only what concerns these patients (keys), or any patient at all. */
  readonly patients?: readonly number[] | 'any';
  /** Rid after which to go on. */
  readonly after: number;
  readonly limit: number;
  /** Deleted resources instead of those that are there. */
  readonly deleted?: boolean;
}

export interface ExportRow {
  readonly rid: number;
  readonly id: string;
  readonly text: string;
}

/** The next rows that the caller may see, in the order in which they came. */
export async function exportRows(
  db: Queryable,
  query: ExportQuery,
  scope: RowScope,
  deps: SearchDeps,
): Promise<readonly ExportRow[]> {
  const ids = await searchIds(db, query.filters.flat(), deps.dictionary);
  const context = new SearchContext(deps, ids, scope);
  const visible = context.visible('r', query.type);
  if (visible === 'false') return [];
  const filters = query.filters.map((conditions) => {
    const all = conditions.map((condition) => conditionSql('r', condition, context)).filter((sql) => sql !== 'true');
    return all.length === 0 ? 'true' : `(${all.join(' and ')})`;
  });
  const conditions = [
    query.deleted === true ? visible.replace('r.content is not null', 'r.content is null') : visible,
    `r.rid > ${context.bind(query.after, 'bigint')}`,
    ...(filters.length === 0 || filters.includes('true') ? [] : [`(${filters.join(' or ')})`]),
    ...(query.since === undefined
      ? []
      : [`r.updated >= to_timestamp(${context.bind(query.since)}::double precision / 1000)`]),
    ...patientSql(query, context),
  ];
  const { rows } = await db.query<ExportRow>(
    `select r.rid::float8 as rid, r.id, coalesce(r.content, '') as text from resource r where ${conditions.join(' and ')} order by r.rid limit ${query.limit}`,
    context.params,
  );
  return rows;
}

function patientSql({ patients, type }: ExportQuery, context: SearchContext): string[] {
  if (patients === undefined) return [];
  if (patients === 'any') return type === 'Patient' ? [] : [`r.patients <> '{}'`];
  const keys = context.bind(patients, 'bigint[]');
  return [type === 'Patient' ? `r.rid = any (${keys})` : `r.patients && ${keys}`];
}
