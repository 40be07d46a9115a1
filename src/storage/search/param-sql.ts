import type { SearchParameter } from '../../search/parameter.js';
import type { SearchContext } from './search-context.js';

/** `s.param = 7`: ids are the dictionary's own numbers, so they may stand in the text; it keeps plans apart by parameter. */
export function paramSql(
  s: string,
  type: string | undefined,
  parameter: SearchParameter,
  context: SearchContext,
): string {
  return oneOf(
    s,
    parameter.sources.map((source) => context.paramId(type ?? '*', source.param)),
  );
}

/** As `paramSql`, for the texts that stand beside the codes of a token parameter (`:text`). */
export function textParamSql(
  s: string,
  type: string | undefined,
  parameter: SearchParameter,
  context: SearchContext,
): string {
  return oneOf(
    s,
    parameter.sources.map((source) => context.paramId(type ?? '*', textParam(source.param))),
  );
}

/** Under which parameter the texts of a token parameter are stored. */
export const textParam = (code: string): string => `${code}:text`;

function oneOf(s: string, found: readonly (number | undefined)[]): string {
  const ids = found.filter((id) => id !== undefined);
  if (ids.length === 0) return 'false';
  return ids.length === 1 ? `${s}.param = ${ids[0]}` : `${s}.param in (${ids.join(', ')})`;
}
