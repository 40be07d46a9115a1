/** A form comes in: the rules on its questionnaire judge it, and later forms whose past has changed. */
import type { FormRule, Rule } from '../ruleset/grammar.js';
import { judgeComposites } from './composites.js';
import { worstOf } from './colour-rank.js';
import type { Reason, StepContext } from './context.js';
import { conclude, type Hit, type Subject } from './findings.js';
import { findForm } from './identity.js';
import type { QrInput } from './input.js';
import { allPausedAt, historyStart } from './pause.js';
import { planAt } from './plan-versions.js';
import { judgeAnswer } from './rules/answer.js';
import { judgeAnswerCount } from './rules/answer-count.js';
import type { FormCase, Outcome } from './rules/rule-case.js';
import { judgeScore } from './rules/score.js';
import { judgeScoreDelta } from './rules/score-delta.js';
import { satisfy } from './schedules.js';
import { insert, isBefore, isLate } from './series.js';
import type { Form } from './state.js';
import { formEvidence } from './words.js';

export function answerForm(ctx: StepContext, input: QrInput): void {
  const known = findForm(ctx, input);
  const series = ctx.ownForms(input.questionnaire);
  const form = known?.reading ?? formOf(ctx, input);
  const reason = {
    evidence: [input.source ?? formEvidence(input.questionnaire, form, ctx.zone).source],
    words: input.questionnaire,
  };
  if (known !== undefined)
    return ctx.say({ op: known.same ? 'duplicate' : 'conflict', measure: input.questionnaire }, reason);
  const late = isLate(form, ctx.received, series);
  insert(series, form);
  if (form.withdrawn === true) return;
  if (form.paused === true) return sayPaused(ctx, input.questionnaire, { form, reason });
  if (late) ctx.note = 'late';
  satisfy(ctx, input.questionnaire, form.t);
  const hits: Hit[] = [];
  for (const entry of series) {
    if (isBefore(entry, form) || entry.withdrawn === true || entry.paused === true) continue;
    hits.push(...judgeForm(ctx, input.questionnaire, { form: entry, isNew: entry === form }));
  }
  judgeComposites(ctx, hits);
  if (input.byStaff !== true && rulesOn(ctx, input.questionnaire, form).length === 0)
    ctx.say({ op: 'unread', what: 'form', name: input.questionnaire }, reason);
}

/** Kept and not judged; the worst that its own answers would have given is told, as of a reading. */
function sayPaused(
  ctx: StepContext,
  questionnaire: string,
  { form, reason }: { readonly form: Form; readonly reason: Reason },
): void {
  const found = rulesOn(ctx, questionnaire, form).flatMap((rule) => {
    const outcome = rule.signal === true ? undefined : judge({ rule, current: form, history: [form] });
    return typeof outcome === 'object' && 'colour' in outcome ? [outcome] : [];
  });
  const zone = worstOf(found.map(({ colour }) => colour));
  const words = found.find(({ colour }) => colour === zone)?.words ?? reason.words;
  const told = zone === undefined ? {} : { zone };
  ctx.say({ op: 'stored-paused', measure: questionnaire, ...told }, { ...reason, words });
}

function formOf(ctx: StepContext, input: QrInput): Form {
  const id = ctx.draft.nextId;
  ctx.draft.nextId += 1;
  const awaited = input.identifier !== undefined && Object.hasOwn(ctx.draft.awaited, input.identifier);
  return {
    id,
    t: input.t,
    answers: input.answers,
    hits: {},
    ...(input.source === undefined ? {} : { source: input.source }),
    ...(input.identifier === undefined ? {} : { identifier: input.identifier }),
    ...(allPausedAt(ctx.draft.pauses, input.t) ? { paused: true as const } : {}),
    ...(awaited ? { withdrawn: true as const } : {}),
  };
}

function judgeForm(
  ctx: StepContext,
  questionnaire: string,
  { form, isNew }: { readonly form: Form; readonly isNew: boolean },
): Hit[] {
  const plan = planAt(ctx.draft, form.t);
  if (plan === undefined) return [];
  const since = historyStart(ctx.draft.pauses, form.t);
  const history = ctx
    .ownForms(questionnaire)
    .filter(
      (other) =>
        other.withdrawn !== true &&
        other.paused !== true &&
        other.t >= since &&
        (other === form || isBefore(other, form)),
    );
  ctx.budget.spend(history.length);
  const subject: Subject<Form> = {
    entry: form,
    history,
    isNew,
    evidenceOf: (entry) => formEvidence(questionnaire, entry as Form, plan.timezone),
  };
  return rulesOn(ctx, questionnaire, form).flatMap((rule) => {
    ctx.budget.spend(1);
    return conclude(ctx, rule, { outcome: judge({ rule, current: form, history }), subject }) ?? [];
  });
}

/** The rules that read a form, of the plan that was in force when it was answered. */
function rulesOn(ctx: StepContext, questionnaire: string, { t }: Form): FormRule[] {
  const rules: readonly Rule[] = planAt(ctx.draft, t)?.rules ?? [];
  return rules.filter((rule): rule is FormRule => 'questionnaire' in rule && rule.questionnaire === questionnaire);
}

function judge({ rule, ...given }: FormCase<FormRule>): Outcome {
  switch (rule.type) {
    case 'answer':
      return judgeAnswer({ ...given, rule });
    case 'answerCount':
      return judgeAnswerCount({ ...given, rule });
    case 'score':
      return judgeScore({ ...given, rule });
    case 'scoreDelta':
      return judgeScoreDelta({ ...given, rule });
  }
}
