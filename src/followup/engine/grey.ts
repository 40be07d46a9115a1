import { isComponentMeasure, type Measure, type RuleSet } from '../ruleset/grammar.js';
import { endAlert, openAlert } from './alerts.js';
import type { StepContext } from './context.js';
import { planAt } from './plan-versions.js';
import { hasLimits } from './zone-table.js';

/** Missing limits: one alert per patient while the service runs, until an approved plan gives them. */
export function judgeGrey(ctx: StepContext): void {
  const { draft, input } = ctx;
  if (draft.started === undefined) return;
  const lacking = measuresWithoutLimits(planAt(draft, input.t));
  const open = openAlert(ctx, 'grey');
  if (lacking === undefined && open !== undefined) {
    endAlert(ctx, 'grey');
    return ctx.say({ op: 'close-auto' }, { evidence: [], words: 'grenser er satt' });
  }
  if (lacking === undefined || open !== undefined) return;
  const due = ctx.due('grey');
  draft.alerts.push({
    rule: 'grey',
    colour: 'grey',
    evidence: [],
    earlier: 0,
    ...(due.at === undefined ? {} : { deadline: due.at }),
  });
  ctx.say({ op: 'open', rule: 'grey', colour: 'grey', due }, { evidence: [], words: lacking });
}

/** Says once that the deadline for limits is over. */
export function judgeGreyDeadline(ctx: StepContext): void {
  const alert = openAlert(ctx, 'grey');
  if (alert?.deadline === undefined || alert.overdue === true || ctx.input.t < alert.deadline) return;
  alert.overdue = true;
  ctx.say({ op: 'overdue' }, { evidence: [], words: 'grenser mangler fortsatt' });
}

/** What lacks limits, in words; undefined when nothing does. Without a plan in force everything does. */
function measuresWithoutLimits(plan: RuleSet | undefined): string | undefined {
  if (plan === undefined || plan.status === 'retired') return 'ingen godkjent plan';
  const scheduled = new Set(plan.schedules.map((schedule) => schedule.for));
  const lacking = Object.entries(plan.measures).filter(
    ([key, measure]) => scheduled.has(key) && !isJudged(plan, key, measure),
  );
  return lacking.length === 0
    ? undefined
    : `grenser mangler: ${lacking.map(([key, measure]) => measure.title ?? key).join(', ')}`;
}

/** By a zone table, or by a rule that needs none. */
function isJudged(plan: RuleSet, key: string, measure: Measure): boolean {
  const parts = isComponentMeasure(measure) ? Object.values(measure.components) : [measure];
  if (parts.some(hasLimits)) return true;
  return plan.rules.some((rule) => 'measure' in rule && rule.measure === key && rule.type !== 'zone');
}
