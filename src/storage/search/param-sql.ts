import type { SearchParameter } from '../../search/parameter.js';
import type { SearchContext } from './search-context.js';

/** `s.param = 7`: ids are the dictionary's own numbers, so they may stand in the text; it keeps plans apart by parameter. */
export function paramSql(
  s: string,
  type: string | undefined,
  parameter: SearchParameter,
  context: SearchContext,
): string {
  const ids = parameter.sources
    .map((source) => context.deps.dictionary.paramId(type ?? '*', source.param))
    .filter((id) => id !== undefined);
  if (ids.length === 0) return 'false';
  return ids.length === 1 ? `${s}.param = ${ids[0]}` : `${s}.param in (${ids.join(', ')})`;
}
