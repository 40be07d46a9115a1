import { isNumber, numberOf } from '../fhir/json.js';
import { isObject, type JsonObject, type Visit } from './visit.js';

/**
 * An invariant written by hand: the hot ones, those the FHIRPath engine would take quadratic time for, and those it can't
 * evaluate alone. Asked only of values whose structure is right. The value is the object (or, of a rule at a primitive, its value) the rule is about.
 */
export type HandWritten = (value: JsonObject, visit: Visit) => boolean;
/** By key; where a key means different things at different places, by `path key`. */
export type HandWrittenRules = Readonly<Record<string, HandWritten>>;

/** The element has a value, or an extension instead of one. */
export const has = (value: JsonObject, name: string): boolean =>
  value[name] !== undefined || value[`_${name}`] !== undefined;

/** `name[x]` has a value of any type. */
export function hasChoice(value: JsonObject, name: string): boolean {
  for (const key in value) {
    const bare = key.startsWith('_') ? key.slice(1) : key;
    if (bare.startsWith(name) && bare.length > name.length && /[A-Z]/.test(bare[name.length]!)) return true;
  }
  return false;
}

/** The objects of a list element; none where it is absent. */
export const list = (value: JsonObject, name: string): readonly JsonObject[] => {
  const items = value[name];
  return Array.isArray(items) ? items.filter(isObject) : [];
};

export const child = (value: JsonObject, name: string): JsonObject | undefined => {
  const item = value[name];
  return isObject(item) ? item : undefined;
};

/** The number of an element, NaN where it has none. */
export const numeric = (value: JsonObject, name: string): number => {
  const item = value[name];
  return isNumber(item) ? numberOf(item) : Number.NaN;
};

export const oneOf = (value: unknown, ...allowed: readonly string[]): boolean =>
  typeof value === 'string' && allowed.includes(value);

/** No text occurs twice; absent ones don't count. */
export function areDistinct(values: Iterable<unknown>): boolean {
  const seen = new Set<unknown>();
  for (const value of values) {
    if (value === undefined) continue;
    if (seen.has(value)) return false;
    seen.add(value);
  }
  return true;
}

/** The concept has one of these codes of this system. */
export const hasCoding = (concept: unknown, system: string, ...codes: readonly string[]): boolean =>
  isObject(concept) &&
  list(concept, 'coding').some((coding) => coding.system === system && oneOf(coding.code, ...codes));
