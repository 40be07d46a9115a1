import { approvalOf } from '../../../followup/plan/frame-codec.js';
import { contentOf, detailsOf, frameOf } from '../../../followup/plan/plan-content.js';
import type { Approval, RuleSet } from '../../../followup/ruleset/grammar.js';
import { timeOf } from '../fhir/reading.js';
import type { Resource } from '../fhir/types.js';

export interface CarePlan extends Resource {
  readonly title?: string;
  readonly replaces?: readonly { readonly reference?: string }[];
}

/** A plan that was approved, and when it was in force. */
export interface PlanVersion {
  readonly plan: CarePlan;
  readonly rules: RuleSet;
  readonly approval: Approval;
  /** Milliseconds since 1970. */
  readonly from: number;
  /** Infinite for the one in force. */
  readonly to: number;
}

const inForce = new Set(['active', 'on-hold']);

/** The rules of a plan as it is stored. */
export const rulesOf = (plan: Resource): RuleSet => {
  const stored = plan as unknown as Parameters<typeof detailsOf>[0];
  return contentOf(stored, detailsOf(stored), frameOf(stored));
};

/** All plans that were ever approved, oldest first; each holds until the next one or its own end. */
export function planVersions(plans: readonly CarePlan[]): readonly PlanVersion[] {
  const approved = plans
    .flatMap((plan) => {
      const approval = approvalOf(plan);
      const from = timeOf(approval?.at);
      return approval === undefined || from === undefined ? [] : [{ plan, approval, from, rules: rulesOf(plan) }];
    })
    .toSorted((a, b) => a.from - b.from);
  return approved.map((one, index) => {
    const next = approved[index + 1]?.from ?? Number.POSITIVE_INFINITY;
    const ended = inForce.has(one.plan.status ?? '') ? undefined : timeOf(one.plan.meta?.lastUpdated);
    return { ...one, to: Math.min(next, ended ?? Number.POSITIVE_INFINITY) };
  });
}

export const currentPlan = (versions: readonly PlanVersion[], now: number): PlanVersion | undefined =>
  versions.findLast(({ from, to }) => from <= now && now < to);
