import { nominalLength } from '../../calendar/elapsed.js';
import type { DurationRule } from '../../ruleset/grammar.js';
import { inRange } from '../../units/range.js';
import type { Reading } from '../state.js';
import { valueIn } from '../value-in.js';
import { readingWords } from '../words.js';
import type { MeasureCase, Outcome } from './rule-case.js';

/** An unbroken run of readings in a range, from its first to the current one, in elapsed time. */
export function judgeDuration(duration: MeasureCase<DurationRule>): Outcome {
  const { rule, measure, current } = duration;
  const run = runOf(duration);
  const first = run[0];
  if (first === undefined) return 'green';
  const length = current.t - first.t;
  if (run.length < (rule.minReadings ?? 1) || length < nominalLength(rule.for)) return undefined;
  const hours = (length / 3_600_000).toFixed(1);
  return {
    colour: rule.colour,
    basis: run,
    words: `${readingWords(rule.measure, current, measure)} (${run.length} målinger over ${hours} t)`,
  };
}

/** Backwards from the current reading until one is outside the range, or the gap is too long. */
function runOf({ rule, measure, history, budget }: MeasureCase<DurationRule>): Reading[] {
  const most = rule.maxGap === undefined ? Number.POSITIVE_INFINITY : nominalLength(rule.maxGap);
  const run: Reading[] = [];
  for (const reading of history.toReversed()) {
    budget.spend(1);
    const value = valueIn(reading, measure, rule.component);
    const next = run[0];
    if (value === undefined || !inRange(value, rule.range)) break;
    if (next !== undefined && next.t - reading.t > most) break;
    run.unshift(reading);
  }
  return run;
}
