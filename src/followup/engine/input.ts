/** What can happen to a patient under follow-up, as the engine takes it. All times are instants (ms since 1970). */
import type { DecimalString, RuleSet } from '../ruleset/grammar.js';

export interface InputCommon {
  /** Effective time: when it was measured, answered, decided. */
  readonly t: number;
  /** Time of receipt where later than `t`; due times and `late` count from it. */
  readonly received?: number;
  /** FHIR reference of the resource it came from, `Observation/123`. Becomes evidence of the alerts. */
  readonly source?: string;
}

export interface ComponentValue {
  readonly value: DecimalString;
  readonly unit?: string;
}

/** `<` and `>` are the meter's LO and HI. */
export type Comparator = '<' | '>' | '<=' | '>=';

export interface ObsInput extends InputCommon {
  readonly type: 'obs';
  /** key of the plan's measures */
  readonly measure: string;
  readonly value?: DecimalString;
  readonly components?: Readonly<Record<string, ComponentValue>>;
  /** UCUM; default the measure's own */
  readonly unit?: string;
  readonly comparator?: Comparator;
  /** measuring context such as `o2`, `air` */
  readonly ctx?: string;
  readonly device?: string;
  readonly identifier?: string;
  /** device status codes */
  readonly status?: readonly string[];
}

/** `null`: not answered; several where the item may be answered several times */
export type Answer = boolean | DecimalString | null | readonly (boolean | DecimalString)[];

export interface QrInput extends InputCommon {
  readonly type: 'qr';
  readonly questionnaire: string;
  /** by linkId; numbers as decimal strings */
  readonly answers: Readonly<Record<string, Answer>>;
  readonly identifier?: string;
  /** A member of staff wrote it, and so has seen it. */
  readonly byStaff?: true;
}

/** A reading or form was entered in error. */
export interface CorrectInput extends InputCommon {
  readonly type: 'correct';
  readonly identifier: string;
  readonly status: 'entered-in-error';
  /** Only what came from this source is meant, and nothing else of the same identifier. */
  readonly resource?: string;
}

/** A person closes the alert of a rule. */
export interface CloseInput extends InputCommon {
  readonly type: 'close';
  readonly rule: string;
}

export interface MessageInput extends InputCommon {
  readonly type: 'message';
  readonly thread: string;
}

export interface TaskDoneInput extends InputCommon {
  readonly type: 'taskdone';
  /** the task code of a schedule */
  readonly for: string;
}

export type PauseMode = 'all' | 'missing-only';

export interface PauseInput extends InputCommon {
  readonly type: 'pause';
  readonly mode: PauseMode;
  /** Where it is known when the pause ends by itself. */
  readonly end?: number;
}

export interface ResumeInput extends InputCommon {
  readonly type: 'resume';
}

/** A plan, resolved; only `approved` takes effect from `t`. */
export interface PlanInput extends InputCommon {
  readonly type: 'plan';
  readonly plan: RuleSet;
  /** The plan in force has been revoked, or has ended with the service: `plan` is what is left of it, nothing. */
  readonly over?: boolean;
}

/** The service starts: missing limits are looked for. */
export interface StartInput extends InputCommon {
  readonly type: 'start';
}

/** Time has come to `t`: schedules and deadlines are judged. */
export interface ClockInput extends InputCommon {
  readonly type: 'clock';
}

export type Input =
  | ObsInput
  | QrInput
  | CorrectInput
  | CloseInput
  | MessageInput
  | TaskDoneInput
  | PauseInput
  | ResumeInput
  | PlanInput
  | StartInput
  | ClockInput;

/** When an input was received. */
export function receiptOf(input: Input): number {
  return Math.max(input.received ?? input.t, input.t);
}
