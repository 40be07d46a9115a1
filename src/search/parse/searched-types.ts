// https://hl7.org/fhir/R4/http.html#search – of several types, https://hl7.org/fhir/R4/search.html#all
import type { SearchRegistry } from '../registry.js';
import { type ConditionContext, knownParameter } from './parameter-lookup.js';
import { parseCondition } from './parse-condition.js';
import type { Condition } from './request.js';

/** The types that `_type` of a search over all types names, where all of them are types; undefined where it says nothing. */
export function typesNamed(
  pairs: readonly (readonly [string, string])[],
  registry: SearchRegistry,
): readonly string[] | undefined {
  const value = pairs.findLast(([name, text]) => name === '_type' && text !== '')?.[1];
  const types = [...new Set(value?.split(',').flatMap((part) => (part.trim() === '' ? [] : [part.trim()])) ?? [])];
  return types.length > 0 && types.every((type) => registry.types.has(type)) ? types : undefined;
}

/** A parameter of a search over several types: one that every type has, or one that each of them has for itself. */
export function conditionOfTypes(
  types: readonly string[] | undefined,
  name: string,
  value: string,
  context: ConditionContext,
): Condition | undefined {
  if (types === undefined || isCommon(name, context.registry)) return parseCondition(undefined, name, value, context);
  const conditions: Condition[] = [];
  for (const type of types) {
    const condition = parseCondition(type, name, value, context);
    if (condition === undefined) return undefined;
    conditions.push({ op: 'typed', type, condition });
  }
  return { op: 'any', conditions };
}

/** `_filter` and `_list` ask parameters of the type. */
function isCommon(name: string, registry: SearchRegistry): boolean {
  if (name.startsWith('_')) return name !== '_filter' && name !== '_list';
  const [code = ''] = name.split(/[.:]/);
  return registry.param(undefined, code) !== undefined && knownParameter(undefined, code, registry) !== undefined;
}
