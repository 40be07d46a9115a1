import type { MeasureRule, Rule, RuleSet, ZoneRule } from '../ruleset/grammar.js';
import { ownValue } from '../ruleset/own-value.js';
import type { StepContext } from './context.js';
import { conclude, type Hit, type Subject } from './findings.js';
import { historyStart } from './pause.js';
import { planAt } from './plan-versions.js';
import { judgeAggregate } from './rules/aggregate.js';
import { judgeDelta } from './rules/delta.js';
import { judgeDuration } from './rules/duration.js';
import type { MeasureCase, Outcome } from './rules/rule-case.js';
import { judgeSafetyNet } from './rules/safety-net.js';
import { judgeZone } from './rules/zone.js';
import { isBefore } from './series.js';
import type { Reading } from './state.js';
import { readingEvidence } from './words.js';

/** A reading to judge by all rules on its measure, of the plan that was in force at its time. */
export interface ReadingToJudge {
  readonly key: string;
  readonly reading: Reading;
  readonly isNew: boolean;
}

export function judgeReading(ctx: StepContext, { key, reading, isNew }: ReadingToJudge): Hit[] {
  const plan = planAt(ctx.draft, reading.t);
  const measure = plan === undefined ? undefined : ownValue(plan.measures, key);
  if (plan === undefined || measure === undefined) return [];
  const everything = ctx
    .ownReadings(key)
    .filter((other) => isCounted(other) && (other === reading || isBefore(other, reading)));
  ctx.budget.spend(everything.length);
  const since = historyStart(ctx.draft.pauses, reading.t);
  const history = everything.filter(({ t }) => t >= since);
  const subject: Subject<Reading> = {
    entry: reading,
    history,
    isNew,
    evidenceOf: (entry) => readingEvidence(key, entry as Reading, plan.timezone),
  };
  return rulesOn(plan, key).flatMap((rule) => {
    ctx.budget.spend(1);
    const measureCase = { measure, zone: plan.timezone, current: reading, history, everything, budget: ctx.budget };
    const outcome = judge(rule, { ...measureCase, plan, key });
    return conclude(ctx, rule, { outcome, subject }) ?? [];
  });
}

function isCounted(reading: Reading): boolean {
  return reading.quality === 'good' && reading.withdrawn !== true && reading.paused !== true;
}

type Circumstances = Omit<MeasureCase<MeasureRule>, 'rule'> & { readonly plan: RuleSet; readonly key: string };

function judge(rule: MeasureRule, given: Circumstances): Outcome {
  switch (rule.type) {
    case 'zone':
      if (given.current.zone === undefined && given.plan.safetyNet === 'news2-3')
        return judgeSafetyNet(given.key, given.current, given.measure);
      return judgeZone({ ...given, rule });
    case 'delta':
      return judgeDelta({ ...given, rule });
    case 'duration':
      return judgeDuration({ ...given, rule });
    case 'aggregate':
      return judgeAggregate({ ...given, rule });
  }
}

/** In plan order. With the safety net on, a measure without a zone rule is judged under a rule of its own name. */
function rulesOn(plan: RuleSet, key: string): MeasureRule[] {
  const own = plan.rules.filter((rule): rule is MeasureRule => isOn(rule, key));
  if (plan.safetyNet !== 'news2-3' || own.some(({ type }) => type === 'zone')) return own;
  const net: ZoneRule = { id: `safety-net:${key}`, type: 'zone', measure: key };
  return [...own, net];
}

function isOn(rule: Rule, key: string): boolean {
  return 'measure' in rule && rule.measure === key;
}
