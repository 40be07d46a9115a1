/** A curve: line, dots, the plan's zones behind it, axes with words. */
import { DateTime } from 'luxon';
import type { Drawing, Rectangle, Shape, Words } from '../../kernel/drawing.js';
import { unitWords } from '../vocabulary/value-words.js';
import type { ZoneTable } from '../ruleset/grammar.js';
import { type Series, within } from './series.js';
import { valueWords } from './trend-words.js';

const size = { width: 640, height: 200, left: 52, right: 12, top: 12, bottom: 28, text: 11 } as const;
const fills = { green: '#e6f4ea', yellow: '#fff4cc', red: '#fde2e0' } as const;
const ink = '#1a4d80';
const paleInk = '#bbbbbb';

/**
 * @param range milliseconds since 1970, `end` exclusive
 * @returns a chart without values says so
 */
export function trendChart(series: Series, range: { readonly start: number; readonly end: number }): Drawing {
  const points = within(series.points, range.start, range.end);
  const [low, high] = bounds(points.map(({ value }) => value));
  const [right, bottom] = [size.width - size.right, size.height - size.bottom];
  const x = (t: number): number =>
    round(size.left + ((t - range.start) / (range.end - range.start)) * (right - size.left));
  const y = (value: number): number => round(size.top + ((high - value) / (high - low)) * (bottom - size.top));
  const curve = points.map(({ t, value }) => [x(t), y(value)] as const);
  const shapes: Shape[] = [
    ...bands(series.zones, { low, high, y }),
    ...[low, high].map((value): Shape => {
      const level = [
        [size.left, y(value)],
        [right, y(value)],
      ] as const;
      return { kind: 'line', points: level, stroke: paleInk, width: 1 };
    }),
    ...[low, high].map((value) => text(size.left - 6, y(value) + 4, 'end', valueWords(value))),
    text(size.left, size.height - 8, 'start', dayWords(range.start)),
    text(right, size.height - 8, 'end', dayWords(range.end - 1)),
    text(
      size.left + 4,
      size.top + 12,
      'start',
      `${series.title}${series.unit === undefined ? '' : ` (${unitWords(series.unit)})`}`,
    ),
    ...(points.length === 0 ? [text(size.width / 2, size.height / 2, 'middle', 'Ingen målinger')] : []),
    ...(points.length > 1 ? [{ kind: 'line', points: curve, stroke: ink, width: 1.5 } as const] : []),
    ...curve.map(([cx, cy]): Shape => ({ kind: 'dot', x: cx, y: cy, radius: 2.5, fill: ink })),
  ];
  return { width: size.width, height: size.height, shapes };
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
): Rectangle[] {
  return (zones ?? []).flatMap(({ zone, when }) =>
    when.flatMap((range) => {
      const from = Math.max(low, Number(range.ge ?? range.gt ?? range.eq ?? low));
      const to = Math.min(high, Number(range.le ?? range.lt ?? range.eq ?? high));
      if (!(to > from)) return [];
      const place = { x: size.left, y: y(to), width: size.width - size.left - size.right };
      return [{ kind: 'rectangle' as const, ...place, height: round(y(from) - y(to)), fill: fills[zone] }];
    }),
  );
}

const dayWords = (t: number): string => DateTime.fromMillis(t, { zone: 'Europe/Oslo' }).toFormat('dd.MM.yyyy');
const round = (value: number): number => Math.round(value * 10) / 10;
const text = (x: number, y: number, anchor: Words['anchor'], words: string): Words => ({
  kind: 'words',
  x: round(x),
  y: round(y),
  anchor,
  size: size.text,
  words,
});
