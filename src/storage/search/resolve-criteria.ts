// https://hl7.org/fhir/R4/http.html#ccreate, #cond-update
import type { RowScope } from '../../access/row-scope.js';
import { Failure } from '../../kernel/failure.js';
import { parseSearch } from '../../search/parse/parse-search.js';
import { parseQuery } from '../../search/parse/query-pairs.js';
import type { Queryable } from '../pool.js';
import { storageFailure } from '../transaction.js';
import { matchingSql } from './page-sql.js';
import { prepareSearch } from './prepare-search.js';
import { SearchContext, type SearchDeps } from './search-context.js';

/** A resource that fulfils the criteria of a conditional interaction. */
export interface CriteriaMatch {
  readonly rid: number;
  readonly id: string;
  readonly version: number;
}

/**
 * The resources that the criteria of a conditional create, update or delete find: at most `limit` (2 is enough to know
 * that there are several). Run it inside the transaction, under the lock of the criteria.
 *
 * @param query search parameters without `?`; result parameters such as `_count` are of no account
 * @throws Failure `precondition` where the query names no condition at all; `invalid` as `parseSearch`
 */
export async function resolveCriteria(
  db: Queryable,
  criteria: {
    readonly type: string;
    readonly query: string;
    readonly base?: string;
    readonly now?: number;
    readonly limit?: number;
  },
  scope: RowScope,
  deps: SearchDeps,
): Promise<readonly CriteriaMatch[]> {
  const { type, query, limit = 2, ...options } = criteria;
  const request = parseSearch(type, parseQuery(query), deps.registry, { strict: true, ...options });
  if (request.conditions.length === 0)
    throw new Failure(
      'precondition',
      'The criteria of a conditional interaction must name at least one search parameter with a value.',
    );
  try {
    const { conditions, ids } = await prepareSearch(db, request.conditions, scope, deps);
    const context = new SearchContext(deps, ids, scope);
    const matching = matchingSql('r', { ...request, conditions }, context);
    if (matching === 'false') return [];
    const text = `select r.rid::float8 as rid, r.id, r.version from resource r where ${matching} order by r.rid limit ${limit}`;
    return (await db.query<{ rid: number; id: string; version: number }>(context.statement(text))).rows;
  } catch (error) {
    throw storageFailure(error);
  }
}
