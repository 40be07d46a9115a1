// https://hl7.org/fhir/R4/subscription-definitions.html#Subscription.criteria
import { Failure } from '../kernel/failure.js';
import { compileMatcher } from '../search/match/compile-matcher.js';
import { parseSearch } from '../search/parse/parse-search.js';
import { parseQuery } from '../search/parse/query-pairs.js';
import type { Condition, MatchCondition, SearchValue } from '../search/parse/request.js';
import { isResultParameter } from '../search/parse/result-parameters.js';
import type { SearchRegistry } from '../search/registry.js';
import type { CompileCriteria } from './compiled-subscription.js';
import { codeKey, logicalKey, targetKey } from './discriminator.js';

/**
 * Criteria are a search that can be answered from the changed resource alone: chains, `_has` and result parameters are
 * refused.
 *
 * @param base the server's own base URL: references below it are local
 */
export function criteriaCompiler(registry: SearchRegistry, base?: string): CompileCriteria {
  return (type, query) => {
    const pairs = parseQuery(query);
    const result = pairs.find(([name]) => isResultParameter(name));
    if (result !== undefined)
      throw new Failure('invalid', `${result[0]} says how to present a search; criteria cannot have it.`);
    const request = parseSearch(type, pairs, registry, { strict: true, ...(base === undefined ? {} : { base }) });
    for (const condition of request.conditions) refuseOthers(condition);
    const matcher = compileMatcher(request, registry);
    return {
      matches: (resource, rows, patients) => matcher(resource, rows, patients === undefined ? {} : { patients }),
      keys: keysOf(request.conditions),
    };
  };
}

function refuseOthers(condition: Condition): void {
  if (condition.op === 'chain' || condition.op === 'has') {
    throw new Failure('invalid', 'Chained parameters and _has ask other resources than the changed one.', {
      code: 'not-supported',
    });
  }
  if (condition.op === 'not') refuseOthers(condition.condition);
  if (condition.op === 'all' || condition.op === 'any') for (const part of condition.conditions) refuseOthers(part);
}

/** Necessary conditions that can be looked up, references and identifiers first: fewest resources share those. */
function keysOf(conditions: readonly Condition[]): readonly (readonly string[])[] {
  const found: { readonly rank: number; readonly keys: readonly string[] }[] = [];
  for (const condition of conditions) {
    if (condition.op === 'all') found.push(...keysOf(condition.conditions).map((keys) => ({ rank: 2, keys })));
    if (condition.op !== 'match' || condition.not || condition.unequal === true) continue;
    const keys = condition.values.map((value) => keysOfValue(condition, value));
    if (keys.length === 0 || keys.some((list) => list.length === 0)) continue;
    const rank =
      condition.parameter.kind === 'reference' ? 0 : /^(identifier|_id)$/.test(condition.parameter.code) ? 1 : 2;
    found.push({ rank, keys: keys.flat() });
  }
  return found.sort((a, b) => a.rank - b.rank).map(({ keys }) => keys);
}

/** A key for each place where the value may stand; none where it cannot be looked up. */
function keysOfValue({ parameter, how }: MatchCondition, value: SearchValue): readonly string[] {
  if (parameter.code === '_id')
    return value.kind === 'token' && value.code !== undefined ? [codeKey('_id', undefined, value.code)] : [];
  return parameter.sources.flatMap(({ param }) => keyOf(param, how, value) ?? []);
}

function keyOf(param: string, how: MatchCondition['how'], value: SearchValue): string | undefined {
  if (how === 'identifier')
    return value.kind === 'token' && value.code !== undefined ? logicalKey(param, value.system, value.code) : undefined;
  if (how !== 'equals') return undefined;
  if (value.kind === 'reference') return targetKey(param, value.id);
  if (value.kind !== 'token' || value.code === undefined) return undefined;
  return codeKey(param, value.implied === true ? undefined : value.system, value.code);
}
