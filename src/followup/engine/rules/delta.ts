import { windowStart } from '../../calendar/elapsed.js';
import type { DeltaRule } from '../../ruleset/grammar.js';
import type { ExactDecimal } from '../../units/exact-decimal.js';
import { decimalOf } from '../../units/range.js';
import { numberWords } from '../../vocabulary/value-words.js';
import type { Reading } from '../state.js';
import { valueIn } from '../value-in.js';
import { readingWords } from '../words.js';
import { colourOf } from './colour-of.js';
import { type MeasureCase, type Outcome, signed } from './rule-case.js';

interface Reference {
  readonly value: ExactDecimal;
  readonly from?: Reading;
}

/** Change against the patient's own earlier readings; the current one is never its own reference. */
export function judgeDelta(delta: MeasureCase<DeltaRule>): Outcome {
  const { rule, measure, current } = delta;
  const value = valueIn(current, measure, rule.component);
  const reference = value === undefined ? undefined : referenceOf(delta);
  if (value === undefined || reference === undefined) return undefined;
  const change = value.minus(reference.value);
  if (rule.as === '%' && reference.value.isZero()) return undefined;
  const difference = rule.as === '%' ? change.times(100).div(reference.value) : change;
  const colour = colourOf(difference, rule.zones);
  if (colour === undefined || colour === 'green') return 'green';
  const unit = rule.as === '%' ? ' %' : '';
  return {
    colour,
    basis: reference.from === undefined ? [current] : [reference.from, current],
    words: `${readingWords(rule.measure, current, measure)} (${signed(difference)}${unit} mot ${numberWords(reference.value.toFixed())})`,
  };
}

function referenceOf({ rule, measure, history, current, zone, budget }: MeasureCase<DeltaRule>): Reference | undefined {
  if (rule.reference === 'baseline') return { value: decimalOf(rule.baseline as string) };
  const from = windowStart(current.t, rule.window as string, zone);
  const earlier = history.flatMap((reading) => {
    if (reading.id === current.id || reading.t < from) return [];
    const value = valueIn(reading, measure, rule.component);
    return value === undefined ? [] : [{ value, from: reading }];
  });
  budget.spend(history.length);
  if (earlier.length < (rule.minReadings ?? 1)) return undefined;
  const [first, ...others] = earlier;
  if (first === undefined) return undefined;
  if (rule.reference === 'min')
    return others.reduce((least, other) => (other.value.lt(least.value) ? other : least), first);
  if (rule.reference === 'max')
    return others.reduce((most, other) => (other.value.gt(most.value) ? other : most), first);
  return rule.reference === 'first' ? first : { value: medianOf(earlier.map(({ value }) => value)) };
}

/** Of an even number the mean of the middle two. */
function medianOf(values: readonly ExactDecimal[]): ExactDecimal {
  const sorted = [...values].sort((a, b) => a.cmp(b));
  const upper = sorted[Math.floor(sorted.length / 2)] as ExactDecimal;
  const lower = sorted[Math.floor((sorted.length - 1) / 2)] as ExactDecimal;
  return upper.plus(lower).div(2);
}
