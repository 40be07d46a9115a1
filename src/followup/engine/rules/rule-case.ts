import type { Measure, MeasureRule, FormRule, ZoneColour } from '../../ruleset/grammar.js';
import type { ExactDecimal } from '../../units/exact-decimal.js';
import { numberWords } from '../../vocabulary/value-words.js';
import type { Entry, Form, Reading } from '../state.js';
import type { WorkBudget } from '../work-budget.js';

/** A reading to judge by one rule, and what came before it. */
export interface MeasureCase<R extends MeasureRule> {
  readonly rule: R;
  readonly measure: Measure;
  readonly zone: string;
  readonly current: Reading;
  /** good readings up to and with the current one, since the last resumption */
  readonly history: readonly Reading[];
  /** the same, not cut at the resumption */
  readonly everything: readonly Reading[];
  readonly budget: WorkBudget;
}

/** A form to judge by one rule, and what came before it. */
export interface FormCase<R extends FormRule> {
  readonly rule: R;
  readonly current: Form;
  /** forms up to and with the current one, since the last resumption */
  readonly history: readonly Form[];
}

/** What a rule has found, in which entries (the triggering one last), in words. */
export interface Found {
  readonly colour: ZoneColour;
  readonly basis: readonly Entry[];
  readonly words: string;
}

/** A rule that needs more than is there. */
export interface Incomplete {
  readonly missing: readonly string[];
}

/** `green`: judged, and nothing found. `undefined`: could not be judged, or not yet an alert. */
export type Outcome = Found | Incomplete | 'green' | undefined;

/** `+2,1`, `−5` */
export function signed(value: ExactDecimal): string {
  const short = numberWords(value.abs().toDecimalPlaces(1).toFixed());
  return value.isNegative() ? `−${short}` : `+${short}`;
}
