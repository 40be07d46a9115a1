// https://hl7.org/fhir/R4/observation-operation-stats.html: the values of measurements, from the time-series index.
import type { RowScope } from '../../access/row-scope.js';
import type { SearchRequest } from '../../search/parse/request.js';
import type { Queryable } from '../pool.js';
import { storageFailure } from '../transaction.js';
import { matchingSql } from './page-sql.js';
import { SearchContext, type SearchDeps } from './search-context.js';
import { searchIds } from './search-ids.js';

/** One value of one Observation, in the base unit of its dimension. */
export interface SeriesValue {
  readonly rid: number;
  /** Milliseconds since 1970. */
  readonly t: number;
  /** undefined where the Observation has none that can be reckoned with. */
  readonly value: number | undefined;
  /** Dictionary id of the base unit. */
  readonly unit: number | undefined;
}

/**
 * The values under some codes among the Observations that a search finds, newest first; a component's value counts under
 * the component's code.
 *
 * @param of.patient logical id; the search names the same patient, here it leads into the index of the series
 * @param of.codes `system|code`
 */
export async function seriesValues(
  db: Queryable,
  {
    request,
    patient,
    codes,
    limit,
  }: {
    readonly request: SearchRequest;
    readonly patient: string;
    readonly codes: readonly string[];
    readonly limit: number;
  },
  scope: RowScope,
  deps: SearchDeps,
): Promise<readonly SeriesValue[]> {
  try {
    const context = new SearchContext(deps, await searchIds(db, request.conditions, deps.dictionary), scope);
    const matching = matchingSql('r', request, context);
    if (matching === 'false') return [];
    const { rows } = await db.query(
      `select p.rid::float8 as rid, p.low::float8 as low, p.value::float8 as value, p.unit
       from resource r join observation_point p on p.rid = r.rid
       where ${matching} and p.patient = (select t.rid from resource t where t.type = ${deps.dictionary.typeId('Patient')} and t.id = ${context.bind(patient)}) and p.code in (
         select c.id from dict_code c join dict_system s on s.id = c.system where s.url || '|' || c.code = any (${context.bind([...codes], 'text[]')}))
       group by p.rid, p.low, p.value, p.unit order by p.low desc, p.rid desc limit ${context.bind(limit, 'integer')}`,
      context.params,
    );
    return rows.map((row) => ({
      rid: row['rid'] as number,
      t: row['low'] as number,
      value: (row['value'] as number | null) ?? undefined,
      unit: (row['unit'] as number | null) ?? undefined,
    }));
  } catch (error) {
    throw storageFailure(error);
  }
}
