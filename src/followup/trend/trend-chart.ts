/** A curve as SVG: line, dots, the plan's zones behind it, axes with words; readable without colours (title and text). */
import { DateTime } from 'luxon';
import { unitWords } from '../plan/plan-words.js';
import type { ZoneTable } from '../ruleset/grammar.js';
import { type Series, within } from './series.js';
import { trendWords, valueWords } from './trend-words.js';

const size = { width: 640, height: 200, left: 52, right: 12, top: 12, bottom: 28 } as const;
const fills = { green: '#e6f4ea', yellow: '#fff4cc', red: '#fde2e0' } as const;
const strokes = '#1a4d80';

/**
 * https://www.w3.org/TR/SVG2/
 *
 * @param range milliseconds since 1970, `end` exclusive
 * @returns a whole SVG document without scripts or links; a chart without values says so
 */
export function trendChart(
  series: Series,
  range: { readonly start: number; readonly end: number },
  now: number,
): string {
  const points = within(series.points, range.start, range.end);
  const words = trendWords(series, range, now);
  const values = points.map(({ value }) => value);
  const [low, high] = bounds(values);
  const x = (t: number): number =>
    round(size.left + ((t - range.start) / (range.end - range.start)) * (size.width - size.left - size.right));
  const y = (value: number): number =>
    round(size.top + ((high - value) / (high - low)) * (size.height - size.top - size.bottom));
  const line = points.map(({ t, value }) => `${x(t)},${y(value)}`).join(' ');
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${size.height}" width="${size.width}" height="${size.height}" role="img" font-family="sans-serif" font-size="11">`,
    `<title>${escaped(words)}</title>`,
    ...bands(series.zones, { low, high, y }),
    `<g stroke="#bbb">${[low, high].map((value) => `<path d="M${size.left} ${y(value)}H${size.width - size.right}"/>`).join('')}</g>`,
    ...[low, high].map((value) => text(size.left - 6, y(value) + 4, 'end', valueWords(value))),
    text(size.left, size.height - 8, 'start', dayWords(range.start)),
    text(size.width - size.right, size.height - 8, 'end', dayWords(range.end - 1)),
    text(
      size.left + 4,
      size.top + 12,
      'start',
      `${series.title}${series.unit === undefined ? '' : ` (${unitWords(series.unit)})`}`,
    ),
    points.length === 0 ? text(size.width / 2, size.height / 2, 'middle', 'Ingen målinger') : '',
    points.length > 1 ? `<polyline fill="none" stroke="${strokes}" stroke-width="1.5" points="${line}"/>` : '',
    ...points.map(({ t, value }) => `<circle cx="${x(t)}" cy="${y(value)}" r="2.5" fill="${strokes}"/>`),
    '</svg>',
  ].join('');
}

/** Some room above and below, so that a steady value is a line in the middle. */
function bounds(values: readonly number[]): readonly [number, number] {
  if (values.length === 0) return [0, 1];
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const room = Math.max((high - low) * 0.15, Math.abs(high) * 0.02, 0.5);
  return [Math.floor((low - room) * 10) / 10, Math.ceil((high + room) * 10) / 10];
}

/** The parts of the zones that lie within the chart. */
function bands(
  zones: ZoneTable | undefined,
  { low, high, y }: { readonly low: number; readonly high: number; readonly y: (value: number) => number },
): string[] {
  return (zones ?? []).flatMap(({ zone, when }) =>
    when.flatMap((range) => {
      const from = Math.max(low, Number(range.ge ?? range.gt ?? range.eq ?? low));
      const to = Math.min(high, Number(range.le ?? range.lt ?? range.eq ?? high));
      if (!(to > from)) return [];
      const [top, height] = [y(to), round(y(from) - y(to))];
      return [
        `<rect x="${size.left}" y="${top}" width="${size.width - size.left - size.right}" height="${height}" fill="${fills[zone]}"/>`,
      ];
    }),
  );
}

const dayWords = (t: number): string => DateTime.fromMillis(t, { zone: 'Europe/Oslo' }).toFormat('dd.MM.yyyy');
const round = (value: number): number => Math.round(value * 10) / 10;
const text = (x: number, y: number, anchor: string, words: string): string =>
  `<text x="${round(x)}" y="${round(y)}" text-anchor="${anchor}">${escaped(words)}</text>`;

/** Text in XML and XHTML. */
export const escaped = (words: string): string =>
  words
    // Control characters cannot stand in XML at all.
    .replace(/[^\P{Cc}\t\n\r]/gu, '')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
