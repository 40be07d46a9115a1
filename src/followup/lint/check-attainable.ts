import { nominalLength } from '../calendar/elapsed.js';
import type {
  AggregateRule,
  DeltaRule,
  DurationRule,
  Persistence,
  Rule,
  RuleSet,
  ZoneRule,
} from '../ruleset/grammar.js';
import { expectedIn, type Slot, weeksOf, type Window, windowsOf } from './expected-readings.js';
import type { Check } from './finding.js';

/** More readings are needed than the schedules ask for: the rule waits for ever. */
export const checkAttainable: Check = (plan) =>
  plan.rules.flatMap((rule) => {
    if (!isCounting(rule) || isAttainable(rule, plan)) return [];
    return [
      {
        severity: 'warning' as const,
        check: 'readings-unattainable',
        place: { kind: 'rule' as const, id: rule.id },
        words: `The rule ${rule.id} needs more readings of ${rule.measure} than the schedule asks for.`,
        values: { measure: rule.measure },
      },
    ];
  });

type Counting = DeltaRule | AggregateRule | DurationRule | ZoneRule;
const isCounting = (rule: Rule): rule is Counting => 'measure' in rule;

function isAttainable(rule: Counting, plan: RuleSet): boolean {
  if (rule.type === 'zone')
    return [rule.persistence?.yellow, rule.persistence?.red].every((level) => isRowPossible(rule.measure, level, plan));
  const window = rule.type === 'duration' ? rule.for : rule.window;
  const expected = window === undefined ? undefined : expectedIn(plan, rule.measure, weeksOf(window));
  if (expected === undefined || window === undefined) return true;
  if (rule.type === 'duration') return isRunPossible(rule, expected);
  const days = dayNumbers(expected);
  return windowsOf(expected, window).some((one) =>
    rule.type === 'delta' ? one.last - one.first >= (rule.minReadings ?? 1) : isEnough(rule, one, days),
  );
}

/** For each slot the number of its day, counting only days with readings. */
function dayNumbers(slots: readonly Slot[]): number[] {
  let number = 0;
  return slots.map(({ day }, i) => (i > 0 && day !== slots[i - 1]!.day ? (number += 1) : number));
}

function isEnough(
  { minReadings = 1, minDays = 1, discardFirstDay }: AggregateRule,
  { first, last }: Window,
  days: readonly number[],
): boolean {
  let from = first;
  if (discardFirstDay === true) while (from <= last && days[from] === days[first]) from += 1;
  if (from > last) return false;
  return last - from + 1 >= minReadings && days[last]! - days[from]! + 1 >= minDays;
}

/** So many in a row, with a longest gap between them. */
function isRowPossible(measure: string, level: Persistence | undefined, plan: RuleSet): boolean {
  if (level?.kind !== 'consecutive' || level.maxGap === undefined) return true;
  const slots = expectedIn(plan, measure, weeksOf(level.maxGap));
  if (slots === undefined) return true;
  const gap = nominalLength(level.maxGap) / 60_000;
  let row = 0;
  return slots.some((slot, i) => {
    row = i > 0 && slot.minute - slots[i - 1]!.minute <= gap ? row + 1 : 1;
    return row >= level.n;
  });
}

function isRunPossible(rule: DurationRule, slots: readonly Slot[]): boolean {
  const gap = rule.maxGap === undefined ? Number.POSITIVE_INFINITY : nominalLength(rule.maxGap) / 60_000;
  const length = nominalLength(rule.for) / 60_000;
  let start = 0;
  return slots.some((slot, i) => {
    if (i > 0 && slot.minute - slots[i - 1]!.minute > gap) start = i;
    return slot.minute - slots[start]!.minute >= length && i - start + 1 >= (rule.minReadings ?? 1);
  });
}
