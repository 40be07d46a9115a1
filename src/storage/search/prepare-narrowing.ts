/**
 * Queries of SMART version 2 scopes, made ready to be a condition of every statement.
 * https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html#finer-grained-resource-constraints-using-search-parameters
 */
import type { Principal } from '../../access/principal.js';
import type { Scope } from '../../access/scope.js';
import { Failure } from '../../kernel/failure.js';
import type { Condition, MatchCondition } from '../../search/parse/request.js';
import { parseQuery } from '../../search/parse/query-pairs.js';
import { parseSearch } from '../../search/parse/parse-search.js';
import type { Queryable } from '../pool.js';
import { keepNarrowing } from '../scope-condition.js';
import { conditionSql } from './condition-sql.js';
import { SearchContext, type SearchDeps } from './search-context.js';
import { type SearchIds, searchIds } from './search-ids.js';

/**
 * The principal with the conditions of its scopes' queries. A query that cannot be held against single rows – unknown
 * parameters, chains, negations, `_id` – leaves its scope without conditions, and then it permits nothing.
 */
export async function withNarrowings(
  principal: Principal,
  db: Queryable,
  deps: SearchDeps & { readonly base?: string },
): Promise<Principal> {
  if (!principal.scopes.some(({ query }) => query !== undefined)) return principal;
  const scopes = await Promise.all(principal.scopes.map((scope) => prepared(scope, db, deps)));
  return { ...principal, scopes };
}

async function prepared(scope: Scope, db: Queryable, deps: SearchDeps & { readonly base?: string }): Promise<Scope> {
  const { conditions: _former, ...plain } = scope;
  if (scope.query === undefined || scope.type === '*') return plain;
  const conditions = understood(scope.type, scope.query, deps);
  if (conditions === undefined) return plain;
  const ids = await searchIds(db, conditions, deps.dictionary);
  keepNarrowing(conditions, (alias, params) => sqlOf(conditions, alias, params, ids, deps));
  return { ...plain, conditions };
}

function understood(
  type: string,
  query: string,
  { registry, base }: SearchDeps & { readonly base?: string },
): readonly Condition[] | undefined {
  try {
    const search = parseSearch(type, parseQuery(query), registry, {
      strict: true,
      ...(base !== undefined && { base }),
    });
    const plain =
      search.includes.length + search.revincludes.length + search.sort.length + search.elements.length === 0;
    const { conditions } = search;
    return plain && conditions.length > 0 && conditions.every(isOfRow) ? conditions : undefined;
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

/** Asks only the search rows of the resource itself, and stays true as the dictionary grows. */
function isOfRow(condition: Condition): boolean {
  switch (condition.op) {
    case 'match':
      return !condition.not && condition.unequal !== true && ofRows(condition.parameter) && !asksOthers(condition);
    case 'missing':
      return ofRows(condition.parameter);
    case 'all':
    case 'any':
      return condition.conditions.every(isOfRow);
    case 'together':
      return condition.parts.every(isOfRow);
    case 'chain':
    case 'has':
    case 'words':
    case 'not':
    case 'typed':
    case 'compartment':
      return false;
  }
}

/** Value sets, hierarchies and texts lie elsewhere. */
const asksOthers = ({ how, parameter }: MatchCondition): boolean =>
  how === 'in' || how === 'text' || ((how === 'above' || how === 'below') && parameter.kind !== 'uri');

const ofRows = ({ code, kind }: { readonly code: string; readonly kind: string }): boolean =>
  code !== '_id' && code !== '_lastUpdated' && kind !== 'composite';

function sqlOf(
  conditions: readonly Condition[],
  alias: string,
  params: unknown[],
  ids: SearchIds,
  deps: SearchDeps,
): string {
  const context = new NarrowingContext(deps, ids, { parties: [], controllers: '*', visibility: () => 'all' }, params);
  const all = conditions.map((condition) => conditionSql(alias, condition, context));
  if (all.includes('false')) return 'false';
  return `(${all.map((sql) => `(${sql})`).join(' and ')})`;
}

/** Part of a statement that another context puts together: its parameters, but aliases of its own. */
class NarrowingContext extends SearchContext {
  constructor(deps: SearchDeps, ids: SearchIds, scope: SearchContext['scope'], params: unknown[]) {
    super(deps, ids, scope, params);
  }

  override alias(letter: string): string {
    return super.alias(`narrow_${letter}`);
  }
}
