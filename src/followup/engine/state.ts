import type { AlertColour, DecimalString, RuleSet, ZoneColour } from '../ruleset/grammar.js';
import type { Answer, Comparator, PauseMode } from './input.js';

/** What a reading and a form have in common. Both lie in order of effective time, then arrival. */
export interface Entry {
  /** order of arrival, unique in the state */
  readonly id: number;
  readonly t: number;
  readonly source?: string;
  readonly identifier?: string;
  /** came during a pause of everything: kept, never judged */
  readonly paused?: true;
  /** entered in error: ignored from then on */
  withdrawn?: true;
  /** the worst colour each rule has found in it; signals too */
  hits: Record<string, ZoneColour>;
}

/** `good` counts; the others are kept for identity and repetition but never judged. */
export type Quality = 'good' | 'technical' | 'impossible' | 'unconfirmed' | 'unplanned';

export interface Reading extends Entry {
  /** what makes two readings the same: value, unit, context, comparator, status */
  readonly content: string;
  readonly device?: string;
  quality: Quality;
  /** rounded, in `unit`; of a measure of one value */
  readonly value?: DecimalString;
  readonly components?: Readonly<Record<string, DecimalString>>;
  /** the measure's unit when it was received */
  readonly unit?: string;
  readonly comparator?: Comparator;
  readonly ctx?: string;
  readonly zone?: ZoneColour;
  /** advisory device status: judged, but noted */
  readonly noted?: readonly string[];
}

export interface Form extends Entry {
  readonly answers: Readonly<Record<string, Answer>>;
}

export interface Evidence {
  /** `e12` (entry), `o1772438400000` (missed occurrence), `m3` (message) */
  readonly key: string;
  readonly t: number;
  readonly source: string;
}

/** An open alert. Closed and cancelled ones leave the state. */
export interface Alert {
  readonly rule: string;
  colour: AlertColour;
  evidence: Evidence[];
  /** evidences that are older than the state reaches back */
  earlier: number;
  /** the marker `cleared` has been set since the last evidence */
  cleared?: true;
  /** grey: end of the deadline, and whether it has been reported */
  deadline?: number;
  overdue?: true;
}

export interface PlanVersion {
  /** `null`: from the beginning */
  readonly from: number | null;
  readonly plan: RuleSet;
}

export interface Pause {
  readonly start: number;
  end?: number;
  readonly mode: PauseMode;
}

/** `satisfied` breaks a row of misses; `skipped` (paused) neither counts nor breaks. */
export interface Judgement {
  readonly at: number;
  result: 'missed' | 'satisfied' | 'skipped';
}

export interface Occurrence {
  readonly key: string;
  readonly t: number;
}

/**
 * All the engine remembers of one patient; plain JSON. Its size is bounded by the plan: each measure and form reaches
 * back as far as its longest window plus the allowance for late input (`lateAllowance`, 35 days), and at least 30
 * entries for rules that count; alerts hold evidence of that time and a number for the rest; a schedule holds its last
 * 120 judgements. A weight measured daily under a 90-day rule is some 130 entries of about 150 bytes. Input older than
 * the reach is judged alone.
 */
export interface EngineState {
  format: 1;
  nextId: number;
  /** effective time of the first input */
  begun?: number;
  started?: number;
  /** schedules are judged up to here */
  clock?: number;
  plans: PlanVersion[];
  pauses: Pause[];
  readings: Record<string, Reading[]>;
  forms: Record<string, Form[]>;
  /** task code → when done */
  done: Record<string, number[]>;
  alerts: Alert[];
  /** schedule id → judged occurrences in order of time */
  judged: Record<string, Judgement[]>;
  /** escalation id → occurrences since its last task */
  counted: Record<string, Occurrence[]>;
  /** corrections that came before what they correct: identifier → time */
  awaited: Record<string, number>;
}

/**
 * A patient of whom nothing is known yet.
 *
 * @param plan in force from the beginning, if its status is approved, interim or absent; a service usually starts
 *   without and gets it as a `plan` input
 */
export function initialState(plan?: RuleSet): EngineState {
  const inForce =
    plan !== undefined && (plan.status === undefined || plan.status === 'approved' || plan.status === 'interim');
  return {
    format: 1,
    nextId: 1,
    plans: inForce ? [{ from: null, plan }] : [],
    pauses: [],
    readings: {},
    forms: {},
    done: {},
    alerts: [],
    judged: {},
    counted: {},
    awaited: {},
  };
}
