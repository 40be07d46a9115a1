import fc from 'fast-check';
import type { Resource } from '../../../src/fhir/resource.js';
import { drawingSvg } from '../../../src/followup/trend/drawing-svg.js';
import { type Series, seriesOf, trendOf } from '../../../src/followup/trend/series.js';
import { type Point, type Statistic, statistic, statisticCodes } from '../../../src/followup/trend/statistics.js';
import { trendChart } from '../../../src/followup/trend/trend-chart.js';
import { trendWords } from '../../../src/followup/trend/trend-words.js';
import { day, hour, monday } from './follow-up-world.js';

const points = (...values: number[]): Point[] => values.map((value, index) => ({ t: monday + index * hour, value }));

// Checked with a spreadsheet (PERCENTILE.INC, STDEV.S, VAR.S).
test.each<[Statistic, number]>([
  ['average', 5],
  ['maximum', 9],
  ['minimum', 2],
  ['count', 8],
  ['median', 4.5],
  ['sum', 40],
  ['variance', 32 / 7],
  ['std-dev', Math.sqrt(32 / 7)],
  ['4-lower', 4],
  ['4-upper', 5.5],
  ['4-dev', 0.75],
  ['20-percent', 4],
  ['5-1', 4],
  ['5-2', 4],
  ['5-3', 5],
  ['80-percent', 6.2],
  ['5-4', 6.2],
  ['skew', 0.65625],
  ['kurtosis', 2.78125],
  ['regression', 34 / 42],
])('%s of 2, 4, 4, 4, 5, 5, 7, 9', (code, expected) => {
  expect(statistic(code, points(2, 4, 4, 4, 5, 5, 7, 9))).toBeCloseTo(expected, 9);
});

test('every statistic lies where it must, or is left out where the values do not give it', () => {
  const value = fc.double({ min: -1e6, max: 1e6, noNaN: true });
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 50 }), (values) => {
      const all = points(...values);
      const [low, high] = [Math.min(...values), Math.max(...values)];
      for (const code of ['average', 'median', '4-lower', '4-upper', '5-1', '5-4'] as const) {
        const found = statistic(code, all)!;
        expect(found).toBeGreaterThanOrEqual(low - 1e-3);
        expect(found).toBeLessThanOrEqual(high + 1e-3);
      }
      if (values.length === 1) expect(statistic('std-dev', all)).toBeUndefined();
    }),
  );
  for (const code of statisticCodes) expect(statistic(code, [])).toBe(code === 'count' ? 0 : undefined);
});

const observation = (value: number, at: number, more: object = {}): Resource => ({
  resourceType: 'Observation',
  id: `o${at}`,
  status: 'final',
  code: { coding: [{ system: 'http://loinc.org', code: '59408-5' }], text: 'SpO₂' },
  effectiveDateTime: new Date(at).toISOString(),
  valueQuantity: { value, unit: '%', system: 'http://unitsofmeasure.org', code: '%' },
  ...more,
});
const range = { start: monday - 14 * day, end: monday };
const falling = seriesOf(
  [91, 92, 93, 90, 89, 88].map((value, index) => observation(value, monday - (13 - index * 2.4) * day)),
  {},
);

test('a trend in words: medians of both halves, the ends, the last value', () => {
  expect(falling).toHaveLength(1);
  expect(trendWords(falling[0]!, range, monday)).toBe(
    'SpO₂: median 92 → 89 % siste 14 dager; laveste 88, høyeste 93; siste 88 % 01.03.2026 kl. 09:00; 6 målinger',
  );
  expect(trendWords(falling[0]!, { start: monday - 30 * day, end: monday - 20 * day }, monday)).toBe(
    'SpO₂: ingen målinger 31.01.2026–10.02.2026',
  );
  expect(trendOf({ ...falling[0]!, points: falling[0]!.points.slice(0, 1) }, range).after).toBeUndefined();
});

test('units are made one, spellings of one measurement are one curve, what does not count is left out', () => {
  const weight = (value: number, code: string, at: number): Resource =>
    observation(value, at, {
      code: { coding: [{ system: 'http://loinc.org', code: '29463-7', display: 'Vekt' }] },
      valueQuantity: { value, system: 'http://unitsofmeasure.org', code },
    });
  const spelt = observation(93, monday - day, {
    code: { coding: [{ system: 'http://loinc.org', code: '2708-6' }] },
  });
  const series = seriesOf(
    [
      weight(80, 'kg', monday - 3 * day),
      weight(81_000, 'g', monday - 2 * day),
      weight(82, 'kg', monday - day),
      spelt,
      observation(92, monday - 2 * day),
      observation(20, monday - day, { status: 'entered-in-error' }),
      observation(100, monday - day, { valueQuantity: { value: 100, code: '%', comparator: '>' } }),
      observation(95, monday, { effectiveDateTime: undefined }),
    ],
    { spelling: (code) => (/2708-6|59408-5/.test(code) ? 'spo2' : code) },
  );
  expect(series.map(({ unit, points: all }) => [unit, all.map(({ value }) => value)])).toEqual([
    ['kg', [80, 81, 82]],
    ['%', [92, 93]],
  ]);
});

test('a chart is one harmless SVG document, with its words as title, whatever the names are', () => {
  const series: Series = {
    ...falling[0]!,
    title: 'SpO₂ <script>&"',
    zones: [
      { zone: 'red', when: [{ lt: '90' }] },
      { zone: 'green', when: [{ ge: '90' }] },
    ],
  };
  const svg = drawingSvg(trendChart(series, range), trendWords(series, range, monday));
  expect(svg).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg"/);
  expect(svg).toContain('<title>SpO₂ &lt;script&gt;&amp;&quot;: median 92 → 89');
  expect(svg).not.toContain('<script');
  expect(svg.match(/<circle/g)).toHaveLength(6);
  expect(svg.match(/<rect/g)).toHaveLength(2);
  expect(svg).not.toContain('NaN');
  const empty = drawingSvg(trendChart({ ...falling[0]!, points: [] }, range), '');
  expect(empty).toContain('Ingen målinger');
  expect(empty).not.toContain('NaN');
});
