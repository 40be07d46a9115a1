/** CarePlan → RuleSet. The engine takes nothing else for a plan; what it cannot read is refused, never guessed. */
import type { Resource } from '../../fhir/resource.js';
import type { RuleSet } from '../ruleset/grammar.js';
import { parseRuleSet } from '../ruleset/parse-rule-set.js';
import { contentOf, detailsOf, frameOf } from './plan-content.js';

/**
 * `status` is `approved` or `interim` only for an `active` plan with `dho-approval`; an `active` plan without one reads as
 * `draft` and is never monitored.
 *
 * @throws Failure `unprocessable` for an extension that does not hold what its profile says, `invalid` where the rules do
 *   not fit together
 */
export const ruleSetFromCarePlan = (plan: Resource): RuleSet => ruleSetOf(plan, detailsOf(plan), frameOf(plan));

/** The same from any resource with the plan's extensions and a list of activities (CarePlan, PlanDefinition). */
export const ruleSetOf = (owner: Resource, details: readonly unknown[], frame: Partial<RuleSet>): RuleSet =>
  parseRuleSet(contentOf(owner, details, frame));
