import { numberText } from '../words/dates.js';
import type { Language, Say } from '../words/language.js';
import { trendWords } from '../words/trend-words.js';
import type { Reading, Series } from './series.js';

const day = 86_400_000;

/** The middle value; undefined of none. */
export function median(values: readonly number[]): number | undefined {
  if (values.length === 0) return undefined;
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Index of the first reading at or after `at`; readings are in order of time. */
export function firstFrom(readings: readonly Reading[], at: number): number {
  let low = 0;
  let high = readings.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (readings[middle]!.at < at) low = middle + 1;
    else high = middle;
  }
  return low;
}

const valuesBetween = (series: Series, part: number, from: number, to: number): readonly number[] =>
  series.readings
    .slice(firstFrom(series.readings, from), firstFrom(series.readings, to))
    .flatMap(({ values }) => values[part] ?? []);

/** How many days are set against as many before them. */
export const comparedDays = 14;

/**
 * The trend as sentences: `Oksygenmetning: median 92 → 89 % siste 14 dager. Lavest 88, høyest 91 (14 målinger).`
 *
 * @param now milliseconds since 1970
 */
export function trendSentences(series: Series, now: number, language: Language, say: Say): readonly string[] {
  const parts =
    series.parts.length === 0 ? [series.title] : series.parts.map((name) => `${series.title}, ${name.toLowerCase()}`);
  return parts.map((name, part) => {
    const recent = valuesBetween(series, part, now - comparedDays * day, Number.POSITIVE_INFINITY);
    const before = valuesBetween(series, part, now - 2 * comparedDays * day, now - comparedDays * day);
    const write = (value: number): string => numberText(value, series.decimals, language);
    const values = { name, unit: series.unit === '' ? '' : ` ${series.unit}`, days: comparedDays, n: recent.length };
    const middle = median(recent);
    if (middle === undefined) return say(trendWords.noRecent, values);
    const earlier = median(before);
    const change =
      earlier === undefined
        ? say(trendWords.medianOnly, { ...values, now: write(middle) })
        : say(trendWords.medianChange, { ...values, before: write(earlier), now: write(middle) });
    return `${change} ${say(trendWords.extremes, { ...values, low: write(Math.min(...recent)), high: write(Math.max(...recent)) })}`;
  });
}
