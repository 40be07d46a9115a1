import type { RowScope } from '../../access/row-scope.js';
import type { SearchRequest } from '../../search/parse/request.js';
import type { Queryable } from '../pool.js';
import { storageFailure } from '../transaction.js';
import { matchingSql } from './page-sql.js';
import { SearchContext, type SearchDeps } from './search-context.js';
import { searchIds } from './search-ids.js';

/** How many resources match on all pages together (`_total=accurate`, `_summary=count`). */
export async function countMatches(
  db: Queryable,
  request: SearchRequest,
  scope: RowScope,
  deps: SearchDeps,
): Promise<number> {
  try {
    const context = new SearchContext(deps, await searchIds(db, request.conditions, deps.dictionary), scope);
    const matching = matchingSql('r', request, context);
    if (matching === 'false') return 0;
    const { rows } = await db.query<{ total: number }>(
      `select count(*)::float8 as total from resource r where ${matching}`,
      context.params,
    );
    return rows[0]!.total;
  } catch (error) {
    throw storageFailure(error);
  }
}
