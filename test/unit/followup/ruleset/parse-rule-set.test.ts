import { parseLibrary, parseRuleSet } from '../../../../src/followup/ruleset/parse-rule-set.js';
import { partitionProblems } from '../../../../src/followup/ruleset/partition.js';
import { isComponentMeasure, type SimpleMeasure, type ZoneTable } from '../../../../src/followup/ruleset/grammar.js';
import { zoneOfValue } from '../../../../src/followup/engine/zone-table.js';
import { ExactDecimal } from '../../../../src/followup/units/exact-decimal.js';
import { Failure } from '../../../../src/kernel/failure.js';
import { library, readJson } from '../engine/simulated.js';

const pulse = { unit: '/min', decimals: 0, zones: [{ zone: 'red', when: [{ ge: 131 }] }] };
const rule = { id: 'r', type: 'zone', measure: 'pulse' };
const schedule = { id: 's', for: 'pulse', times: ['09:00'], before: 'PT1H', after: 'PT1H' };

function issuesOf(plan: unknown): string[] {
  try {
    parseRuleSet(plan, library);
  } catch (error) {
    return (error as Failure).issues.map(({ expression, diagnostics }) => `${expression?.[0]} ${diagnostics}`);
  }
  return [];
}

test('names are looked up, numbers become decimal strings, defaults are filled in', () => {
  const plan = parseRuleSet(
    { measures: { spo2: 'spo2', pulse }, rules: ['spo2-zone', rule], schedules: [schedule] },
    library,
  );
  expect(plan).toMatchObject({
    ruleSetVersion: '1',
    timezone: 'Europe/Oslo',
    escalations: [],
    fatalDeviceStatus: library.fatalDeviceStatus,
  });
  expect(plan.rules.map(({ id }) => id)).toEqual(['spo2-zone', 'r']);
  expect(plan.measures['pulse']).toMatchObject({ zones: [{ zone: 'red', when: [{ ge: '131' }] }] });
});

test('a resolved plan can be read again and is the same', () => {
  const plan = parseRuleSet({ measures: { bp: 'bp', spo2: 'spo2_ltot' }, rules: Object.keys(library.rules) }, library);
  expect(parseRuleSet(JSON.parse(JSON.stringify(plan)))).toEqual(plan);
});

test.each<[string, unknown, string]>([
  ['an unknown name of a measure', { measures: { x: 'nope' } }, 'RuleSet.measures.x'],
  ['an unknown name of a rule', { rules: ['nope'] }, 'RuleSet.rules[0]'],
  ['a name of every object', { rules: ['toString'] }, 'RuleSet.rules[0]'],
  [
    'two lower bounds',
    { measures: { pulse: { ...pulse, zones: [{ zone: 'red', when: [{ gt: 1, ge: 2 }] }] } } },
    'RuleSet.measures.pulse.zones[0].when[0]',
  ],
  ['a range without bound', { measures: { pulse: { ...pulse, impossible: {} } } }, 'RuleSet.measures.pulse.impossible'],
  [
    'eq beside another bound',
    { measures: { pulse: { ...pulse, suspect: { eq: 1, lt: 2 } } } },
    'RuleSet.measures.pulse.suspect',
  ],
  [
    'a bound that is no number',
    { measures: { pulse: { ...pulse, impossible: { ge: 'low' } } } },
    'RuleSet.measures.pulse.impossible.ge',
  ],
  ['a misspelt member of a rule', { measures: { pulse }, rules: [{ ...rule, persistance: {} }] }, 'RuleSet.rules[0]'],
  ['a rule of unknown type', { rules: [{ ...rule, type: 'guess' }] }, 'RuleSet.rules[0].type'],
  ['a rule without id', { rules: [{ type: 'zone', measure: 'pulse' }] }, 'RuleSet.rules[0].id'],
  [
    'a duration of nothing',
    {
      measures: { pulse },
      rules: [
        {
          id: 'd',
          type: 'delta',
          measure: 'pulse',
          window: 'P',
          reference: 'min',
          zones: [{ colour: 'red', when: { ge: 1 } }],
        },
      ],
    },
    'RuleSet.rules[0].window',
  ],
  [
    'a run in no duration',
    {
      measures: { pulse },
      rules: [{ id: 'd', type: 'duration', measure: 'pulse', for: 'P1DT', range: { ge: 1 }, colour: 'red' }],
    },
    'RuleSet.rules[0].for',
  ],
  [
    'a baseline that is not told',
    {
      measures: { pulse },
      rules: [
        {
          id: 'd',
          type: 'delta',
          measure: 'pulse',
          reference: 'baseline',
          zones: [{ colour: 'red', when: { ge: 1 } }],
        },
      ],
    },
    'RuleSet.rules[0]',
  ],
  [
    'more of m than there are',
    { measures: { pulse }, rules: [{ ...rule, persistence: { yellow: { kind: 'nOfM', n: 3, m: 2 } } }] },
    'RuleSet.rules[0].persistence.yellow',
  ],
  ['two rules of one id', { measures: { pulse }, rules: [rule, rule] }, 'RuleSet.rules[1].id'],
  [
    'a composite in a circle',
    {
      rules: [
        { id: 'a', type: 'composite', all: ['b'], within: 'PT1H', colour: 'red' },
        { id: 'b', type: 'composite', all: ['a'], within: 'PT1H', colour: 'red' },
      ],
    },
    'RuleSet.rules[0].all',
  ],
  [
    'a component the measure lacks',
    {
      measures: { bp: 'bp' },
      rules: [
        { id: 'd', type: 'duration', measure: 'bp', component: 'map', for: 'PT1H', range: { ge: 1 }, colour: 'red' },
      ],
    },
    'RuleSet.rules[0]',
  ],
  ['a schedule at 25 o’clock', { schedules: [{ ...schedule, times: ['25:00'] }] }, 'RuleSet.schedules[0].times[0]'],
  ['an eighth day', { schedules: [{ ...schedule, days: [7] }] }, 'RuleSet.schedules[0].days[0]'],
  ['hours on no day', { serviceCalendar: { days: [], from: '08:00', to: '15:00' } }, 'RuleSet.serviceCalendar.days'],
  ['an unknown time zone', { timezone: 'Europe/Atlantis' }, 'RuleSet.timezone'],
  ['an unknown status', { status: 'active' }, 'RuleSet.status'],
  ['no object', 'plan', 'RuleSet'],
])('%s is refused by its path', (_, plan, path) => {
  expect(issuesOf(plan).map((issue) => issue.split(' ')[0])).toContain(path);
});

test('a library rule has its name as id', () => {
  expect(parseLibrary({ measures: {}, rules: { x: { type: 'zone', measure: 'pulse' } } }).rules['x']?.id).toBe('x');
  expect(() => parseLibrary({ measures: {} })).toThrow(Failure);
});

test('the library says what it is and is complete', () => {
  const json = readJson('profiles', 'rule-library.json') as { note: string };
  expect(json.note).toContain('Not validated for clinical use');
  expect(Object.keys(library.measures)).toHaveLength(12);
  expect(Object.keys(library.rules)).toHaveLength(22);
});

const simple = Object.entries(library.measures).flatMap(([name, measure]): [string, SimpleMeasure][] =>
  isComponentMeasure(measure)
    ? Object.entries(measure.components).map(([part, component]) => [`${name}.${part}`, component])
    : [[name, measure]],
);
const tables = simple.flatMap(([name, measure]): [string, SimpleMeasure, ZoneTable][] =>
  Array.isArray(measure.zones)
    ? [[name, measure, measure.zones]]
    : Object.entries(measure.zones ?? {}).map(([ctx, table]) => [`${name} (${ctx})`, measure, table]),
);

test.each(tables)('the zones of %s hold every possible value once', (_, measure, table) => {
  expect(partitionProblems(table, measure)).toEqual([]);
});

test('gaps and overlaps are found where they are', () => {
  const table: ZoneTable = [
    { zone: 'red', when: [{ lt: '90' }] },
    { zone: 'yellow', when: [{ gt: '90', le: '92' }] },
    { zone: 'green', when: [{ ge: '92' }] },
  ];
  expect(partitionProblems(table, { decimals: 0, impossible: { ge: '1', le: '100' } })).toEqual([
    { value: '90', zones: [] },
    { value: '92', zones: ['yellow', 'green'] },
  ]);
});

const boundaries: [string, string | undefined, string][] = [
  ['spo2', undefined, '89r 90y 91y 92g'],
  ['pulse', undefined, '40r 41y 50y 51g 100g 101y 130y 131r'],
  ['rr', undefined, '8r 9y 11y 12g 20g 21y 24y 25r'],
  ['temp', undefined, '35.0r 35.1y 36.0y 36.1g 37.9g 38.0y 39.0y 39.1r'],
  ['temp_ic', undefined, '37.9g 38.0y 38.2y 38.3r'],
  ['glucose', undefined, '2.9r 3.0y 3.8y 3.9g 12.0g 12.1y 20.0y 20.1r'],
  ['crp', undefined, '19g 20y 40y 41r'],
  ['bp.sys', undefined, '90r 91y 99y 100g 160g 161y 179y 180r'],
  ['bp.dia', undefined, '49r 50y 59y 60g 95g 96y 110y 111r'],
  ['spo2_ltot', 'o2', '83r 84y 87y 88g 92g 93y 96y 97r'],
  ['spo2_ltot', 'air', '83r 84y 87y 88g 97g'],
];
test.each(boundaries)('the bounds of %s (%s)', (name, ctx, expected) => {
  const measure = simple.find(([other]) => other === name)?.[1] as SimpleMeasure;
  const found = expected
    .split(' ')
    .map(
      (pair) => `${pair.slice(0, -1)}${String(zoneOfValue(measure, new ExactDecimal(pair.slice(0, -1)), { ctx }))[0]}`,
    );
  expect(found.join(' ')).toBe(expected);
});

test.each([
  ['glucose', '33.3', '>', 'red'],
  ['glucose', '20.0', '>', 'red'],
  ['glucose', '1.1', '<', 'red'],
  ['crp', '5', '<', 'green'],
  ['crp', '40', '<', 'yellow'],
  ['crp', '20', '<', 'green'],
  ['crp', '20', '<=', 'yellow'],
  ['spo2', '92', '>=', 'green'],
  ['spo2', '70', '<', 'red'],
] as const)('%s %s with %s is %s: the worst it can mean', (name, value, comparator, expected) => {
  const measure = simple.find(([other]) => other === name)?.[1] as SimpleMeasure;
  expect(zoneOfValue(measure, new ExactDecimal(value), { comparator })).toBe(expected);
});
