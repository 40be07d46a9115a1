/** Puts a library's measures and rules in the place of their names, and checks that what a plan refers to exists. */
import { Failure, type Issue } from '../../kernel/failure.js';
import {
  isComponentMeasure,
  type AggregateRule,
  type Library,
  type Measure,
  type NamedRuleSet,
  type Rule,
  type RuleSet,
} from './grammar.js';
import { ownValue } from './own-value.js';

/**
 * A rule on a measure the plan lacks is left in: it can never fire, and the lint before approval says so.
 *
 * @throws Failure `invalid` for a name the library does not have, two rules, schedules or escalations of one id, a rule on
 *   a component its measure lacks, a composite that contains itself
 */
export function resolveRuleSet(plan: NamedRuleSet, library: Library): RuleSet {
  const problems: Issue[] = [];
  const report = (path: string, what: string): void => {
    problems.push({
      severity: 'error',
      code: 'invalid',
      diagnostics: `RuleSet.${path}: ${what}`,
      expression: [`RuleSet.${path}`],
    });
  };
  const measures = Object.entries(plan.measures).flatMap(([key, value]): [string, Measure][] => {
    const found = typeof value === 'string' ? ownValue(library.measures, value) : value;
    if (found === undefined) report(`measures.${key}`, `the library has no measure "${String(value)}"`);
    return found === undefined ? [] : [[key, found]];
  });
  const rules = plan.rules.flatMap((value, i): Rule[] => {
    const found = typeof value === 'string' ? ownValue(library.rules, value) : value;
    if (found === undefined) report(`rules[${i}]`, `the library has no rule "${String(value)}"`);
    return found === undefined ? [] : [found];
  });
  const fatalDeviceStatus = plan.fatalDeviceStatus ?? library.fatalDeviceStatus;
  const resolved: RuleSet = {
    ...plan,
    measures: Object.fromEntries(measures),
    rules,
    ...(fatalDeviceStatus === undefined ? {} : { fatalDeviceStatus }),
  };
  if (problems.length === 0) checkReferences(resolved, report);
  if (problems.length > 0) throw new Failure('invalid', problems);
  return resolved;
}

type Report = (path: string, what: string) => void;

function checkReferences(plan: RuleSet, report: Report): void {
  for (const list of ['rules', 'schedules', 'escalations'] as const) {
    const seen = new Set<string>();
    plan[list].forEach(({ id }, i) => {
      if (seen.has(id)) report(`${list}[${i}].id`, `"${id}" is there twice`);
      seen.add(id);
    });
  }
  plan.rules.forEach((rule, i) => {
    if ('measure' in rule) checkMeasure(plan, rule, (what) => report(`rules[${i}]`, what));
    if (rule.type !== 'composite') return;
    if (reaches(plan, rule.id, rule.id, new Set())) report(`rules[${i}].all`, `"${rule.id}" is a member of itself`);
  });
}

function checkMeasure(plan: RuleSet, rule: Extract<Rule, { measure: string }>, report: (what: string) => void): void {
  const measure = ownValue(plan.measures, rule.measure);
  if (measure === undefined) return;
  const named =
    rule.type === 'aggregate'
      ? Object.keys(componentsOf(rule))
      : 'component' in rule && rule.component !== undefined
        ? [rule.component]
        : [];
  if (!isComponentMeasure(measure)) {
    if (named.length > 0) report(`"${rule.measure}" has no components`);
    return;
  }
  const wanted = rule.type === 'zone' ? [] : named;
  if (rule.type !== 'zone' && wanted.length === 0) report(`"${rule.measure}" has components: name one`);
  for (const name of wanted) {
    if (ownValue(measure.components, name) === undefined) report(`"${rule.measure}" has no component "${name}"`);
  }
}

function componentsOf(rule: AggregateRule): Readonly<Record<string, unknown>> {
  return rule.components ?? {};
}

function reaches(plan: RuleSet, from: string, to: string, seen: Set<string>): boolean {
  if (seen.has(from)) return false;
  seen.add(from);
  const rule = plan.rules.find(({ id }) => id === from);
  return rule?.type === 'composite' && rule.all.some((member) => member === to || reaches(plan, member, to, seen));
}
