import { nominalLength } from '../calendar/elapsed.js';
import type { DurationString, Escalation, Rule, RuleSet } from '../ruleset/grammar.js';
import { isComponentMeasure } from '../ruleset/grammar.js';
import type { EngineState, Entry, PlanVersion } from './state.js';

const day = 86_400_000;
/** How late input may be and still be judged among what surrounds it. */
export const lateAllowance = 35 * day;
/** Rules that count readings (n of m, in a row) find at least these. */
const fewestEntries = 30;
const mostJudgements = 120;
const mostEvidence = 500;

/** Forgets what no window, late input or identity check can need any more. Changes the draft in place. */
export function trim(draft: EngineState, now: number): void {
  const plans = draft.plans.map(({ plan }) => plan);
  const longest = Math.max(
    lateAllowance,
    ...plans.flatMap((plan) =>
      [...plan.rules, ...plan.escalations].flatMap(windowsOf).map((window) => window + lateAllowance),
    ),
  );
  const fewest = Math.max(fewestEntries, ...plans.flatMap((plan) => plan.rules.map(countOf)));
  for (const [key, series] of Object.entries(draft.readings)) {
    draft.readings[key] = kept(series, { since: now - reachOf(plans, { measure: key }), fewest });
  }
  for (const [key, series] of Object.entries(draft.forms)) {
    draft.forms[key] = kept(series, { since: now - reachOf(plans, { questionnaire: key }), fewest });
  }
  for (const [code, done] of Object.entries(draft.done))
    draft.done[code] = done.filter((t) => t >= now - lateAllowance);
  for (const [id, judged] of Object.entries(draft.judged)) draft.judged[id] = judged.slice(-mostJudgements);
  for (const [identifier, t] of Object.entries(draft.awaited))
    if (t < now - lateAllowance) delete draft.awaited[identifier];
  for (const [id, counted] of Object.entries(draft.counted))
    draft.counted[id] = counted.filter(({ t }) => t >= now - longest);
  trimAlerts(draft, now - longest);
  const lastEnd = Math.max(...draft.pauses.map(({ end }) => end ?? Number.NEGATIVE_INFINITY));
  draft.pauses = draft.pauses.filter(({ end }) => end === undefined || end >= now - longest || end === lastEnd);
  draft.plans = draft.plans.filter((_, i) => reachesInto(draft.plans[i + 1], now - longest));
}

function kept<E extends Entry>(
  series: E[],
  { since, fewest }: { readonly since: number; readonly fewest: number },
): E[] {
  const first = series.findIndex(({ t }) => t >= since);
  const from = Math.max(0, Math.min(first === -1 ? series.length : first, series.length - fewest));
  return from === 0 ? series : series.slice(from);
}

function trimAlerts(draft: EngineState, since: number): void {
  for (const alert of draft.alerts) {
    const recent = alert.evidence.filter(({ t }) => t >= since).slice(-mostEvidence);
    alert.earlier += alert.evidence.length - recent.length;
    alert.evidence = recent;
  }
}

/** A version is needed while something of its reign can still come or be judged. */
function reachesInto(next: PlanVersion | undefined, since: number): boolean {
  return next === undefined || next.from === null || next.from > since;
}

/** How far back a measure or questionnaire is looked at. */
function reachOf(
  plans: readonly RuleSet[],
  of: { readonly measure?: string; readonly questionnaire?: string },
): number {
  const windows = plans.flatMap((plan) => {
    const rules = plan.rules.filter((rule) => rule.type === 'composite' || isOn(rule, of));
    const measure = of.measure === undefined ? undefined : plan.measures[of.measure];
    const steps =
      measure === undefined || isComponentMeasure(measure) || measure.maxStep === undefined
        ? []
        : [length(measure.maxStep.within)];
    return [...rules.flatMap(windowsOf), ...steps];
  });
  return lateAllowance + Math.max(0, ...windows);
}

function isOn(rule: Rule, of: { readonly measure?: string; readonly questionnaire?: string }): boolean {
  return (
    ('measure' in rule && rule.measure === of.measure) ||
    ('questionnaire' in rule && rule.questionnaire === of.questionnaire)
  );
}

/** A window of n days begins with a whole day, so one more. */
function length(duration: DurationString): number {
  return nominalLength(duration) + day;
}

function windowsOf(rule: Rule | Escalation): number[] {
  const window = 'window' in rule ? rule.window : undefined;
  const within = 'within' in rule ? rule.within : undefined;
  const run = 'type' in rule && rule.type === 'duration' ? [rule.for, rule.maxGap] : [];
  return [window, within, ...run].flatMap((duration) => (duration === undefined ? [] : [length(duration)]));
}

function countOf(rule: Rule): number {
  if (rule.type === 'scoreDelta') return rule.consecutive ?? 1;
  if (rule.type !== 'zone') return rule.clear?.consecutiveGreen ?? 1;
  const levels = [rule.persistence?.yellow, rule.persistence?.red];
  return Math.max(
    rule.clear?.consecutiveGreen ?? 2,
    ...levels.map((level) => (level === undefined ? 1 : level.kind === 'nOfM' ? level.m : level.n)),
  );
}
