import type { RowScope } from '../access/row-scope.js';
import { parseJson } from '../fhir/json.js';
import type { SearchRequest } from '../search/parse/request.js';
import { plainSearch } from '../search/parse/result-parameters.js';
import type { Queryable } from './pool.js';
import type { SearchDeps } from './search/search-context.js';
import { searchPage } from './search/search-page.js';
import type { FoundRow } from './search/stored-row.js';

/** What `_include` asks for of entries of the log: the patients and resources that they name, where the caller may see them. */
export async function includedOf(
  db: Queryable,
  entries: readonly FoundRow[],
  request: SearchRequest,
  { scope, deps }: { readonly scope: RowScope; readonly deps: SearchDeps },
): Promise<readonly FoundRow[]> {
  const wanted = new Map<string, Set<string>>();
  for (const { type, parameter, target } of request.includes) {
    if (type !== undefined && type !== 'AuditEvent') continue;
    if (parameter !== undefined && parameter.code !== 'entity' && parameter.code !== 'patient') continue;
    const only = parameter?.code === 'patient' ? 'Patient' : target;
    for (const [named, id] of entries.flatMap(references))
      if (only === undefined || only === named) wanted.set(named, (wanted.get(named) ?? new Set()).add(id));
  }
  const found: FoundRow[] = [];
  for (const [type, ids] of wanted) {
    const parameter = deps.registry.param(type, '_id');
    if (parameter === undefined || scope.visibility(type) === 'none') continue;
    const values = [...ids].map((code) => ({ kind: 'token' as const, code }));
    const conditions = [{ op: 'match' as const, type, parameter, how: 'equals' as const, values, not: false }];
    const page = await searchPage(db, plainSearch(type, conditions, 1000), scope, deps);
    found.push(...page.matches);
  }
  return found;
}

function references({ text }: FoundRow): [string, string][] {
  const { entity = [] } = parseJson(text) as {
    readonly entity?: readonly { readonly what?: { reference?: string } }[];
  };
  return entity.flatMap(({ what }): [string, string][] => {
    const [type, id] = what?.reference?.split('/') ?? [];
    return type === undefined || id === undefined || type === 'AuditEvent' ? [] : [[type, id]];
  });
}
