import type { RowScope } from '../../access/row-scope.js';
import type { Queryable } from '../pool.js';
import { SearchContext, type SearchDeps } from './search-context.js';

const most = 1000;

/** Texts of the resources of a type that the caller may see, the newest first, at most 1000: for types that there are few of. */
export async function storedOfType(
  db: Queryable,
  type: string,
  scope: RowScope,
  deps: SearchDeps,
): Promise<readonly string[]> {
  const context = new SearchContext(deps, { system: () => undefined, code: () => undefined, codes: () => [] }, scope);
  const { rows } = await db.query<{ content: string }>(
    `select r.content from resource r where ${context.visible('r', type)} order by r.updated desc limit ${most}`,
    context.params,
  );
  return rows.map(({ content }) => content);
}
