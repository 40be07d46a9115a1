/** Reads rule sets and libraries from JSON: checks them against the grammar and names the path of what is wrong. */
import { z } from 'zod';
import { Failure, type Issue } from '../../kernel/failure.js';
import type { Library, NamedRuleSet, Rule, RuleSet } from './grammar.js';
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
  return parsed(namedRuleSetSchema, json, 'RuleSet') as NamedRuleSet;
}

/**
 * @param json `{fatalDeviceStatus, measures: {name: Measure}, rules: {name: Rule without id}}`
 * @throws Failure `invalid`
 */
export function parseLibrary(json: unknown): Library {
  const library = parsed(librarySchema, json, 'Library');
  const rules = Object.entries(library.rules).map(([name, rule]) => [name, { ...rule, id: rule.id ?? name } as Rule]);
  return { ...library, rules: Object.fromEntries(rules) } as Library;
}

function parsed<T>(schema: z.ZodType<T>, json: unknown, root: string): T {
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  throw new Failure('invalid', result.error.issues.flatMap((issue) => issuesOf(issue, root)));
}

function issuesOf(issue: z.core.$ZodIssue, root: string): Issue[] {
  const path = pathOf([root, ...issue.path]);
  if (issue.code === 'invalid_union') {
    const best = [...issue.errors].sort((a, b) => depth(b) - depth(a) || a.length - b.length)[0] ?? [];
    if (best.length > 0) return best.flatMap((inner) => issuesOf({ ...inner, path: [...issue.path, ...inner.path] }, root));
  }
  return [{ severity: 'error', code: 'invalid', diagnostics: `${path}: ${issue.message}`, expression: [path] }];
}

function depth(issues: readonly z.core.$ZodIssue[]): number {
  return Math.max(0, ...issues.map((issue) => issue.path.length));
}

function pathOf(parts: readonly PropertyKey[]): string {
  return parts.map((part, i) => (typeof part === 'number' ? `[${part}]` : `${i === 0 ? '' : '.'}${String(part)}`)).join('');
}
