import { type DueTime, dueFor } from '../calendar/due-for.js';
import { usualHours } from '../calendar/shift.js';
import type { AlertColour, RuleSet } from '../ruleset/grammar.js';
import { type Input, receiptOf } from './input.js';
import type { Note, Op, Provenance } from './op.js';
import { latestPlan, planAt } from './plan-versions.js';
import type { EngineState, Form, Reading } from './state.js';
import type { WorkBudget } from './work-budget.js';

type WithoutProvenance<T> = T extends Op ? Omit<T, keyof Provenance> : never;

/** An op before the context adds times and plan. */
export type OpBody = WithoutProvenance<Op>;

/** What an op rests on and what it says to people. */
export interface Reason {
  readonly evidence: readonly string[];
  readonly words: string;
}

/**
 * One step: the draft of the next state, which parts of it may be written to, and the ops so far. The given state is
 * never written to; series are copied when first touched.
 */
export class StepContext {
  readonly draft: EngineState;
  readonly received: number;
  /** set on hits that are found because of late or out-of-order input */
  note: Note | undefined;
  private readonly said: Op[] = [];
  private readonly tasks: Op[] = [];
  private readonly owned = new Set<unknown>();

  constructor(
    state: EngineState,
    readonly input: Input,
    readonly budget: WorkBudget,
  ) {
    this.draft = {
      ...state,
      begun: Math.min(state.begun ?? input.t, input.t),
      readings: { ...state.readings },
      forms: { ...state.forms },
      done: { ...state.done },
      judged: { ...state.judged },
      counted: { ...state.counted },
      awaited: { ...state.awaited },
      alerts: state.alerts.map((alert) => ({ ...alert, evidence: [...alert.evidence] })),
    };
    this.received = receiptOf(input);
  }

  /** The plan that judges this input. */
  get plan(): RuleSet | undefined {
    return planAt(this.draft, this.input.t);
  }

  get zone(): string {
    return (this.plan ?? latestPlan(this.draft))?.timezone ?? 'Europe/Oslo';
  }

  /** Deadlines count from receipt, by the newest plan's hours. */
  due(colour: AlertColour): DueTime {
    const calendar = (planAt(this.draft, this.received) ?? this.plan)?.serviceCalendar ?? usualHours;
    return dueFor(colour, this.received, { calendar, zone: this.zone });
  }

  /** The readings of a measure, to write to. */
  ownReadings(measure: string): Reading[] {
    return this.own(this.draft.readings, measure);
  }

  /** The forms of a questionnaire, to write to. */
  ownForms(questionnaire: string): Form[] {
    return this.own(this.draft.forms, questionnaire);
  }

  say(body: OpBody, reason: Reason): void {
    const list = body.op === 'task' ? this.tasks : this.said;
    list.push(this.complete(body, reason));
  }

  /** In order: quality and cancel, rules, composites – as they were said – and last the tasks of escalations. */
  get ops(): Op[] {
    return [...this.said, ...this.tasks];
  }

  private complete(body: OpBody, { evidence, words }: Reason): Op {
    const plan = this.plan ?? latestPlan(this.draft);
    const version = plan === undefined ? {} : { plan: planName(plan) };
    return { ...body, t: this.input.t, received: this.received, ...version, evidence, words } as Op;
  }

  private own<T extends Reading | Form>(series: Record<string, T[]>, key: string): T[] {
    const found = Object.hasOwn(series, key) ? (series[key] ?? []) : [];
    if (this.owned.has(found)) return found;
    const copy = found.map((entry) => ({ ...entry, hits: { ...entry.hits } }));
    this.owned.add(copy);
    series[key] = copy;
    return copy;
  }
}

function planName(plan: RuleSet): { id?: string; version?: number } {
  return {
    ...(plan.id === undefined ? {} : { id: plan.id }),
    ...(plan.version === undefined ? {} : { version: plan.version }),
  };
}
