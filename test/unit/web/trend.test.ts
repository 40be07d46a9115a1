import type { RuleSet } from '../../../src/followup/ruleset/grammar.js';
import { bandsOf, zoneFinder } from '../../../src/web/pages/trend/bands.js';
import type { Reading, Series } from '../../../src/web/pages/trend/series.js';
import { gapSpans } from '../../../src/web/pages/trend/spans.js';
import { median, trendSentences, zoneAt } from '../../../src/web/pages/trend/statistics.js';
import { todaysTasks } from '../../../src/web/pages/patient/today.js';
import { localTime } from '../../../src/web/pages/words/dates.js';
import { sayIn } from '../../../src/web/pages/words/language.js';

const day = 86_400_000;
const now = Date.parse('2026-03-30T10:00:00Z');
const spo2 = [
  { zone: 'red', when: [{ lt: '90' }] },
  { zone: 'yellow', when: [{ ge: '90', lt: '92' }] },
  { zone: 'green', when: [{ ge: '92' }] },
] as const;
const rate = [
  { zone: 'green', when: [{ ge: '12', le: '20' }] },
  {
    zone: 'yellow',
    when: [
      { ge: '9', le: '11' },
      { ge: '21', le: '24' },
    ],
  },
  { zone: 'red', when: [{ lt: '9' }, { gt: '24' }] },
] as const;

const series = (readings: readonly Reading[]): Series => ({
  key: 'spo2',
  kind: 'measure',
  title: 'Oksygenmetning',
  unit: '%',
  decimals: 0,
  parts: [],
  readings,
  limits: [
    { from: 0, to: now - 7 * day, part: 0, tables: [rate] },
    { from: now - 7 * day, to: Number.POSITIVE_INFINITY, part: 0, tables: [spo2] },
  ],
});
const reading = (daysAgo: number, value: number): Reading => ({
  at: now - daysAgo * day,
  values: [value],
  source: `Observation/${daysAgo}`,
});

describe('zone bands', () => {
  test('each stretch of values has the zone of its limits', () => {
    expect(bandsOf([spo2])).toEqual([
      { low: Number.NEGATIVE_INFINITY, high: 90, zone: 'red' },
      { low: 90, high: 92, zone: 'yellow' },
      { low: 92, high: Number.POSITIVE_INFINITY, zone: 'green' },
    ]);
  });

  test('between whole numbers there is no empty stripe', () => {
    const bands = bandsOf([rate], undefined, 1);
    expect(bands.map(({ zone }) => zone)).toEqual(['red', 'yellow', 'green', 'yellow', 'red']);
    expect(bands.slice(1).every(({ low }, index) => low === bands[index]!.high)).toBe(true);
  });

  test.each([
    [89.9, 'red'],
    [90, 'yellow'],
    [92, 'green'],
  ])('%d is %s: a bound belongs where the plan says', (value, zone) => {
    expect(zoneFinder([spo2])(value)).toBe(zone);
  });

  test('of several templates the strictest counts', () => {
    expect(zoneFinder([spo2, [{ zone: 'yellow', when: [{ lt: '95' }] }]])(93)).toBe('yellow');
  });

  test('a reading is judged by the plan of its own time', () => {
    const one = series([reading(10, 91), reading(1, 91)]);
    expect(one.readings.map((each) => zoneAt(one, 0, each))).toEqual(['red', 'yellow']);
  });
});

describe('the trend in words', () => {
  test('median of the last fourteen days against the fourteen before', () => {
    const one = series([
      reading(20, 92),
      reading(16, 93),
      reading(15, 92),
      reading(5, 90),
      reading(3, 88),
      reading(1, 89),
    ]);
    expect(trendSentences(one, now, 'nb', sayIn('nb'))).toEqual([
      'Oksygenmetning: median 92 → 89 % siste 14 dager. Lavest 88, høyest 90 (3 målinger).',
    ]);
    expect(trendSentences(one, now, 'en', sayIn('en'))[0]).toContain('median 92 → 89 % in the last 14 days');
  });

  test('nothing measured is said', () => {
    expect(trendSentences(series([reading(20, 92)]), now, 'nn', sayIn('nn'))).toEqual([
      'Oksygenmetning: ikkje målt siste 14 dagar.',
    ]);
  });

  test.each([
    [[3, 1, 2], 2],
    [[4, 1, 2, 3], 2.5],
    [[], undefined],
  ])('the median of %j is %s', (values, middle) => {
    expect(median(values)).toBe(middle);
  });
});

test('a gap is where nothing came for long, also up to now', () => {
  const daily = [12, 11, 10, 6, 5].map((ago) => reading(ago, 93));
  expect(gapSpans(daily, now).map(({ from, to }) => [(now - from) / day, (now - to) / day])).toEqual([
    [10, 6],
    [5, 0],
  ]);
});

describe('the patient’s day', () => {
  const rules = {
    measures: { spo2: { unit: '%', decimals: 0, title: 'Oksygenmetning' } },
    schedules: [
      { id: 'a', for: 'spo2', times: ['09:00'], before: 'PT2H', after: 'PT4H' },
      { id: 'b', for: 'weekly', title: 'Ukeskjema', times: ['08:00'], days: [1], before: 'PT1H', after: 'PT1H' },
    ],
  } as unknown as RuleSet;
  const tasksOn = (at: string, ...taken: string[]) =>
    todaysTasks(
      rules,
      [series(taken.map((one) => ({ at: Date.parse(one), values: [93], source: one })))],
      localTime(Date.parse(at)),
      localTime,
      (key) => key,
    ).map(({ title, done }) => [title, done]);

  test('only what the weekday asks for', () => {
    expect(tasksOn('2026-03-30T10:00:00Z')).toEqual([['Oksygenmetning', false]]);
    expect(tasksOn('2026-03-31T10:00:00Z')).toEqual([
      ['Ukeskjema', false],
      ['Oksygenmetning', false],
    ]);
  });

  test('done is what came within the time that counts, by the clock where people live', () => {
    expect(tasksOn('2026-03-30T10:00:00Z', '2026-03-30T05:00:00Z')).toEqual([['Oksygenmetning', true]]);
    expect(tasksOn('2026-03-30T10:00:00Z', '2026-03-30T04:59:00Z')).toEqual([['Oksygenmetning', false]]);
    expect(tasksOn('2026-03-30T10:00:00Z', '2026-03-29T07:00:00Z')).toEqual([['Oksygenmetning', false]]);
  });
});
