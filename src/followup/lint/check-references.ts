import type { Rule, RuleSet } from '../ruleset/grammar.js';
import type { Check, Finding, FindingValues } from './finding.js';
import type { PlanCheck } from './plan-check.js';

/** A rule on what the plan does not have can never fire. */
export const checkReferences: Check = (plan) => plan.rules.flatMap((rule) => of(rule, plan));

function of(rule: Rule, plan: RuleSet): Finding[] {
  const error = (check: PlanCheck, words: string, values: FindingValues = {}): Finding => ({
    severity: 'error',
    check,
    place: { kind: 'rule', id: rule.id },
    words,
    values,
  });
  if ('measure' in rule && !Object.hasOwn(plan.measures, rule.measure))
    return [
      error('missing-measure', `The rule ${rule.id} looks at ${rule.measure}, which the plan does not measure.`, {
        measure: rule.measure,
      }),
    ];
  if (rule.type !== 'composite') return [];
  const unknown = rule.all.filter((id) => !plan.rules.some((other) => other.id === id));
  return [
    ...unknown.map((id) =>
      error('unknown-member', `The rule ${rule.id} needs the rule ${id}, which the plan does not have.`, {
        member: id,
      }),
    ),
    ...(reaches(plan, rule.id, rule.id, new Set()) ? [error('cyclic', `The rule ${rule.id} needs itself.`)] : []),
  ];
}

function reaches(plan: RuleSet, from: string, to: string, seen: Set<string>): boolean {
  if (seen.has(from)) return false;
  seen.add(from);
  const rule = plan.rules.find(({ id }) => id === from);
  return rule?.type === 'composite' && rule.all.some((member) => member === to || reaches(plan, member, to, seen));
}
