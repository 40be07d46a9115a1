import type { EngineState } from './state.js';
import { answerForm } from './answer-form.js';
import { closeAlert, raise } from './alerts.js';
import { StepContext } from './context.js';
import { correct } from './corrections.js';
import { judgeGrey, judgeGreyDeadline } from './grey.js';
import type { Input, MessageInput, PlanInput } from './input.js';
import { observe } from './observe.js';
import type { Op } from './op.js';
import { allPausedAt, endPause, startPause } from './pause.js';
import { withPlan } from './plan-versions.js';
import { trim } from './retention.js';
import { judgeSchedules, taskDone } from './schedules.js';
import { WorkBudget } from './work-budget.js';

export interface StepOptions {
  /** Work one input may cause, in readings looked at (default 1 000 000). */
  readonly maxWork?: number;
  /** Remember everything: a simulation may replay input of any age. */
  readonly keepAll?: boolean;
  /** An `interim` plan takes effect too (limits of the centre during the trial). Default: only `approved` does. */
  readonly interimTakesEffect?: boolean;
}

export interface Step {
  readonly state: EngineState;
  readonly ops: readonly Op[];
}

/**
 * One thing happens to one patient: what does the centre get to see? Pure and deterministic; the state is not changed
 * but a new one returned.
 *
 * @throws Failure `too-costly` when the work exceeds the budget; nothing has happened then, and the caller must say so
 *   (a technical alert), never stay silent
 */
export function step(state: EngineState, input: Input, options: StepOptions = {}): Step {
  const ctx = new StepContext(state, input, new WorkBudget(options.maxWork ?? 1_000_000));
  take(ctx, input, options);
  if (options.keepAll !== true) trim(ctx.draft, ctx.received);
  return { state: ctx.draft, ops: ctx.ops };
}

function take(ctx: StepContext, input: Input, options: StepOptions): void {
  switch (input.type) {
    case 'obs':
      return observe(ctx, input);
    case 'qr':
      return answerForm(ctx, input);
    case 'correct':
      return correct(ctx, input);
    case 'close':
      return closeAlert(ctx, input.rule);
    case 'message':
      return receiveMessage(ctx, input);
    case 'taskdone':
      return taskDone(ctx, input.for);
    case 'pause':
      return ctx.say({ op: 'paused', mode: startPause(ctx.draft, input) }, sourceOf(input));
    case 'resume':
      if (endPause(ctx.draft, input.t)) ctx.say({ op: 'resumed' }, sourceOf(input));
      return;
    case 'plan':
      return takePlan(ctx, input, options);
    case 'start':
      ctx.draft.started ??= input.t;
      return judgeGrey(ctx);
    case 'clock':
      judgeSchedules(ctx);
      if (!allPausedAt(ctx.draft.pauses, input.t)) judgeGreyDeadline(ctx);
  }
}

/** The patient writes: one blue alert per thread. While everything is paused none, but somebody is to read it. */
function receiveMessage(ctx: StepContext, { thread, t, source }: MessageInput): void {
  const id = ctx.draft.nextId;
  ctx.draft.nextId += 1;
  const evidence = { key: `m${id}`, t, source: source ?? `message:${thread}#${id}` };
  const reason = { evidence: [evidence.source], words: 'melding fra pasienten' };
  if (allPausedAt(ctx.draft.pauses, t)) return ctx.say({ op: 'unread', what: 'message', name: thread }, reason);
  raise(ctx, { rule: `message:${thread}`, colour: 'blue', evidence, reason });
}

function takePlan(ctx: StepContext, { plan, t, over = false, ...input }: PlanInput, options: StepOptions): void {
  const takesEffect =
    over || plan.status === 'approved' || (plan.status === 'interim' && options.interimTakesEffect === true);
  if (!takesEffect) return ctx.say({ op: 'plan-not-active', status: plan.status ?? 'draft' }, sourceOf(input));
  ctx.draft.plans = withPlan(ctx.draft.plans, { from: t, plan });
  // A plan that ends with the service leaves nobody without limits.
  if (over && allPausedAt(ctx.draft.pauses, t)) return;
  judgeGrey(ctx);
}

function sourceOf({ source }: { readonly source?: string }): { evidence: string[]; words: string } {
  return { evidence: source === undefined ? [] : [source], words: '' };
}
