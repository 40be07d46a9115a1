/** What is wrong with a plan before a person approves it. Pure; one file per check. */
import type { RuleSet } from '../ruleset/grammar.js';
import { checkAfterHours } from './check-after-hours.js';
import { checkAttainable } from './check-attainable.js';
import { checkBlindSchedules } from './check-blind-schedules.js';
import { checkBounds } from './check-bounds.js';
import { checkContexts } from './check-contexts.js';
import { checkDisagreement } from './check-disagreement.js';
import { checkEmptyRanges } from './check-empty-ranges.js';
import { checkEscalations } from './check-escalations.js';
import { checkLimitsMissing } from './check-limits-missing.js';
import { checkLimitsUnused } from './check-limits-unused.js';
import { checkPartition } from './check-partition.js';
import { checkReferences } from './check-references.js';
import { checkUnreachable } from './check-unreachable.js';
import { checkUnits } from './check-units.js';
import { checkZoneOrder } from './check-zone-order.js';
import type { Check, Finding } from './finding.js';

const checks: readonly Check[] = [
  checkUnits,
  checkPartition,
  checkBounds,
  checkEmptyRanges,
  checkZoneOrder,
  checkContexts,
  checkReferences,
  checkLimitsMissing,
  checkLimitsUnused,
  checkBlindSchedules,
  checkAttainable,
  checkEscalations,
  checkUnreachable,
  checkDisagreement,
  checkAfterHours,
];

/** Errors first. */
export function lintPlan(plan: RuleSet): Finding[] {
  const found = checks.flatMap((check) => check(plan));
  return (['error', 'warning', 'information'] as const).flatMap((severity) =>
    found.filter((one) => one.severity === severity),
  );
}
