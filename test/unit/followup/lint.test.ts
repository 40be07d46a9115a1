import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { parseJson } from '../../../src/fhir/json.js';
import { operationOutcome } from '../../../src/fhir/operation-outcome.js';
import type { Resource } from '../../../src/fhir/resource.js';
import { beforeApproval } from '../../../src/followup/lint/before-approval.js';
import { lintPlan } from '../../../src/followup/lint/lint-plan.js';
import { carePlanFromRuleSet } from '../../../src/followup/plan/care-plan-from-rule-set.js';
import { ruleSetFromTemplate } from '../../../src/followup/plan/apply-plan-definition.js';
import { Failure } from '../../../src/kernel/failure.js';
import { anyRuleSet } from '../../property/rule-set-arbitrary.js';
import { plan } from './engine/simulated.js';

const hours = { days: [0, 1, 2, 3, 4], from: '08:00', to: '15:00', afterHours: 'legevakt' };
const spo2 = (zones: unknown, more: object = {}) => ({
  spo2: { code: ['loinc|2708-6'], unit: '%', decimals: 0, impossible: { ge: 1, le: 100 }, zones, ...more },
});
const good = [
  { zone: 'red', when: [{ lt: 90 }] },
  { zone: 'yellow', when: [{ ge: 90, lt: 92 }] },
  { zone: 'green', when: [{ ge: 92 }] },
];
const zoneRule = { id: 'spo2-zone', type: 'zone', measure: 'spo2' };
const daily = (key: string, more: object = {}) => ({
  id: `${key}-d`,
  for: key,
  times: ['09:00'],
  before: 'PT2H',
  after: 'PT4H',
  ...more,
});
const rise = (more: object = {}) => ({
  id: 'rise',
  type: 'delta',
  measure: 'weight',
  window: 'P3D',
  reference: 'min',
  zones: [{ colour: 'red', when: { gt: 2 } }],
  ...more,
});

const cases: [string, object, string[]][] = [
  ['a sound plan', { measures: spo2(good), rules: [zoneRule], schedules: [daily('spo2')] }, []],
  [
    'a gap between zones',
    { measures: spo2([good[0], { zone: 'yellow', when: [{ ge: 90, lt: 91 }] }, good[2]]), rules: [zoneRule] },
    ['error zone-gap spo2'],
  ],
  [
    'overlapping zones',
    { measures: spo2([good[0], { zone: 'yellow', when: [{ ge: 89, lt: 92 }] }, good[2]]), rules: [zoneRule] },
    ['error zone-overlap spo2'],
  ],
  ['a unit that is none', { measures: spo2(good, { unit: 'prosent' }), rules: [zoneRule] }, ['error unit spo2']],
  [
    'a limit outside what is possible',
    {
      measures: spo2([
        { zone: 'red', when: [{ lt: 90 }, { gt: 120 }] },
        good[1],
        { zone: 'green', when: [{ ge: 92, le: 120 }] },
      ]),
      rules: [zoneRule],
    },
    ['error bound-outside spo2'],
  ],
  [
    'a zone nobody reaches',
    { measures: spo2([{ zone: 'red', when: [{ lt: 90 }, { gt: 95, lt: 95 }] }, good[1], good[2]]), rules: [zoneRule] },
    ['error empty-range spo2'],
  ],
  [
    'red inside green',
    {
      measures: spo2([
        { zone: 'red', when: [{ eq: 95 }] },
        { zone: 'green', when: [{ lt: 95 }, { gt: 95 }] },
      ]),
      rules: [zoneRule],
    },
    ['error zone-order spo2'],
  ],
  [
    'limits by circumstance without a default',
    { measures: spo2({ o2: good }), rules: [zoneRule] },
    ['error no-default-context spo2'],
  ],
  ['a rule on what is not measured', { measures: {}, rules: [zoneRule] }, ['error missing-measure spo2-zone']],
  [
    'a composite of a rule that is not there',
    {
      measures: spo2(good),
      rules: [zoneRule, { id: 'both', type: 'composite', all: ['spo2-zone', 'gone'], within: 'P1D', colour: 'red' }],
    },
    ['error unknown-member both'],
  ],
  [
    'a measure on schedule without limits',
    { measures: spo2([]), rules: [zoneRule], schedules: [daily('spo2')] },
    ['warning limits-missing spo2'],
  ],
  [
    'three days of a weekly weight',
    { measures: { weight: 'weight' }, rules: [rise()], schedules: [daily('weight', { days: [0] })] },
    ['warning blind-schedule rise', 'warning readings-unattainable rise'],
  ],
  [
    'three days of a weight that rests at the weekend',
    { measures: { weight: 'weight' }, rules: [rise()], schedules: [daily('weight', { days: [0, 1, 2, 3, 4] })] },
    [],
  ],
  [
    'two days of a weight that rests at the weekend',
    {
      measures: { weight: 'weight' },
      rules: [rise({ window: 'P2D' })],
      schedules: [daily('weight', { days: [0, 1, 2, 3, 4] })],
    },
    ['warning blind-schedule rise'],
  ],
  [
    'hours where readings are days apart',
    { measures: { weight: 'weight' }, rules: [rise({ window: 'PT12H' })], schedules: [daily('weight')] },
    ['warning blind-schedule rise', 'warning readings-unattainable rise'],
  ],
  ['a weight nobody schedules', { measures: { weight: 'weight' }, rules: [rise()] }, []],
  [
    'a mean of twelve from three a week',
    { measures: { bp: 'bp' }, rules: ['bp-mean-7d'], schedules: [daily('bp', { days: [0, 2, 4] })] },
    ['warning readings-unattainable bp-mean-7d'],
  ],
  [
    'a mean of twelve from two a day',
    { measures: { bp: 'bp' }, rules: ['bp-mean-7d'], schedules: [daily('bp', { times: ['08:00', '20:00'] })] },
    [],
  ],
  [
    'a run over gaps that are too long',
    { measures: { glucose: 'glucose' }, rules: ['glucose-12-24h'], schedules: [daily('glucose')] },
    ['warning readings-unattainable glucose-12-24h'],
  ],
  [
    'a run that twice a day can show',
    {
      measures: { glucose: 'glucose' },
      rules: ['glucose-12-24h'],
      schedules: [daily('glucose', { times: ['08:00', '20:00'] })],
    },
    [],
  ],
  [
    'a call after three of a weekly measure',
    {
      measures: spo2(good),
      rules: [zoneRule],
      schedules: [daily('spo2', { days: [0] })],
      escalations: [{ id: 'ring', colour: 'yellow', n: 3, window: 'P7D', action: 'call-patient' }],
    },
    ['warning escalation-unattainable ring'],
  ],
  [
    'a call after three of a daily measure',
    {
      measures: spo2(good),
      rules: [zoneRule],
      schedules: [daily('spo2')],
      escalations: [{ id: 'ring', colour: 'yellow', n: 3, window: 'P7D', action: 'call-patient' }],
    },
    [],
  ],
  [
    'one template’s green that is red in another',
    {
      measures: spo2(good, {
        alsoZones: [
          [
            { zone: 'red', when: [{ lt: 95 }] },
            { zone: 'green', when: [{ ge: 95 }] },
          ],
        ],
      }),
      rules: [zoneRule],
    },
    ['warning templates-disagree spo2'],
  ],
  [
    'a unit of another kind than the readings come in',
    { measures: spo2(good, { unit: 'kg' }), rules: [zoneRule] },
    ['error unit-dimension spo2'],
  ],
  [
    'a signal that nothing uses',
    { measures: { weight: 'weight' }, rules: [rise({ signal: true })] },
    ['warning rule-unreachable rise'],
  ],
  [
    'a rule that finds only green, and what needs it',
    {
      measures: { ...spo2(good), weight: 'weight' },
      rules: [
        zoneRule,
        rise({ zones: [{ colour: 'green', when: { gt: 2 } }] }),
        { id: 'both', type: 'composite', all: ['spo2-zone', 'rise'], within: 'P1D', colour: 'red' },
      ],
    },
    ['warning rule-unreachable rise', 'warning rule-unreachable both'],
  ],
  [
    'a yellow that nobody is alerted of',
    {
      measures: { weight: 'weight' },
      rules: [rise({ alertOn: ['red'], zones: [{ colour: 'yellow', when: { gt: 2 } }] })],
    },
    ['warning rule-unreachable rise'],
  ],
  [
    'limits that no rule looks at',
    { measures: spo2(good), schedules: [daily('spo2')] },
    ['warning limits-unused spo2'],
  ],
  [
    'limits that are missing for what comes unasked',
    { measures: spo2([]), rules: [zoneRule] },
    ['warning rule-unreachable spo2-zone'],
  ],
  ['the same with the safety net', { measures: spo2([]), rules: [zoneRule], safetyNet: 'news2-3' }, []],
  [
    'a yellow that is red too',
    {
      measures: { weight: 'weight' },
      rules: [
        rise({
          zones: [
            { colour: 'yellow', when: { gt: 2, le: 3 } },
            { colour: 'red', when: { gt: 2 } },
          ],
        }),
      ],
    },
    ['warning colour-unreachable rise'],
  ],
  [
    'more answers than questions',
    {
      measures: {},
      rules: [
        {
          id: 'count',
          type: 'answerCount',
          questionnaire: 'daily',
          linkIds: ['a', 'b'],
          equals: true,
          zones: [
            { colour: 'yellow', when: { eq: 1 } },
            { colour: 'red', when: { ge: 3 } },
          ],
        },
      ],
    },
    ['warning colour-unreachable count'],
  ],
  [
    'in a row within a time that the schedule never keeps',
    {
      measures: spo2(good),
      rules: [{ ...zoneRule, persistence: { yellow: { kind: 'consecutive', n: 2, maxGap: 'PT12H' } } }],
      schedules: [daily('spo2')],
    },
    ['warning readings-unattainable spo2-zone'],
  ],
  [
    'in a row within a time that it keeps',
    {
      measures: spo2(good),
      rules: [{ ...zoneRule, persistence: { yellow: { kind: 'consecutive', n: 2, maxGap: 'PT12H' } } }],
      schedules: [daily('spo2', { times: ['08:00', '20:00'] })],
    },
    [],
  ],
  [
    'a call after misses: they are not what is counted',
    {
      measures: spo2(good),
      rules: [{ ...zoneRule, alertOn: ['red'] }],
      schedules: [daily('spo2', { escalate: [{ consecutive: 2, colour: 'yellow' }] })],
      escalations: [{ id: 'ring', colour: 'yellow', n: 3, window: 'P7D', action: 'call-patient' }],
    },
    ['warning escalation-unattainable ring'],
  ],
  [
    'nobody after hours',
    { measures: spo2(good), rules: [zoneRule], serviceCalendar: { ...hours, afterHours: null } },
    ['information no-after-hours serviceCalendar'],
  ],
];

test.each(cases)('%s', (_, given, expected) => {
  const found = lintPlan(plan({ serviceCalendar: hours, ...given }));
  expect([...new Set(found.map(({ severity, check, place }) => `${severity} ${check} ${place.id}`))]).toEqual(expected);
});

const templates = readdirSync('profiles/plan-definitions').map(
  (file) => parseJson(readFileSync(`profiles/plan-definitions/${file}`, 'utf8')) as Resource,
);
test.each(
  templates.flatMap((one) => [
    [one.id!, undefined, one] as const,
    ...(one.id === 'kols' ? [['kols', 'kols-o2', one] as const] : []),
    ...(one.id === 'kreft-ernaering' ? [['kreft-ernaering', 'immunosuppressed', one] as const] : []),
  ]),
)('the template %s %s has nothing to be let by', (_, variant, template) => {
  const found = lintPlan(ruleSetFromTemplate(template, variant === undefined ? [] : [variant]));
  expect(found.filter(({ severity }) => severity !== 'information')).toEqual([]);
});

test('any plan of the grammar can be looked through', () => {
  fc.assert(
    fc.property(anyRuleSet, (ruleSet) => void lintPlan(ruleSet)),
    { numRuns: 50 },
  );
});

describe('before a plan is submitted', () => {
  const draft = (given: object): Resource => ({
    ...carePlanFromRuleSet(plan({ serviceCalendar: hours, ...given })),
    status: 'draft',
  });
  const weekly = draft({
    measures: { weight: 'weight' },
    rules: [rise()],
    schedules: [daily('weight', { days: [0] })],
  });

  test('errors block, with the element of each; no reason helps', () => {
    const broken = draft({
      measures: { ...spo2([good[0], good[2]]), weight: 'weight' },
      rules: [zoneRule, rise()],
      schedules: [daily('weight', { days: [0] })],
    });
    const refused = beforeApproval(broken, 'Det skal være slik.');
    expect(refused).toBeInstanceOf(Failure);
    expect((refused as Failure).issues.map(({ severity, expression }) => [severity, expression])).toEqual([
      ['error', ['CarePlan.activity[0].detail']],
      ['error', ['CarePlan.activity[0].detail']],
    ]);
  });

  test('warnings need a reason', () => {
    const refused = beforeApproval(weekly, ' ') as Failure;
    expect(refused.category).toBe('unprocessable');
    expect(refused.issues[0]).toMatchObject({
      severity: 'warning',
      expression: ['CarePlan.activity[0].detail.extension[4]'],
      diagnostics: expect.stringContaining('override'),
      details: { system: 'http://hjemmebro.no/fhir/CodeSystem/dho-plan-check', code: 'blind-schedule' },
      extension: [
        {
          url: 'http://hjemmebro.no/fhir/StructureDefinition/dho-finding',
          extension: [
            { url: 'about', valueCode: 'rule' },
            { url: 'id', valueString: 'rise' },
            { url: 'measure', valueString: 'weight' },
            { url: 'window', valueString: 'P3D' },
          ],
        },
      ],
    });
    expect(operationOutcome(refused).issue).toMatchObject([
      { details: { coding: [{ code: 'blind-schedule' }] }, extension: [{}], severity: 'warning' },
      { details: { coding: [{ code: 'readings-unattainable' }] } },
    ]);
    expect(beforeApproval(weekly, 'Pasienten veier seg oftere når hun hovner opp.')).toHaveLength(2);
  });
});
