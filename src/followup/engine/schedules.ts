import { moved } from '../calendar/elapsed.js';
import { offsetSecond } from '../calendar/local-time.js';
import { occurrences } from '../calendar/occurrences.js';
import type { RuleSet, Schedule, ZoneColour } from '../ruleset/grammar.js';
import { ownValue } from '../ruleset/own-value.js';
import { endAlert, openAlert, raise } from './alerts.js';
import { rankOf } from './colour-rank.js';
import type { StepContext } from './context.js';
import { pauseAt } from './pause.js';
import { reigns } from './plan-versions.js';
import type { EngineState, Judgement } from './state.js';
import { momentWords } from './words.js';

/** Something that was expected, and until when it may come. */
export interface Expected {
  readonly schedule: Schedule;
  readonly plan: RuleSet;
  readonly at: number;
  /** when it is judged */
  readonly until: number;
}

/** Judges every occurrence whose time has run out by the input's time: by schedule in plan order, then by time. */
export function judgeSchedules(ctx: StepContext): void {
  const { t } = ctx.input;
  const due = expectedBetween(ctx.draft, { after: ctx.draft.clock, to: t });
  for (const id of scheduleIds(ctx.draft)) {
    for (const expected of due.filter(({ schedule }) => schedule.id === id).sort((a, b) => a.at - b.at))
      judgeOne(ctx, expected);
  }
  ctx.draft.clock = Math.max(ctx.draft.clock ?? t, t);
}

/** Occurrences that are judged in `(after, to]`, of all plan versions, each in its reign. */
export function expectedBetween(
  state: EngineState,
  span: { readonly after: number | undefined; readonly to: number },
): Expected[] {
  return reigns(state.plans).flatMap((reign) =>
    reign.plan.schedules.flatMap((schedule) => expectedOf(state, { schedule, reign, span })),
  );
}

function expectedOf(
  state: EngineState,
  {
    schedule,
    reign,
    span,
  }: {
    schedule: Schedule;
    reign: ReturnType<typeof reigns>[number];
    span: { readonly after: number | undefined; readonly to: number };
  },
): Expected[] {
  const zone = reign.plan.timezone;
  const unjudged =
    span.after === undefined
      ? Number.NEGATIVE_INFINITY
      : moved(span.after, schedule.after, { zone, back: true }) - hour;
  const reignStart = reign.initial && schedule.start === undefined ? (state.begun ?? span.to) : reign.from;
  const from = Math.max(reignStart, unjudged, span.to - farthest);
  const found: Expected[] = [];
  for (const at of occurrences(schedule, { from, to: Math.min(reign.to, span.to + 1), zone })) {
    const until = moved(at, schedule.after, { zone });
    if (until <= span.to && (span.after === undefined || until > span.after))
      found.push({ schedule, plan: reign.plan, at, until });
  }
  return found;
}

const hour = 3_600_000;
/** A schedule may have started before the engine heard of the patient; so far back it is judged. */
const farthest = 400 * 24 * hour;

function scheduleIds(state: EngineState): Set<string> {
  return new Set(state.plans.toReversed().flatMap(({ plan }) => plan.schedules.map(({ id }) => id)));
}

function judgeOne(ctx: StepContext, expected: Expected): void {
  const { schedule, at } = expected;
  const judged = ownValue(ctx.draft.judged, schedule.id) ?? [];
  ctx.budget.spend(1 + judged.length);
  if (judged.some((judgement) => judgement.at === at)) return;
  const result = resultOf(ctx, expected);
  const now = [...judged, { at, result }].sort((a, b) => a.at - b.at);
  ctx.draft.judged[schedule.id] = now;
  if (result === 'missed') raiseMiss(ctx, expected, now);
}

function resultOf(ctx: StepContext, { schedule, plan, at, until }: Expected): Judgement['result'] {
  const { pauses } = ctx.draft;
  if (pauseAt(pauses, at) !== undefined) return 'skipped';
  const from = moved(at, schedule.before, { zone: plan.timezone, back: true });
  if (hasBetween(ctx, schedule.for, { from, to: until })) return 'satisfied';
  // a pause that began before the time ran out, or is on now, has the last word
  return [until, ctx.input.t].some((time) => pauseAt(pauses, time) !== undefined) ? 'skipped' : 'missed';
}

/** Whether something valid came in that window: a good reading, a form, a task done. */
function hasBetween(
  ctx: StepContext,
  key: string,
  { from, to }: { readonly from: number; readonly to: number },
): boolean {
  const { readings, forms, done } = ctx.draft;
  const within = (t: number): boolean => t >= from && t <= to;
  const own = <T>(record: Record<string, T[]>): T[] => ownValue(record, key) ?? [];
  ctx.budget.spend(own(readings).length + own(forms).length + own(done).length);
  return (
    own(readings).some((reading) => within(reading.t) && reading.quality === 'good' && reading.withdrawn !== true) ||
    own(forms).some((form) => within(form.t) && form.withdrawn !== true) ||
    own(done).some(within)
  );
}

function raiseMiss(ctx: StepContext, { schedule, plan, at }: Expected, judged: readonly Judgement[]): void {
  const rule = `missing:${schedule.id}`;
  const row = consecutiveMisses(judged, at);
  const source = `${rule}@${offsetSecond(at, plan.timezone)}`;
  const words = `mangler ${titleOf(schedule, plan)} ${momentWords(at, plan.timezone)}${row > 1 ? ` (${row} på rad)` : ''}`;
  raise(ctx, {
    rule,
    colour: colourOf(schedule, row),
    evidence: { key: `o${at}`, t: at, source },
    reason: { evidence: [source], words },
  });
}

/** Misses in a row that end with this one; paused occurrences neither count nor break the row. */
function consecutiveMisses(judged: readonly Judgement[], at: number): number {
  let row = 0;
  for (const judgement of judged.toReversed()) {
    if (judgement.at > at || judgement.result === 'skipped') continue;
    if (judgement.result === 'satisfied') break;
    row += 1;
  }
  return row;
}

function colourOf({ escalate }: Schedule, row: number): ZoneColour {
  const reached = (escalate ?? []).filter(({ consecutive }) => row >= consecutive).map(({ colour }) => colour);
  return reached.reduce<ZoneColour>((worst, colour) => (rankOf(colour) > rankOf(worst) ? colour : worst), 'green');
}

/** Something valid came for a measure, form or task at `t`: what was judged missed in whose window it lies was not missed. */
export function satisfy(ctx: StepContext, key: string, t: number): void {
  for (const { plan, from, to } of reigns(ctx.draft.plans)) {
    for (const schedule of plan.schedules) {
      if (schedule.for !== key) continue;
      const judged = ownValue(ctx.draft.judged, schedule.id) ?? [];
      ctx.budget.spend(judged.length);
      const covered = judged.filter(
        ({ at, result }) =>
          result === 'missed' && at >= from && at < to && inWindow(schedule, { at, t, zone: plan.timezone }),
      );
      if (covered.length === 0) continue;
      ctx.draft.judged[schedule.id] = judged.map((judgement) =>
        covered.includes(judgement) ? { ...judgement, result: 'satisfied' } : judgement,
      );
      for (const { at } of covered) cancelMiss(ctx, schedule, { at, plan });
    }
  }
}

function inWindow(
  { before, after }: Schedule,
  { at, t, zone }: { readonly at: number; readonly t: number; readonly zone: string },
): boolean {
  return t >= moved(at, before, { zone, back: true }) && t <= moved(at, after, { zone });
}

function cancelMiss(
  ctx: StepContext,
  schedule: Schedule,
  { at, plan }: { readonly at: number; readonly plan: RuleSet },
): void {
  const rule = `missing:${schedule.id}`;
  const alert = openAlert(ctx, rule);
  const evidence = alert?.evidence.find(({ key }) => key === `o${at}`);
  if (alert === undefined || evidence === undefined) return;
  alert.evidence = alert.evidence.filter((other) => other !== evidence);
  const ended = alert.evidence.length + alert.earlier === 0;
  if (ended) endAlert(ctx, rule);
  const words = `${titleOf(schedule, plan)} kom likevel`;
  ctx.say(
    { op: 'cancel', rule, reason: offsetSecond(at, plan.timezone), ended },
    { evidence: [evidence.source], words },
  );
}

/** What is expected, by the name that people gave it. */
const titleOf = (schedule: Schedule, plan: RuleSet): string =>
  schedule.title ?? ownValue(plan.measures, schedule.for)?.title ?? schedule.for;

/** A task of a schedule is done. */
export function taskDone(ctx: StepContext, code: string): void {
  const { t, source } = ctx.input;
  const done = ownValue(ctx.draft.done, code) ?? [];
  ctx.draft.done[code] = [...new Set([...done, t])].sort((a, b) => a - b);
  satisfy(ctx, code, t);
  ctx.say({ op: 'task-done', code }, { evidence: source === undefined ? [] : [source], words: code });
}
