import type { RuleSet } from '../ruleset/grammar.js';
import type { EngineState, PlanVersion } from './state.js';

/** The plan in force at `t`: input is judged by the version of its own time. */
export function planAt(state: EngineState, t: number): RuleSet | undefined {
  let found: RuleSet | undefined;
  for (const { from, plan } of state.plans) if (from === null || from <= t) found = plan;
  return found;
}

/** The newest plan in force. */
export function latestPlan(state: EngineState): RuleSet | undefined {
  return state.plans.at(-1)?.plan;
}

/** The zone people of this patient live in. */
export function zoneOf(state: EngineState): string {
  return latestPlan(state)?.timezone ?? 'Europe/Oslo';
}

/** Puts a version in its place; of two from the same instant the one that came later is in force. */
export function withPlan(plans: readonly PlanVersion[], version: PlanVersion): PlanVersion[] {
  const later = plans.filter(({ from }) => from !== null && version.from !== null && from > version.from);
  return [...plans.filter((other) => !later.includes(other)), version, ...later];
}

/** When each version was in force: `[from, to)`. */
export function reigns(
  plans: readonly PlanVersion[],
): { readonly plan: RuleSet; readonly from: number; readonly to: number; readonly initial: boolean }[] {
  return plans.map(({ from, plan }, i) => ({
    plan,
    from: from ?? Number.NEGATIVE_INFINITY,
    to: plans[i + 1]?.from ?? Number.POSITIVE_INFINITY,
    initial: from === null,
  }));
}
