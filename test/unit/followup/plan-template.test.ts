import { readFileSync } from 'node:fs';
import { parseJson } from '../../../src/fhir/json.js';
import type { Resource } from '../../../src/fhir/resource.js';
import { Failure } from '../../../src/kernel/failure.js';
import { applyPlanDefinition } from '../../../src/followup/plan/apply-plan-definition.js';
import { carePlanFromRuleSet } from '../../../src/followup/plan/care-plan-from-rule-set.js';
import { contentHash } from '../../../src/followup/plan/content-hash.js';
import { ruleSetFromCarePlan } from '../../../src/followup/plan/rule-set-from-care-plan.js';
import { parseRuleSet } from '../../../src/followup/ruleset/parse-rule-set.js';
import { countingIds, failure, monday, resources } from './follow-up-world.js';

const kols = parseJson(readFileSync('profiles/plan-definitions/kols.json', 'utf8')) as Resource;
const apply = (more: object = {}) => {
  const change = applyPlanDefinition({
    templates: [kols],
    subject: { reference: 'Patient/ola' },
    start: '2026-03-02',
    now: monday,
    ids: countingIds(),
    ...more,
  });
  return change instanceof Failure ? change : resources([change])[0]!;
};
const draft = (more: object = {}): Resource => {
  const plan = apply(more);
  if (plan instanceof Failure) throw plan;
  return plan;
};

describe('PlanDefinition/$apply', () => {
  test('the KOLS template becomes a draft plan with its limits, rules, schedules and zones', () => {
    const plan = draft();
    expect(plan).toMatchObject({
      resourceType: 'CarePlan',
      status: 'draft',
      intent: 'plan',
      subject: { reference: 'Patient/ola' },
    });
    const ruleSet = ruleSetFromCarePlan(plan);
    expect(Object.keys(ruleSet.measures)).toEqual(['spo2', 'pulse', 'temp', 'rr', 'crp']);
    expect(ruleSet.rules.map((rule) => rule.id)).toEqual([
      'spo2-zone',
      'pulse-zone',
      'temp-zone',
      'rr-zone',
      'crp-zone',
      'kols-major',
      'cat-worse',
      'spo2-rel',
      'kols-combined',
    ]);
    expect(ruleSet.schedules.map(({ id, start }) => [id, start])).toEqual([
      ['spo2-daily', '2026-03-02'],
      ['kols-form', '2026-03-02'],
      ['cat-weekly', '2026-03-02'],
    ]);
    expect(ruleSet).toMatchObject({
      status: 'draft',
      templates: ['kols@1.0'],
      escalations: [{ id: 'ring3', colour: 'yellow', n: 3, window: 'P7D' }],
    });
    expect(ruleSet.measures.spo2).toMatchObject({
      unit: '%',
      zones: [
        { zone: 'red', when: [{ lt: '90' }] },
        { zone: 'yellow', when: [{ ge: '90', lt: '92' }] },
        { zone: 'green', when: [{ ge: '92' }] },
      ],
    });
  });

  test('a variant replaces the limits of its measure and keeps schedule and rules', () => {
    const ruleSet = ruleSetFromCarePlan(draft({ variants: ['kols-o2'] }));
    expect(ruleSet.measures.spo2).toMatchObject({
      zones: { o2: expect.anything(), air: expect.anything(), default: expect.anything() },
    });
    expect(ruleSet.schedules.map((schedule) => schedule.id)).toContain('spo2-daily');
    expect(ruleSet.rules.filter((rule) => rule.id === 'spo2-zone')).toHaveLength(1);
  });

  test('an unknown variant, or no template, is refused', () => {
    expect(failure(apply({ variants: ['kols-x'] })).category).toBe('unprocessable');
    expect(failure(apply({ templates: [] })).category).toBe('unprocessable');
  });

  test('of two templates both tables of one measure are kept, and rules stand side by side', () => {
    const other = parseRuleSet({
      measures: {
        spo2: {
          unit: '%',
          decimals: 0,
          code: ['mdc|150456'],
          zones: [
            { zone: 'red', when: [{ lt: '85' }] },
            { zone: 'green', when: [{ ge: '85' }] },
          ],
        },
      },
      rules: [{ id: 'spo2-zone', type: 'zone', measure: 'spo2', alertOn: ['red'] }],
    });
    const plan = carePlanFromRuleSet(other);
    const second = {
      resourceType: 'PlanDefinition',
      url: 'http://example.org/PlanDefinition/other',
      version: '2',
      extension: plan.extension,
      action: (plan.activity as { detail: { extension: unknown } }[]).map(({ detail }) => ({
        extension: detail.extension,
      })),
    };
    const merged = ruleSetFromCarePlan(draft({ templates: [kols, second] }));
    expect(merged.measures.spo2).toMatchObject({
      alsoZones: [
        [
          { zone: 'red', when: [{ lt: '85' }] },
          { zone: 'green', when: [{ ge: '85' }] },
        ],
      ],
    });
    expect(merged.rules.map((rule) => rule.id)).toContain('other-spo2-zone');
    expect(merged).toMatchObject({ merge: { default: 'strictest' }, templates: ['kols@1.0', 'other@2'] });
  });
});

describe('a plan that was edited by hand', () => {
  const edited = (change: (text: string) => string): Resource => parseJson(change(JSON.stringify(draft()))) as Resource;

  test.each([
    [
      'a limit in another unit than its measure',
      (text: string) =>
        text.replace(
          '"value":90,"unit":"%","system":"http://unitsofmeasure.org","code":"%"',
          '"value":90,"unit":"kPa","system":"http://unitsofmeasure.org","code":"kPa"',
        ),
    ],
    [
      'a misspelt member of a threshold',
      (text: string) =>
        text.replace('{"url":"high","valueQuantity":{"value":90', '{"url":"hihg","valueQuantity":{"value":90'),
    ],
    [
      'a limit as a string',
      (text: string) => text.replace('"url":"minReadings","valueInteger":4', '"url":"minReadings","valueString":"4"'),
    ],
    [
      'a rule of an unknown type',
      (text: string) => text.replace('"url":"type","valueCode":"delta"', '"url":"type","valueCode":"dleta"'),
    ],
  ])('%s is refused, never guessed', (_name, change) => {
    const plan = edited(change);
    expect(JSON.stringify(plan)).not.toBe(JSON.stringify(draft()));
    expect(() => ruleSetFromCarePlan(plan)).toThrow(Failure);
  });

  test('is never monitored while it is active without approval', () => {
    expect(ruleSetFromCarePlan({ ...draft(), status: 'active' }).status).toBe('draft');
  });

  test('has the same content hash whatever its status, id, narrative and order of names, and another one for another limit', () => {
    const plan = draft();
    const { resourceType, ...rest } = plan;
    const turned = {
      ...rest,
      status: 'active',
      id: 'other',
      text: { status: 'generated', div: '<div/>' },
      resourceType,
    } as Resource;
    expect(contentHash(turned)).toBe(contentHash(plan));
    expect(contentHash(edited((text) => text.replace('"value":90', '"value":89')))).not.toBe(contentHash(plan));
    expect(contentHash(edited((text) => text.replace('"value":90,', '"value":90.0,')))).not.toBe(contentHash(plan));
  });
});
