import type { RuleSet, SimpleMeasure } from '../../../src/followup/ruleset/grammar.js';
import { bandsOf, zoneFinder } from '../../../src/web/pages/trend/bands.js';
import { contextCounts, everyStretch, zoneAt } from '../../../src/web/pages/trend/limits.js';
import { measureSeries, type Reading, type Series } from '../../../src/web/pages/trend/series.js';
import type { PlanVersion } from '../../../src/web/pages/trend/plan-versions.js';
import { gapSpans } from '../../../src/web/pages/trend/spans.js';
import { median, trendSentences } from '../../../src/web/pages/trend/statistics.js';
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

const measure = (zones: SimpleMeasure['zones']): SimpleMeasure => ({ unit: '%', decimals: 0, zones: zones! });
const series = (readings: readonly Reading[]): Series => ({
  key: 'spo2',
  kind: 'measure',
  title: 'Oksygenmetning',
  unit: '%',
  decimals: 0,
  parts: [],
  readings,
  limits: [
    { from: 0, to: now - 7 * day, part: 0, measure: measure(rate) },
    { from: now - 7 * day, to: Number.POSITIVE_INFINITY, part: 0, measure: measure(spo2) },
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

describe('limits that depend on how it was measured', () => {
  const onOxygen = [
    { zone: 'yellow', when: [{ gt: '96' }] },
    { zone: 'green', when: [{ le: '96' }] },
  ] as const;
  const taken = (daysAgo: number, value: number, context?: string): Reading => ({
    ...reading(daysAgo, value),
    ...(context !== undefined && { context }),
  });
  const both = (...readings: Reading[]): Series => ({
    ...series(readings),
    limits: [{ from: 0, to: Number.POSITIVE_INFINITY, part: 0, measure: measure({ o2: onOxygen, air: spo2 }) }],
  });

  test('each reading is judged by the limits of its own circumstances; without any it is not judged', () => {
    const one = both(taken(3, 97, 'o2'), taken(2, 97, 'air'), taken(1, 97));
    expect(one.readings.map((each) => zoneAt(one, 0, each))).toEqual(['yellow', 'green', undefined]);
    expect([...contextCounts(one, 0)]).toEqual([
      ['o2', 1],
      ['air', 1],
      ['default', 1],
    ]);
  });

  test('the bands change half-way between two readings that were taken in different circumstances', () => {
    const one = both(taken(6, 97, 'air'), taken(4, 97, 'air'), taken(2, 97, 'o2'));
    expect(everyStretch(one, 0).map(({ from, context, tables }) => [from, context, tables])).toEqual([
      [0, 'air', [spo2]],
      [now - 3 * day, 'o2', [onOxygen]],
    ]);
  });

  test('a reading tells its circumstances by extension or by the flow of oxygen, and the meter its LO', () => {
    const observation = (id: string, more: object) => ({
      resourceType: 'Observation',
      id,
      status: 'final',
      code: { coding: [{ system: 'http://loinc.org', code: '59408-5' }] },
      effectiveDateTime: '2026-03-29T08:00:00Z',
      valueQuantity: { value: 89.5, code: '%' },
      ...more,
    });
    const context = {
      url: 'http://hjemmebro.no/fhir/StructureDefinition/dho-measure-context',
      valueCoding: { code: 'air' },
    };
    const flow = {
      code: { coding: [{ system: 'http://loinc.org', code: '3151-8' }] },
      valueQuantity: { value: 2, code: 'L/min' },
    };
    const rules = { measures: { spo2: { ...measure({ o2: onOxygen, air: spo2 }), code: ['loinc|59408-5'] } } };
    const version = { plan: {}, rules, approval: {}, from: 0, to: Number.POSITIVE_INFINITY } as unknown as PlanVersion;
    const [one, ...others] = measureSeries(
      [
        observation('1', { extension: [context] }),
        observation('2', { component: [flow] }),
        observation('3', { valueQuantity: { value: 70, comparator: '<', code: '%' }, extension: [context] }),
        observation('4', { valueQuantity: { value: 0.9, code: '1' } }),
      ],
      [version],
    );
    expect(one!.readings.map(({ context: how }) => how)).toEqual(['air', 'o2', 'air']);
    // 89.5 is 90 to whole percents, as the engine rounds.
    expect(one!.readings.map((each) => zoneAt(one!, 0, each))).toEqual(['yellow', 'green', 'red']);
    // Another unit than the plan's is shown by itself, not left out.
    expect(others.map(({ readings, limits }) => [readings.map(({ values }) => values[0]), limits])).toEqual([
      [[0.9], []],
    ]);
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
    rules: [],
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
      new Map(),
    ).map(({ title, done }) => [title, done]);

  test('only what the weekday asks for', () => {
    expect(tasksOn('2026-03-30T10:00:00Z')).toEqual([['Oksygenmetning', false]]);
    expect(tasksOn('2026-03-31T10:00:00Z')).toEqual([
      ['Ukeskjema', false],
      ['Oksygenmetning', false],
    ]);
  });

  test('what came too late to count is told as that, for the time it was late for', () => {
    const twice = { ...rules, schedules: [{ ...rules.schedules[0]!, times: ['09:00', '20:00'] }] } as RuleSet;
    const late = (taken: string) =>
      todaysTasks(
        twice,
        [series([{ at: Date.parse(taken), values: [93], source: taken }])],
        localTime(Date.parse(taken)),
        localTime,
        new Map(),
      ).map(({ done, late: at }) => [done, at !== undefined]);
    expect(late('2026-03-30T13:00:00Z')).toEqual([
      [false, true],
      [false, false],
    ]);
    expect(late('2026-03-30T18:00:00Z')).toEqual([
      [false, false],
      [true, false],
    ]);
  });

  test('done is what came within the time that counts, by the clock where people live', () => {
    expect(tasksOn('2026-03-30T10:00:00Z', '2026-03-30T05:00:00Z')).toEqual([['Oksygenmetning', true]]);
    expect(tasksOn('2026-03-30T10:00:00Z', '2026-03-30T04:59:00Z')).toEqual([['Oksygenmetning', false]]);
    expect(tasksOn('2026-03-30T10:00:00Z', '2026-03-29T07:00:00Z')).toEqual([['Oksygenmetning', false]]);
  });
});
