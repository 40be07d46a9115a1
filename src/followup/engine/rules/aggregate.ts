import { windowStart } from '../../calendar/elapsed.js';
import { localDate } from '../../calendar/local-time.js';
import type { AggregateRule, Range } from '../../ruleset/grammar.js';
import { ExactDecimal } from '../../units/exact-decimal.js';
import { inRange } from '../../units/range.js';
import { numberWords } from '../../vocabulary/value-words.js';
import type { Reading } from '../state.js';
import { valueIn } from '../value-in.js';
import type { MeasureCase, Outcome } from './rule-case.js';

/** The mean of a window, where guidelines are about means and not about single readings. Counted after the first day is left out. */
export function judgeAggregate(aggregate: MeasureCase<AggregateRule>): Outcome {
  const { rule, measure, zone } = aggregate;
  const readings = readingsOf(aggregate);
  const days = new Set(readings.map(({ t }) => localDate(t, zone)));
  if (readings.length < (rule.minReadings ?? 1) || days.size < (rule.minDays ?? 1)) return undefined;
  const parts: [string | undefined, Range][] =
    rule.components === undefined ? [[undefined, rule.when as Range]] : Object.entries(rule.components);
  const means = parts.flatMap(([component, range]) => {
    const values = readings.flatMap((reading) => valueIn(reading, measure, component) ?? []);
    return values.length === 0 ? [] : [{ mean: ExactDecimal.sum(...values).div(values.length), range }];
  });
  const found = means.filter(({ mean, range }) => inRange(mean, range)).length;
  if (rule.combine === 'all' ? found < parts.length || found === 0 : found === 0) return 'green';
  const mean = means.map((part) => numberWords(part.mean.toDecimalPlaces(1).toFixed())).join('/');
  return {
    colour: rule.colour,
    basis: readings,
    words: `${measure.title ?? rule.measure} i snitt ${mean} (${readings.length} målinger, ${days.size} dager)`,
  };
}

function readingsOf({ rule, everything, current, zone, budget }: MeasureCase<AggregateRule>): readonly Reading[] {
  budget.spend(everything.length);
  const from = windowStart(current.t, rule.window, zone);
  const inWindow = everything.filter(({ t }) => t >= from);
  const first = inWindow[0];
  if (rule.discardFirstDay !== true || first === undefined) return inWindow;
  const firstDay = localDate(first.t, zone);
  return inWindow.filter(({ t }) => localDate(t, zone) !== firstDay);
}
