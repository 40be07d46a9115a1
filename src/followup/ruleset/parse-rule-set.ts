/** Reads rule sets and libraries from JSON: checks them against the grammar and names the path of what is wrong. */
import type { Library, NamedRuleSet, Rule, RuleSet } from './grammar.js';
import { parseWith } from './parse-with.js';
import { resolveRuleSet } from './resolve-rule-set.js';
import { librarySchema, namedRuleSetSchema } from './schema.js';

/**
 * @param json a parsed JSON value
 * @param library where names of measures and rules are looked up; without it every name is refused
 * @throws Failure `invalid`, one issue per wrong element, its path (`RuleSet.rules[2].window`) as expression
 */
export function parseRuleSet(json: unknown, library: Library = { measures: {}, rules: {} }): RuleSet {
  return resolveRuleSet(parseNamedRuleSet(json), library);
}

/** As `parseRuleSet`, names of the library left as they are. */
export function parseNamedRuleSet(json: unknown): NamedRuleSet {
  return parseWith(namedRuleSetSchema, json, 'RuleSet') as NamedRuleSet;
}

/**
 * @param json `{fatalDeviceStatus, measures: {name: Measure}, rules: {name: Rule without id}}`
 * @throws Failure `invalid`
 */
export function parseLibrary(json: unknown): Library {
  const { rules: named, ...rest } = parseWith(librarySchema, json, 'Library');
  const rules = Object.entries(named).map(([name, rule]) => [name, { ...rule, id: rule.id ?? name } as Rule]);
  return { ...rest, rules: Object.fromEntries(rules) } as Library;
}
