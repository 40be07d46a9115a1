import type { Resource } from '../../../src/fhir/resource.js';
import { approve, type ApprovalFacts, rejectPlan, submitForApproval } from '../../../src/followup/plan/approval.js';
import { carePlanFromRuleSet } from '../../../src/followup/plan/care-plan-from-rule-set.js';
import { ruleSetFromCarePlan } from '../../../src/followup/plan/rule-set-from-care-plan.js';
import { parseRuleSet } from '../../../src/followup/ruleset/parse-rule-set.js';
import { centre, countingIds, failure, monday, nurse, one, patient, resources, stored } from './follow-up-world.js';

const ruleSet = parseRuleSet({
  status: 'draft',
  patient: 'Patient/ola',
  measures: {
    spo2: {
      code: ['loinc|2708-6'],
      unit: '%',
      decimals: 0,
      zones: [
        { zone: 'red', when: [{ lt: '90' }] },
        { zone: 'green', when: [{ ge: '90' }] },
      ],
    },
  },
  rules: [{ id: 'spo2-zone', type: 'zone', measure: 'spo2' }],
});
const plan = stored(
  carePlanFromRuleSet(ruleSet, {
    id: 'plan',
    author: { identifier: { system: 'urn:oid:2.16.578.1.12.4.1.4.4', value: '999000101' } },
  }),
  3,
);
const submit = (carePlan: Resource = plan) =>
  stored(
    one(
      resources(
        submitForApproval({
          carePlan,
          owner: { reference: 'Practitioner/kari' },
          requester: nurse,
          now: monday,
          ids: countingIds(),
        }),
      ),
      'Task',
    ),
  );
const gp = { hpr: '999000102', organisation: '310000035', role: 'gp', name: 'Kari Testlege' } as const;
const facts = (more: Partial<ApprovalFacts> = {}): ApprovalFacts => ({
  carePlan: plan,
  task: submit(),
  approver: gp,
  ifMatch: 3,
  patient,
  now: monday,
  ids: countingIds('new'),
  ...more,
});

describe('CarePlan/$submit-for-approval', () => {
  test('asks the GP to approve exactly this version; the plan stays a draft', () => {
    expect(submit()).toMatchObject({
      status: 'requested',
      focus: { reference: 'CarePlan/plan/_history/3' },
      owner: { reference: 'Practitioner/kari' },
      for: { reference: 'Patient/ola' },
    });
  });

  test('an older request for the same draft is cancelled', () => {
    const changes = resources(
      submitForApproval({ carePlan: plan, owner: centre, earlier: [submit()], now: monday, ids: countingIds() }),
    );
    expect(changes.map((task) => task.status)).toEqual(['cancelled', 'requested']);
  });

  test('only a draft that can be read is submitted', () => {
    expect(
      failure(
        submitForApproval({ carePlan: { ...plan, status: 'active' }, owner: centre, now: monday, ids: countingIds() }),
      ).category,
    ).toBe('conflict');
    const broken = JSON.parse(JSON.stringify(plan).replace('"valueCode":"zone"', '"valueCode":"zoen"')) as Resource;
    expect(
      failure(submitForApproval({ carePlan: broken, owner: centre, now: monday, ids: countingIds() })).category,
    ).toBe('unprocessable');
  });
});

describe('CarePlan/$approve', () => {
  test('puts the plan in force, completes the replaced plan and the Task, and names both versions – in one commit', () => {
    const old = stored({ ...plan, id: 'old', status: 'active' }, 5);
    const revision = stored({ ...plan, replaces: [{ reference: 'CarePlan/old' }] }, 3);
    const changes = resources(
      approve(facts({ carePlan: revision, task: submit(revision), replaced: old, otherInForce: [old] })),
    );
    expect(changes.map((one) => [one.resourceType, one.id, one.status])).toEqual([
      ['CarePlan', 'plan', 'active'],
      ['CarePlan', 'old', 'completed'],
      ['Task', 'id1', 'completed'],
      ['Provenance', 'new1', undefined],
    ]);
    expect(changes[3]).toMatchObject({
      target: [{ reference: 'CarePlan/plan/_history/4' }, { reference: 'CarePlan/old/_history/6' }],
      entity: [{ role: 'revision', what: { reference: 'CarePlan/plan/_history/3' } }],
      agent: [{ who: { identifier: { value: '999000102' } }, onBehalfOf: { identifier: { value: '310000035' } } }],
    });
    expect(ruleSetFromCarePlan(changes[0]!)).toMatchObject({
      status: 'approved',
      approval: { state: 'approved', by: { hpr: '999000102', role: 'gp' }, org: '310000035', responsible: 'fastlege' },
    });
  });

  test('by the responsible hospital doctor makes the hospital responsible', () => {
    const approver = {
      hpr: '999000103',
      organisation: '310000027',
      role: 'hospital',
      name: 'Per Testoverlege',
    } as const;
    expect(
      ruleSetFromCarePlan(resources(approve(facts({ approver, hospitalDoctors: ['999000103'] })))[0]!).approval
        ?.responsible,
    ).toBe('sykehus');
  });

  test('for the trial period only is interim', () => {
    expect(ruleSetFromCarePlan(resources(approve(facts({ interim: true })))[0]!).status).toBe('interim');
  });

  test.each<[string, Partial<ApprovalFacts>, string]>([
    ["a doctor who is not the patient's GP", { approver: { ...gp, hpr: '999000199' } }, 'forbidden'],
    ['a hospital doctor without responsibility', { approver: { ...gp, role: 'hospital' } }, 'forbidden'],
    [
      'the author of the plan',
      { carePlan: { ...plan, author: { identifier: { system: 'urn:oid:2.16.578.1.12.4.1.4.4', value: gp.hpr } } } },
      'forbidden',
    ],
    ['no If-Match', { ifMatch: undefined }, 'precondition'],
    ['another version than the submitted one', { ifMatch: 4, carePlan: stored(plan, 4) }, 'precondition'],
    ['content that differs from what was submitted', { carePlan: { ...plan, description: 'changed' } }, 'precondition'],
    ['a Task that has been answered', { task: { ...submit(), status: 'completed' } }, 'conflict'],
    [
      'a second plan in force beside the first',
      { otherInForce: [{ ...plan, id: 'old', status: 'active' }] },
      'conflict',
    ],
    [
      'a predecessor that is not in force',
      {
        carePlan: { ...plan, replaces: [{ reference: 'CarePlan/old' }] },
        task: submit({ ...plan, replaces: [{ reference: 'CarePlan/old' }] }),
      },
      'conflict',
    ],
  ])('is refused for %s', (_name, more, category) => {
    const base = facts(more);
    const authored =
      more.carePlan?.author === undefined || more.task !== undefined
        ? base
        : {
            ...base,
            task:
              more.carePlan === undefined || more.carePlan.description !== undefined || more.ifMatch !== undefined
                ? base.task
                : submit(more.carePlan),
          };
    expect(failure(approve(authored)).category).toBe(category);
  });

  test("a GP of the patient's office may approve where no person is named", () => {
    const office = { ...patient, generalPractitioner: [{ reference: 'Organization/office' }] };
    const resolved = [
      {
        resourceType: 'Organization',
        id: 'office',
        identifier: [{ system: 'urn:oid:2.16.578.1.12.4.1.4.101', value: '310000035' }],
      },
    ];
    expect(resources(approve(facts({ patient: office, resolved })))[0]).toMatchObject({ status: 'active' });
  });

  test('the GP may be named through a PractitionerRole', () => {
    const byRole = { ...patient, generalPractitioner: [{ reference: 'PractitionerRole/r' }] };
    const resolved = [
      { resourceType: 'PractitionerRole', id: 'r', practitioner: { reference: 'Practitioner/kari' } },
      {
        resourceType: 'Practitioner',
        id: 'kari',
        identifier: [{ system: 'urn:oid:2.16.578.1.12.4.1.4.4', value: '999000102' }],
      },
    ];
    expect(resources(approve(facts({ patient: byRole, resolved })))[0]).toMatchObject({ status: 'active' });
  });
});

describe('CarePlan/$reject', () => {
  test('sends the plan back with the reason; it stays a draft', () => {
    expect(resources(rejectPlan({ ...facts(), reason: 'For lav grense' }))).toMatchObject([
      { resourceType: 'Task', status: 'rejected', statusReason: { text: 'For lav grense' } },
    ]);
  });

  test('needs a reason', () => {
    expect(failure(rejectPlan({ ...facts(), reason: ' ' })).category).toBe('unprocessable');
  });

  test('without a version, or of the version that was looked at', () => {
    const reason = 'For lav grense';
    expect(resources(rejectPlan({ ...facts(), ifMatch: undefined, reason }))).toHaveLength(1);
    expect(failure(rejectPlan({ ...facts(), ifMatch: 99, reason })).category).toBe('precondition');
  });
});
