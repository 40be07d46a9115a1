import type { Input } from '../engine/input.js';
import type { RuleSet } from '../ruleset/grammar.js';

export interface IntakeFacts {
  /** The patient's plan in force: its measures and schedules give the names. */
  readonly plan?: RuleSet | undefined;
  /** The plan that was in force at an earlier time: what was measured then goes by its names. */
  readonly planAt?: (t: number) => RuleSet | undefined;
  /** Reference of the resource, `Observation/123`. */
  readonly source: string;
  /** Receipt, ms since 1970. */
  readonly received: number;
  /** For a Communication that answers another: the thread, where the caller has followed it to its beginning. */
  readonly thread?: string | undefined;
}

/** A measurement or form whose time is missing or ahead of its receipt: technical, not in the series (decision 11). */
export interface Untimely {
  /** Measure key or questionnaire. */
  readonly of: string;
  readonly source: string;
  readonly received: number;
  /** In words, for people. */
  readonly words: string;
}

/** What a change means to the engine. */
export interface Intake {
  /** For the patient the resource was about before: what is withdrawn. */
  readonly before: readonly Input[];
  /** For the patient it is about now. Where both are one patient, `before` comes first. */
  readonly after: readonly Input[];
  readonly untimely?: Untimely;
}

export const nothing: Intake = { before: [], after: [] };
/** The facts of something that was measured or done at `t`; undefined: at an unknown time. */
export const factsAt = (facts: IntakeFacts, t: number | undefined): IntakeFacts =>
  t === undefined ? facts : { ...facts, plan: facts.planAt?.(t) ?? facts.plan };

/** Clocks of devices may be a little ahead. */
export const allowedAhead = 5 * 60_000;
