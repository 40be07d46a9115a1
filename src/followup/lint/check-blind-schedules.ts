import type { Check } from './finding.js';
import { expectedIn, weeksOf, windowsOf } from './expected-readings.js';

/** A change within 3 days is never seen in a weight that is taken once a week. */
export const checkBlindSchedules: Check = (plan) =>
  plan.rules.flatMap((rule) => {
    if (rule.type !== 'delta' || rule.window === undefined || rule.reference === 'baseline') return [];
    const { window } = rule;
    const expected = expectedIn(plan, rule.measure, weeksOf(window)) ?? [];
    const blind = windowsOf(expected, window).some(({ first, last }) => last > 0 && first === last);
    if (!blind) return [];
    return [
      {
        severity: 'warning' as const,
        check: 'blind-schedule',
        place: { kind: 'rule' as const, id: rule.id },
        words: `The rule ${rule.id} compares with the last ${window}, but ${rule.measure} is measured less often than that.`,
        values: { measure: rule.measure, window },
      },
    ];
  });
