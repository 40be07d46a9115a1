/** A trend as one Norwegian line: «SpO₂: median 92 → 89 % siste 14 dager». */
import { DateTime } from 'luxon';
import { unitWords } from '../vocabulary/value-words.js';
import { type Series, type Trend, trendOf } from './series.js';

const zone = 'Europe/Oslo';
const day = 86_400_000;

/** At most two decimals, with a decimal comma. */
export const valueWords = (value: number): string => String(Number(value.toFixed(2))).replace('.', ',');

/** `02.03.2026 kl. 09:00`. */
export const timeWords = (t: number): string => DateTime.fromMillis(t, { zone }).toFormat("dd.MM.yyyy 'kl.' HH:mm");

/** `siste 14 dager` where the range ends now, else its first and last day. */
export function rangeOfTime({ start, end }: { readonly start: number; readonly end: number }, now: number): string {
  const days = Math.round((end - start) / day);
  if (Math.abs(end - now) < day / 24 && days > 0) return `siste ${days} ${days === 1 ? 'døgn' : 'dager'}`;
  const date = (t: number): string => DateTime.fromMillis(t, { zone }).toFormat('dd.MM.yyyy');
  return `${date(start)}–${date(end - 1)}`;
}

/** @param range milliseconds since 1970, `end` exclusive */
export function trendWords(
  series: Series,
  range: { readonly start: number; readonly end: number },
  now: number,
): string {
  const trend = trendOf(series, range);
  const when = rangeOfTime(range, now);
  if (trend.count === 0 || trend.last === undefined) return `${series.title}: ingen målinger ${when}`;
  const unit = series.unit === undefined ? '' : ` ${unitWords(series.unit)}`;
  const parts = [
    `${medians(trend)}${unit} ${when}`,
    `laveste ${valueWords(trend.lowest!)}, høyeste ${valueWords(trend.highest!)}`,
    `siste ${valueWords(trend.last.value)}${unit} ${timeWords(trend.last.t)}`,
    `${trend.count} ${trend.count === 1 ? 'måling' : 'målinger'}`,
  ];
  return `${series.title}: ${parts.join('; ')}`;
}

function medians({ before, after }: Trend): string {
  if (before === undefined || after === undefined) return `median ${valueWords((before ?? after)!)}`;
  return `median ${valueWords(before)} → ${valueWords(after)}`;
}
