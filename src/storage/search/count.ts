import type { RowScope } from '../../access/row-scope.js';
import type { SearchRequest } from '../../search/parse/request.js';
import type { Queryable } from '../pool.js';
import { storageFailure } from '../transaction.js';
import { countContained } from './contained-matches.js';
import { matchingSql } from './page-sql.js';
import { prepareSearch } from './prepare-search.js';
import { SearchContext, type SearchDeps } from './search-context.js';

/** How many resources match on all pages together (`_total=accurate`, `_summary=count`). */
export async function countMatches(
  db: Queryable,
  request: SearchRequest,
  scope: RowScope,
  deps: SearchDeps,
): Promise<number> {
  try {
    if (request.contained !== undefined) await deps.dictionary.learnContained();
    const { conditions, ids } = await prepareSearch(db, request.conditions, scope, deps);
    const context = new SearchContext(deps, ids, scope);
    if (request.contained?.as === 'contained') return await countContained(db, { ...request, conditions }, context);
    const matching = matchingSql('r', { ...request, conditions }, context);
    if (matching === 'false') return 0;
    const { rows } = await db.query<{ total: number }>(
      context.statement(`select count(*)::float8 as total from resource r where ${matching}`),
    );
    return rows[0]!.total;
  } catch (error) {
    throw storageFailure(error);
  }
}
