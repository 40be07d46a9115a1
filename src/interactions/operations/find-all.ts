import { rowScope } from '../../access/decide.js';
import { parseJson } from '../../fhir/json.js';
import type { Resource } from '../../fhir/resource.js';
import { parseSearch } from '../../search/parse/parse-search.js';
import { searchPage } from '../../storage/search/search-page.js';
import type { Context } from '../request.js';

const pageSize = 1000;

/** Everything that a search finds of what the caller may see, page by page, up to `most`. */
export async function findAll(
  type: string,
  pairs: readonly (readonly [string, string])[],
  { services, principal }: Context,
  most = Number.POSITIVE_INFINITY,
): Promise<readonly Resource[]> {
  const now = services.clock.now();
  const scope = rowScope(principal, now);
  const found: Resource[] = [];
  let cursor: string | undefined;
  do {
    const page = await searchPage(
      services.pool,
      parseSearch(
        type,
        [...pairs, ['_count', String(pageSize)], ...(cursor === undefined ? [] : ([['_cursor', cursor]] as const))],
        services.registry,
        { strict: true, base: services.base, now },
      ),
      scope,
      services,
    );
    for (const { text } of page.matches) found.push(parseJson(text) as Resource);
    cursor = page.next;
  } while (cursor !== undefined && found.length < most);
  return found;
}
