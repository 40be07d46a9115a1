import { narrowings } from '../access/narrowing.js';
import type { Principal } from '../access/principal.js';
import type { Narrowing } from '../access/row-scope.js';
import type { Interaction } from '../access/scope.js';
import { parseJsonObject } from '../fhir/json.js';
import type { Resource } from '../fhir/resource.js';
import { compileMatcher, type Matcher } from '../search/match/compile-matcher.js';
import type { Condition } from '../search/parse/request.js';
import type { SearchRegistry } from '../search/registry.js';

const matchers = new WeakMap<readonly Condition[], Matcher>();

/** Whether a resource in memory fulfils the query of a scope. */
export function meets(resource: Resource, conditions: readonly Condition[], registry: SearchRegistry): boolean {
  let matcher = matchers.get(conditions);
  if (matcher === undefined) {
    const search = { type: undefined, conditions } as Parameters<typeof compileMatcher>[0];
    matchers.set(conditions, (matcher = compileMatcher(search, registry)));
  }
  return matcher(resource);
}

/** Whether a scope's query narrows what the caller may read of the type. */
const queries = (alternatives: readonly Narrowing[] | undefined): alternatives is readonly Narrowing[] =>
  alternatives?.some(({ conditions }) => conditions !== undefined) === true;

/**
 * Whether an earlier version may be shown: search rows are those of the current version, so the queries of scopes are held
 * against the text. The patient of a token is a condition of the statement already.
 */
export function mayShowVersion(
  principal: Principal,
  interaction: Interaction,
  version: { readonly type: string; readonly text: string | null },
  registry: SearchRegistry,
): boolean {
  const alternatives = narrowings(principal, [interaction], version.type);
  if (!queries(alternatives) || version.text === null) return true;
  const resource = parseJsonObject(version.text) as Resource;
  return alternatives.some(({ conditions }) => conditions === undefined || meets(resource, conditions, registry));
}
