import fc from 'fast-check';
import type {
  Measure,
  Range,
  Rule,
  RuleSet,
  Schedule,
  SimpleMeasure,
  ZoneTable,
} from '../../src/followup/ruleset/grammar.js';

/** Rule sets over the complete grammar: every type of rule, every optional member, empty lists where they are allowed. */
const optional = <T extends object>(
  required: (keyof T)[],
  model: { [K in keyof T]-?: fc.Arbitrary<NonNullable<T[K]>> },
): fc.Arbitrary<T> => fc.record(model as never, { requiredKeys: required as never[] }) as fc.Arbitrary<T>;

const name = fc.stringMatching(/^[a-zæøå][a-zA-Z0-9:_-]{0,12}$/);
/** The one name that an object cannot hold as its own is none (src/followup/ruleset/parse-with.ts). */
const words = fc.string({ minLength: 1, maxLength: 20 }).filter((text) => text !== '__proto__');
const decimal = fc
  .tuple(fc.boolean(), fc.nat(100000), fc.option(fc.stringMatching(/^\d{1,22}$/)))
  .map(([minus, whole, fraction]) => `${minus ? '-' : ''}${whole}${fraction === null ? '' : `.${fraction}`}`);
const count = fc.integer({ min: 1, max: 500 });
const colour = fc.constantFrom('green' as const, 'yellow' as const, 'red' as const);
const elapsed = fc
  .tuple(fc.option(fc.nat(99)), fc.option(fc.nat(99)), fc.option(fc.nat(99)))
  .map(([h, m, s]) => `${h === null ? '' : `${h}H`}${m === null ? '' : `${m}M`}${s === null ? '' : `${s}S`}`)
  .map((parts) => `PT${parts === '' ? '4H' : parts}`);
const calendar = fc
  .tuple(fc.option(fc.nat(9)), fc.option(fc.nat(99)), fc.option(fc.nat(99)), fc.option(fc.nat(99)))
  .map(
    ([y, m, w, d]) =>
      `${y === null ? '' : `${y}Y`}${m === null ? '' : `${m}M`}${w === null ? '' : `${w}W`}${d === null ? '' : `${d}D`}`,
  )
  .map((parts) => `P${parts === '' ? '7D' : parts}`);
const duration = fc.oneof(elapsed, calendar);
const clock = fc.oneof(
  fc.tuple(fc.nat(23), fc.nat(59)).map(([h, m]) => `${String(h).padStart(2, '0')}:${String(m).padStart(2, '0')}`),
  fc.constant('24:00'),
);
const days = fc.array(fc.nat(6), { maxLength: 7 });

const range: fc.Arbitrary<Range> = fc.oneof(
  decimal.map((eq) => ({ eq })),
  fc
    .tuple(fc.constantFrom('gt', 'ge', undefined), fc.constantFrom('lt', 'le', undefined), decimal, decimal)
    .map(([low, high, a, b]) => ({
      ...(low === undefined && high === undefined ? { ge: a } : {}),
      ...(low === undefined ? {} : { [low]: a }),
      ...(high === undefined ? {} : { [high]: b }),
    })),
);
const table: fc.Arbitrary<ZoneTable> = fc.array(
  fc.record({ zone: colour, when: fc.array(range, { minLength: 1, maxLength: 3 }) }),
  { maxLength: 4 },
);
const tables = fc.oneof(table, fc.dictionary(name, table, { maxKeys: 3 }));
const codes = fc.array(
  fc.oneof(
    fc.tuple(fc.constantFrom('loinc', 'sct', 'npu', 'own', 'urn:oid:1.2.3'), name).map(([s, c]) => `${s}|${c}`),
    name,
  ),
  { maxLength: 3 },
);

const simple: fc.Arbitrary<SimpleMeasure> = optional<SimpleMeasure>(['unit', 'decimals'], {
  code: codes,
  unit: fc.constantFrom('%', '/min', 'mm[Hg]', 'kg', 'mmol/L'),
  decimals: fc.nat(6),
  impossible: range,
  suspect: range,
  maxStep: fc.record({ abs: decimal, within: duration, confirmTolerance: decimal }),
  zones: tables,
  alsoZones: fc.array(tables, { maxLength: 2 }),
  analyte: fc.constant('glucose' as const),
  title: words,
  note: words,
});
const measure: fc.Arbitrary<Measure> = fc.oneof(
  simple,
  fc
    .tuple(
      optional<{ code?: string[]; decimals?: number; combine?: 'worst'; title?: string; note?: string }>([], {
        code: codes,
        decimals: fc.nat(6),
        combine: fc.constant('worst' as const),
        title: words,
        note: words,
      }),
      fc.dictionary(name, simple, { minKeys: 1, maxKeys: 2 }),
    )
    .map(([rest, components]) => ({ ...rest, components })),
);

const common = {
  signal: fc.boolean(),
  alertOn: fc.array(colour, { maxLength: 2 }),
  clear: fc.record({ consecutiveGreen: count }),
  title: words,
  note: words,
};
const colourRanges = fc.array(fc.record({ colour, when: range }), { minLength: 1, maxLength: 3 });
const persistence = fc.oneof(
  optional<{ kind: string; n: number; maxGap?: string }>(['kind', 'n'], {
    kind: fc.constant('consecutive'),
    n: count,
    maxGap: duration,
  }),
  count.map((n) => ({ kind: 'nOfM', n, m: n + 1 })),
);
const expected = fc.oneof(fc.boolean(), words);
const build = (
  type: string,
  required: string[],
  model: Record<string, fc.Arbitrary<unknown>>,
): fc.Arbitrary<Record<string, unknown>> =>
  fc.record({ type: fc.constant(type), ...common, ...model } as never, {
    requiredKeys: ['type', ...required] as never[],
  });

/** Rules of measures: `component` only where the measure has components, as the grammar demands. */
function measureRules(key: string, measured: Measure): fc.Arbitrary<Record<string, unknown>> {
  const measure = fc.constant(key);
  const parts = 'components' in measured ? Object.keys(measured.components) : [];
  const component: Record<string, fc.Arbitrary<unknown>> = parts.length === 0
    ? {}
    : { component: fc.constantFrom(...parts) };
  const needs = parts.length === 0 ? [] : ['component'];
  const bounds: Record<string, fc.Arbitrary<unknown>> = parts.length === 0
    ? { when: range }
    : { components: fc.dictionary(fc.constantFrom(...parts), range, { minKeys: 1 }) };
  return fc.oneof(
    build('zone', ['measure'], {
      measure,
      persistence: optional<{ yellow?: object; red?: object }>([], { yellow: persistence, red: persistence }),
    }),
    build('delta', ['measure', 'reference', 'window', 'zones', 'baseline', ...needs], {
      measure,
      ...component,
      window: duration,
      reference: fc.constantFrom('min', 'max', 'first', 'median', 'baseline'),
      baseline: decimal,
      as: fc.constantFrom('abs', '%'),
      minReadings: count,
      zones: colourRanges,
    }),
    build('duration', ['measure', 'range', 'for', 'colour', ...needs], {
      measure,
      ...component,
      range,
      for: elapsed,
      minReadings: count,
      maxGap: elapsed,
      colour,
    }),
    build('aggregate', ['measure', 'stat', 'window', 'colour', ...Object.keys(bounds)], {
      measure,
      stat: fc.constant('mean'),
      window: duration,
      minReadings: count,
      minDays: count,
      discardFirstDay: fc.boolean(),
      combine: fc.constantFrom('any', 'all'),
      colour,
      ...bounds,
    }),
  );
}

const list = fc.array(words, { minLength: 1, maxLength: 4 });
const formRules = fc.oneof(
  build('answer', ['questionnaire', 'linkId', 'equals', 'colour'], {
    questionnaire: name,
    linkId: words,
    equals: expected,
    colour,
  }),
  build('answer', ['questionnaire', 'linkId', 'zones'], {
    questionnaire: name,
    linkId: words,
    colour,
    zones: colourRanges,
  }),
  build('answerCount', ['questionnaire', 'linkIds', 'equals', 'zones'], {
    questionnaire: name,
    linkIds: list,
    equals: expected,
    zones: colourRanges,
  }),
  build('score', ['questionnaire', 'items', 'zones'], { questionnaire: name, items: list, zones: colourRanges }),
  build('scoreDelta', ['questionnaire', 'items', 'baseline', 'when', 'colour'], {
    questionnaire: name,
    items: list,
    baseline: decimal,
    when: range,
    consecutive: count,
    colour,
  }),
  build('composite', ['all', 'within', 'colour'], {
    all: fc.array(fc.constant('unknown-rule'), { minLength: 1, maxLength: 3 }),
    within: duration,
    colour,
  }),
);

const schedule = (keys: readonly string[]): fc.Arbitrary<Schedule> =>
  optional<Omit<Schedule, 'id'>>(['for', 'times', 'before', 'after'], {
    for: keys.length === 0 ? name : fc.oneof(name, fc.constantFrom(...keys)),
    start: fc.constantFrom('2026-03-02', '2026-03-02T00:00', '2026-03-02T08:00:00+01:00', '2026-03-02T08:00+01:00'),
    times: fc.array(clock, { minLength: 1, maxLength: 3 }),
    days,
    before: duration,
    after: duration,
    escalate: fc.array(fc.record({ consecutive: count, colour }), { maxLength: 2 }),
    title: words,
    note: words,
  }) as fc.Arbitrary<Schedule>;

const ebpZone = fc.oneof(
  words,
  optional<{ condition?: string; action?: string }>([], { condition: words, action: words }),
);
const approval = optional<NonNullable<RuleSet['approval']>>([], {
  state: fc.constant('approved'),
  by: optional<{ hpr?: string; name?: string; role?: string }>([], {
    hpr: fc.stringMatching(/^\d{7}$/),
    name: words,
    role: words,
  }),
  org: fc.stringMatching(/^\d{9}$/),
  at: fc.constant('2026-03-01T12:00:00+01:00'),
  contentHash: words,
  responsible: fc.constantFrom('sykehus', 'fastlege'),
  nextReview: fc.constant('2026-09-01'),
});

const frame = optional<Partial<RuleSet>>([], {
  id: name,
  version: count,
  templates: fc.array(
    name.map((one) => `${one}@1.0`),
    { maxLength: 2 },
  ),
  merge: optional<NonNullable<RuleSet['merge']>>(['default'], {
    default: fc.constant('strictest' as const),
    overrides: fc.dictionary(name, words, { maxKeys: 2 }),
  }),
  serviceCalendar: optional<NonNullable<RuleSet['serviceCalendar']>>(['days', 'from', 'to'], {
    days: fc.array(fc.nat(6), { minLength: 1, maxLength: 7 }),
    from: clock,
    to: clock,
    holidays: fc.constantFrom('NO', 'none'),
    afterHours: fc.option(words) as fc.Arbitrary<never>,
  }),
  fatalDeviceStatus: fc.array(name, { maxLength: 3 }),
  safetyNet: fc.constantFrom('news2-3', null) as fc.Arbitrary<never>,
  news2: fc.constantFrom('scale-1', 'scale-2') as fc.Arbitrary<never>,
  ebp: optional<NonNullable<RuleSet['ebp']>>([], { green: ebpZone, yellow: ebpZone, red: ebpZone }),
} as never);

const status = fc.oneof(
  fc.constantFrom('draft', 'in-review', 'retired').map((one) => ({ status: one })),
  approval.map((one) => ({ status: 'approved', approval: one })),
  approval.map((one) => ({ status: 'interim', approval: { ...one, state: 'interim' } })),
);
const numbered = <T extends object>(prefix: string, all: readonly T[]): (T & { id: string })[] =>
  all.map((one, index) => ({ ...one, id: `${prefix}${index}` }));

export const anyRuleSet: fc.Arbitrary<RuleSet> = fc.dictionary(name, measure, { maxKeys: 3 }).chain((measures) =>
  fc
    .tuple(
      frame,
      status,
      fc
        .tuple(...Object.entries(measures).map(([key, one]) => fc.array(measureRules(key, one), { maxLength: 3 })))
        .map((all) => all.flat()),
      fc.array(formRules, { maxLength: 4 }),
      fc.array(schedule(Object.keys(measures)), { maxLength: 4 }),
      fc.array(fc.record({ colour, n: count, window: duration, action: name }), { maxLength: 2 }),
    )
    .chain(([head, state, own, forms, schedules, escalations]) =>
      fc.shuffledSubarray([...own, ...forms], { minLength: own.length + forms.length }).map(
        (rules) =>
          ({
            ruleSetVersion: '1',
            timezone: 'Europe/Oslo',
            patient: 'Patient/p1',
            ...head,
            ...state,
            measures,
            rules: numbered('r', rules as object[]) as unknown as Rule[],
            schedules: numbered('s', schedules),
            escalations: numbered('e', escalations),
          }) as RuleSet,
      ),
    ),
);
