import { parseJson } from '../../../src/fhir/json.js';
import type { Resource } from '../../../src/fhir/resource.js';
import { inputsFor } from '../../../src/followup/intake/inputs-for.js';
import { carePlanFromRuleSet } from '../../../src/followup/plan/care-plan-from-rule-set.js';
import { parseRuleSet } from '../../../src/followup/ruleset/parse-rule-set.js';
import { minute, monday } from './follow-up-world.js';

const limits = { decimals: 0, zones: [{ zone: 'green', when: [{ ge: '1' }] }] };
const plan = parseRuleSet({
  status: 'approved',
  approval: { state: 'approved' },
  measures: {
    spo2: { code: ['loinc|2708-6', 'sct|431314004'], unit: '%', ...limits },
    bp: {
      code: ['loinc|85354-9'],
      components: {
        sys: { code: ['loinc|8480-6'], unit: 'mm[Hg]', ...limits },
        dia: { code: ['loinc|8462-4'], unit: 'mm[Hg]', ...limits },
      },
    },
  },
  rules: [{ id: 'a', type: 'answer', questionnaire: 'kols-daily', linkId: 'dyspnoea', equals: true, colour: 'red' }],
  schedules: [{ id: 'walk', for: 'walk', times: ['12:00'], before: 'PT6H', after: 'PT8H' }],
});
const received = monday + minute;
const facts = { plan, source: 'Observation/1', received };
const loinc = (code: string) => ({ coding: [{ system: 'http://loinc.org', code }] });
const percent = (value: unknown) => ({ value, unit: '%', system: 'http://unitsofmeasure.org', code: '%' });
const spo2: Resource = {
  resourceType: 'Observation',
  id: '1',
  status: 'final',
  code: loinc('2708-6'),
  effectiveDateTime: '2026-03-02T09:00:00+01:00',
  valueQuantity: percent(89),
};
const create = (resource: object, more: object = {}) =>
  inputsFor({ op: 'create', resource: resource as Resource }, undefined, { ...facts, ...more });
const update = (before: object, resource: object, more: object = {}) =>
  inputsFor({ op: 'update', resource: resource as Resource }, before as Resource, { ...facts, ...more });

describe('an Observation', () => {
  test("becomes a reading of the plan's measure", () => {
    expect(create(spo2)).toEqual({
      before: [],
      after: [{ type: 'obs', t: monday, received, source: 'Observation/1', measure: 'spo2', value: '89', unit: '%' }],
    });
  });

  test.each<[string, object, object]>([
    [
      'by a national code',
      { ...spo2, code: { coding: [{ system: 'http://snomed.info/sct', code: '431314004' }] } },
      { measure: 'spo2' },
    ],
    [
      'with its precision',
      parseJson(JSON.stringify(spo2).replace('"value":89', '"value":89.0')) as object,
      { value: '89.0' },
    ],
    ['with a comparator (HI/LO)', { ...spo2, valueQuantity: { ...percent(50), comparator: '<' } }, { comparator: '<' }],
    [
      'under oxygen, told by extension',
      {
        ...spo2,
        extension: [
          { url: 'http://hjemmebro.no/fhir/StructureDefinition/dho-measure-context', valueCoding: { code: 'o2' } },
        ],
      },
      { ctx: 'o2' },
    ],
    [
      'under oxygen, told by flow',
      { ...spo2, component: [{ code: loinc('3151-8'), valueQuantity: { value: 2, code: 'L/min' } }] },
      { ctx: 'o2' },
    ],
    [
      'on room air, told by flow',
      { ...spo2, component: [{ code: loinc('3151-8'), valueQuantity: { value: 0, code: 'L/min' } }] },
      { ctx: 'air' },
    ],
    [
      'with device and identifier',
      { ...spo2, identifier: [{ system: 'http://d.no', value: '7' }], device: { identifier: { value: 'ox-7' } } },
      { identifier: 'http://d.no|7', device: 'ox-7' },
    ],
    [
      'with what the device says of it',
      {
        ...spo2,
        extension: [
          {
            url: 'http://hjemmebro.no/fhir/StructureDefinition/dho-device-status',
            valueCoding: { code: 'low-perfusion' },
          },
        ],
      },
      { status: ['low-perfusion'] },
    ],
    ['of a measure that the plan does not have', { ...spo2, code: loinc('29463-7') }, { measure: 'loinc|29463-7' }],
    ['that is preliminary', { ...spo2, status: 'preliminary' }, { value: '89' }],
    [
      'of a period, at its end',
      {
        ...spo2,
        effectiveDateTime: undefined,
        effectivePeriod: { start: '2026-03-02T08:50:00+01:00', end: '2026-03-02T09:00:00+01:00' },
      },
      { t: monday },
    ],
    [
      'a little ahead of our clock, as received',
      { ...spo2, effectiveDateTime: '2026-03-02T09:03:00+01:00' },
      { t: received },
    ],
    [
      'of two components',
      {
        ...spo2,
        code: loinc('85354-9'),
        valueQuantity: undefined,
        component: [
          { code: loinc('8480-6'), valueQuantity: { value: 88, code: 'mm[Hg]' } },
          { code: loinc('8462-4'), valueQuantity: { value: 50, code: 'mm[Hg]' } },
        ],
      },
      { measure: 'bp', components: { sys: { value: '88', unit: 'mm[Hg]' }, dia: { value: '50', unit: 'mm[Hg]' } } },
    ],
  ])('%s', (_name, observation, expected) => {
    expect(create(observation).after).toMatchObject([{ type: 'obs', ...expected }]);
  });

  test('without a value reaches the engine, which says so', () => {
    const [input] = create({ ...spo2, valueQuantity: undefined, dataAbsentReason: { text: 'error' } }).after;
    expect(input).not.toHaveProperty('value');
    expect(input).toMatchObject({ type: 'obs', measure: 'spo2' });
  });

  test.each(['registered', 'cancelled', 'entered-in-error'])('that is %s is not judged', (status) => {
    expect(create({ ...spo2, status })).toEqual({ before: [], after: [] });
  });

  test.each([
    ['missing', undefined],
    ['a month', '2026-03'],
    ['ten minutes ahead', '2026-03-02T09:11:01+01:00'],
  ])('whose time is %s is technical and not in the series', (_name, effectiveDateTime) => {
    expect(create({ ...spo2, effectiveDateTime })).toMatchObject({
      after: [],
      untimely: { of: 'spo2', source: 'Observation/1' },
    });
  });

  const withdrawn = [
    {
      type: 'correct',
      t: received,
      source: 'Observation/1',
      identifier: 'Observation/1',
      resource: 'Observation/1',
      status: 'entered-in-error',
    },
  ];

  test('that is corrected withdraws the old value and is judged anew', () => {
    expect(update(spo2, { ...spo2, status: 'corrected', valueQuantity: percent(98) })).toMatchObject({
      before: withdrawn,
      after: [{ type: 'obs', value: '98' }],
    });
  });

  test('is withdrawn under its identifier, where it has one', () => {
    const identified = { ...spo2, identifier: [{ system: 's', value: '7' }] };
    expect(update(identified, { ...identified, status: 'entered-in-error' })).toMatchObject({
      before: [{ type: 'correct', identifier: 's|7' }],
      after: [],
    });
  });

  test('that is deleted is withdrawn', () => {
    expect(inputsFor({ op: 'delete', type: 'Observation', id: '1' }, spo2, facts)).toEqual({
      before: withdrawn,
      after: [],
    });
  });

  test('that moves to another patient is withdrawn from one and judged for the other', () => {
    expect(
      update({ ...spo2, subject: { reference: 'Patient/a' } }, { ...spo2, subject: { reference: 'Patient/b' } }),
    ).toMatchObject({ before: withdrawn, after: [{ type: 'obs' }] });
  });

  test('that is registered first is judged when it is final', () => {
    expect(update({ ...spo2, status: 'registered' }, spo2)).toMatchObject({ before: [], after: [{ type: 'obs' }] });
  });

  test('that becomes final with the same content means nothing new', () => {
    expect(update({ ...spo2, status: 'preliminary' }, { ...spo2, note: [{ text: 'x' }] })).toEqual({
      before: [],
      after: [],
    });
  });
});

describe('a QuestionnaireResponse', () => {
  const form = {
    resourceType: 'QuestionnaireResponse',
    status: 'completed',
    authored: '2026-03-02T09:00:00+01:00',
    questionnaire: 'http://hjemmebro.no/fhir/Questionnaire/kols-daily|1.0',
    item: [
      {
        linkId: 'group',
        item: [
          { linkId: 'dyspnoea', answer: [{ valueBoolean: true }] },
          { linkId: 'pain', answer: [{ valueInteger: 4 }] },
        ],
      },
      {
        linkId: 'choice',
        answer: [
          {
            valueCoding: {
              code: 'c',
              extension: [{ url: 'http://hl7.org/fhir/StructureDefinition/ordinalValue', valueDecimal: 3 }],
            },
          },
        ],
      },
      { linkId: 'unanswered' },
    ],
  };

  test('becomes answers by linkId: yes/no, numbers, scores, and null where none was given', () => {
    expect(create(form, { source: 'QuestionnaireResponse/1' }).after).toEqual([
      {
        type: 'qr',
        t: monday,
        received,
        source: 'QuestionnaireResponse/1',
        questionnaire: 'kols-daily',
        answers: { dyspnoea: true, pain: '4', choice: '3', unanswered: null },
      },
    ]);
  });

  test('keeps all answers of an item that has several, and says when a member of staff wrote it', () => {
    const item = [{ linkId: 'signs', answer: [{ valueCoding: { code: 'cough' } }, {}, { valueInteger: 2 }] }];
    expect(create({ ...form, item, author: { reference: 'PractitionerRole/1' } }).after).toMatchObject([
      { answers: { signs: ['cough', '2'] }, byStaff: true },
    ]);
    expect(create({ ...form, author: { reference: 'Patient/1' } }).after[0]).not.toHaveProperty('byStaff');
  });

  test('is judged when it is completed, not while it is in progress', () => {
    expect(create({ ...form, status: 'in-progress' }).after).toEqual([]);
    expect(update({ ...form, status: 'in-progress' }, form).after).toHaveLength(1);
    expect(update(form, { ...form, status: 'amended', item: [] })).toMatchObject({
      before: [{ type: 'correct' }],
      after: [{ type: 'qr' }],
    });
  });
});

describe('other resources', () => {
  const message = {
    resourceType: 'Communication',
    status: 'completed',
    sender: { reference: 'Patient/ola' },
    sent: '2026-03-02T09:00:00+01:00',
  };

  test('a message from the patient opens its thread, an answer belongs to the one it answers', () => {
    expect(create(message, { source: 'Communication/9' }).after).toMatchObject([
      { type: 'message', thread: '9', t: monday },
    ]);
    expect(
      create({ ...message, inResponseTo: [{ reference: 'Communication/7' }] }, { source: 'Communication/9' }).after,
    ).toMatchObject([{ thread: '7' }]);
  });

  test('a message from the centre, or one in preparation, means nothing', () => {
    expect(create({ ...message, sender: { reference: 'Organization/centre' } }).after).toEqual([]);
    expect(create({ ...message, status: 'preparation' }).after).toEqual([]);
  });

  test('a task of the schedule that is done', () => {
    const task = { resourceType: 'Task', status: 'requested', code: { text: 'walk' } };
    expect(
      update(task, { ...task, status: 'completed', executionPeriod: { end: '2026-03-02T09:00:00+01:00' } }).after,
    ).toMatchObject([{ type: 'taskdone', for: 'walk', t: monday }]);
    expect(update(task, { ...task, status: 'completed', code: { text: 'other' } }).after).toEqual([]);
  });

  const episode = {
    resourceType: 'EpisodeOfCare',
    status: 'active',
    type: [{ coding: [{ system: 'http://hjemmebro.no/fhir/CodeSystem/dho-service', code: '103' }] }],
  };
  const pause = {
    url: 'http://hjemmebro.no/fhir/StructureDefinition/dho-pause',
    extension: [
      { url: 'mode', valueCode: 'all' },
      { url: 'plannedEnd', valueDateTime: '2026-03-09T08:00:00Z' },
    ],
  };
  test.each<[string, string, object, object[]]>([
    ['starts', 'planned', episode, [{ type: 'start' }]],
    ['resumes', 'onhold', episode, [{ type: 'resume' }]],
    [
      'pauses',
      'active',
      { ...episode, status: 'onhold', extension: [pause] },
      [{ type: 'pause', mode: 'all', end: Date.parse('2026-03-09T08:00:00Z') }],
    ],
    ['ends, as a pause of everything', 'active', { ...episode, status: 'finished' }, [{ type: 'pause', mode: 'all' }]],
    ['is cancelled before it started', 'planned', { ...episode, status: 'cancelled' }, []],
    ['changes something else', 'active', { ...episode, careManager: {} }, []],
  ])('an episode %s', (_name, status, after, expected) => {
    expect(update({ ...episode, status }, after).after).toMatchObject(expected);
  });

  test('a plan that comes into force is told with the version it gets; a draft is not told', () => {
    const inForce = carePlanFromRuleSet(plan, { id: 'p', subject: { reference: 'Patient/ola' } });
    expect(
      update({ ...inForce, status: 'draft', meta: { versionId: '3' } }, inForce, { source: 'CarePlan/p' }).after,
    ).toMatchObject([{ type: 'plan', plan: { id: 'p', version: 4, status: 'approved' } }]);
    expect(create({ ...inForce, status: 'draft' }).after).toEqual([]);
  });

  test('an active plan without approval is told as a draft', () => {
    const { extension, ...bare } = carePlanFromRuleSet(plan, { id: 'p', subject: { reference: 'Patient/ola' } });
    const unapproved = {
      ...bare,
      extension: (extension as { url: string }[]).filter((one) => !one.url.endsWith('dho-approval')),
    };
    expect(create(unapproved, { source: 'CarePlan/p' }).after).toMatchObject([
      { type: 'plan', plan: { status: 'draft' } },
    ]);
  });

  test('an alert that a person closes', () => {
    const issue = {
      resourceType: 'DetectedIssue',
      status: 'preliminary',
      extension: [
        {
          url: 'http://hjemmebro.no/fhir/StructureDefinition/dho-alert',
          extension: [{ url: 'rule', valueString: 'spo2-zone' }],
        },
      ],
    };
    expect(update(issue, { ...issue, status: 'final' }).after).toMatchObject([{ type: 'close', rule: 'spo2-zone' }]);
    expect(update(issue, { ...issue, status: 'cancelled' }).after).toEqual([]);
  });
});
