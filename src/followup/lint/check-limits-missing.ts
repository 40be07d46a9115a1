import { isComponentMeasure, type Measure } from '../ruleset/grammar.js';
import type { Check } from './finding.js';

/** What is measured on schedule but judged by nothing: a grey alert would ask for the limits. */
export const checkLimitsMissing: Check = (plan) =>
  [...new Set(plan.schedules.map((one) => one.for))]
    .filter((key) => Object.hasOwn(plan.measures, key))
    .filter(
      (key) =>
        !hasLimits(plan.measures[key]!) &&
        !plan.rules.some((rule) => 'measure' in rule && rule.measure === key && rule.type !== 'zone'),
    )
    .map((key) => ({
      severity: 'warning',
      check: 'limits-missing',
      place: { kind: 'measure', id: key },
      words: `${key} is to be measured, but has neither limits nor a rule: it would be judged by nothing.`,
    }));

function hasLimits(measure: Measure): boolean {
  if (isComponentMeasure(measure)) return Object.values(measure.components).some(hasLimits);
  const { zones = [] } = measure;
  return (Array.isArray(zones) ? zones.length : Object.keys(zones).length) > 0 || (measure.alsoZones ?? []).length > 0;
}
