import type { Resource } from '../../fhir/resource.js';
import { Failure } from '../../kernel/failure.js';
import { ruleSetFromCarePlan } from '../plan/rule-set-from-care-plan.js';
import type { RuleSet } from '../ruleset/grammar.js';
import { system } from '../vocabulary/systems.js';
import { carePlanPlace } from './care-plan-place.js';
import type { Finding } from './finding.js';
import { findingExtension } from './finding-extension.js';
import { lintPlan } from './lint-plan.js';

/**
 * A draft is looked through before it is sent to the one who shall approve it.
 *
 * @param override why the warnings are let by; kept on the Task for the approver
 * @returns the warnings and notices to keep; Failure `unprocessable` with every error, or, without a reason, every warning
 */
export function beforeApproval(carePlan: Resource, override: string | undefined): readonly Finding[] | Failure {
  const plan = carePlan['status'] === 'draft' ? readable(carePlan) : undefined;
  if (plan === undefined) return []; // refused for what it is when it is submitted
  const found = lintPlan(plan);
  const hasErrors = found.some(({ severity }) => severity === 'error');
  const blocking = found.filter(({ severity }) => severity === 'error' || (!hasErrors && severity === 'warning'));
  if (!hasErrors && (blocking.length === 0 || (override ?? '').trim() !== '')) return found;
  const advice = hasErrors ? '' : ' Change the plan, or say in the parameter override why it shall be so.';
  return new Failure(
    'unprocessable',
    blocking.map((finding) => ({
      severity: finding.severity,
      code: 'business-rule',
      details: { system: system.planCheck, code: finding.check },
      extension: [findingExtension(finding)],
      diagnostics: `${finding.words}${advice}`,
      expression: [carePlanPlace(carePlan, finding.place)],
    })),
  );
}

function readable(carePlan: Resource): RuleSet | undefined {
  try {
    return ruleSetFromCarePlan(carePlan);
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}
