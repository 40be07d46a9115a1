import { type Check, tablesOf } from './finding.js';

/** Limits of a measure that no rule looks at: they stand in the plan, and no reading is held against them. A mean instead of a zone may be meant. */
export const checkLimitsUnused: Check = (plan) => {
  if (plan.safetyNet === 'news2-3') return []; // it judges every measure without a zone rule
  const judged = new Set(plan.rules.flatMap((rule) => ('measure' in rule ? [rule.measure] : [])));
  return [...new Set(tablesOf(plan).map(({ key }) => key))]
    .filter((key) => !judged.has(key))
    .map((key) => ({
      severity: 'warning',
      check: 'limits-unused',
      place: { kind: 'measure', id: key },
      words: `${key} has limits, but no rule looks at it: no reading is held against them.`,
    }));
};
