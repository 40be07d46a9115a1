// https://hl7.org/fhir/uv/sdc/populate.html
import type { DemoClientId } from '../../../src/config/demo.js';
import { ManualClock } from '../../../src/kernel/clock.js';
import { type HereResponse, type HereServer, startHere } from '../../support/here.js';

const sdc = 'http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-';
const clock = new ManualClock(Date.parse('2026-03-02T12:00:00Z'));
let server: HereServer;

const put = async (type: string, id: string, content: object): Promise<void> => {
  const answer = await server.request('admin', `${type}/${id}`, {
    method: 'PUT',
    body: JSON.stringify({ resourceType: type, id, ...content }).replaceAll(/"(\d+\.\d+)"/g, '$1'),
  });
  expect([answer.status, answer.text]).toEqual([201, expect.any(String)]);
};
const weight = (date: string, value: string, more: object = {}): object => ({
  status: 'final',
  code: { coding: [{ system: 'http://loinc.org', code: '29463-7' }] },
  subject: { reference: 'Patient/filled' },
  effectiveDateTime: date,
  valueQuantity: { value, unit: 'kg', system: 'http://unitsofmeasure.org', code: 'kg' },
  ...more,
});
beforeAll(async () => {
  server = await startHere({ clock });
  await put('Patient', 'filled', {
    name: [{ use: 'official', family: 'Utfylt', given: ['Kari'] }],
    gender: 'female',
    birthDate: '1959-11-17',
    contact: [{ name: { family: 'Nær' } }, { name: { family: 'Nærmest' } }],
  });
  await put('Observation', 'old', weight('2025-01-01T08:00:00Z', '99.0'));
  await put('Observation', 'new', weight('2026-02-20T08:00:00Z', '80.50'));
  await put('Observation', 'wrong', weight('2026-02-28T08:00:00Z', '12.0', { status: 'entered-in-error' }));
});
afterAll(() => server.stop());

const path = (expression: string): object => ({
  url: `${sdc}initialExpression`,
  valueExpression: { language: 'text/fhirpath', expression },
});
const asked = (linkId: string, type: string, more: object = {}): object => ({ linkId, text: linkId, type, ...more });
const form = (item: readonly object[], more: object = {}): object => ({
  resourceType: 'Questionnaire',
  status: 'active',
  url: 'http://example.no/Questionnaire/f',
  version: '1',
  item,
  ...more,
});
const populate = (
  questionnaire: object | undefined,
  more: readonly object[] = [],
  place = 'Questionnaire/$populate',
  client: DemoClientId = 'admin',
): Promise<HereResponse> =>
  server.request(client, place, {
    body: {
      resourceType: 'Parameters',
      parameter: [
        ...(questionnaire === undefined ? [] : [{ name: 'questionnaire', resource: questionnaire }]),
        { name: 'subject', valueReference: { reference: 'Patient/filled' } },
        ...more,
      ],
    },
  });
const part = (answer: HereResponse, name: string) =>
  answer.json.parameter.find((one: { name: string }) => one.name === name)?.resource;
const period = (value: number, code: string): object => ({
  url: `${sdc}observationLinkPeriod`,
  valueDuration: { value, code, system: 'http://unitsofmeasure.org' },
});
const code = [{ system: 'http://loinc.org', code: '29463-7' }];
const options = [
  { valueCoding: { system: 'http://hl7.org/fhir/administrative-gender', code: 'female', display: 'Kvinne' } },
  { valueCoding: { system: 'http://hl7.org/fhir/administrative-gender', code: 'male', display: 'Mann' } },
];

test.each<[what: string, item: object, expected: unknown]>([
  ['an initial value', asked('a', 'boolean', { initial: [{ valueBoolean: true }] }), [{ valueBoolean: true }]],
  [
    'several initial values',
    asked('a', 'string', { repeats: true, initial: [{ valueString: 'x' }, { valueString: 'y' }] }),
    [{ valueString: 'x' }, { valueString: 'y' }],
  ],
  [
    'an expression',
    asked('a', 'string', { extension: [path('%patient.name.first().family')] }),
    [{ valueString: 'Utfylt' }],
  ],
  ['a date', asked('a', 'date', { extension: [path('%patient.birthDate')] }), [{ valueDate: '1959-11-17' }]],
  [
    'a number that is calculated',
    asked('a', 'integer', { extension: [path('%patient.contact.count() + 1')] }),
    [{ valueInteger: 3 }],
  ],
  ['a decimal', asked('a', 'decimal', { extension: [path('1.50')] }), [{ valueDecimal: 1.5 }]],
  [
    'a time of the draft itself',
    asked('a', 'dateTime', { extension: [path('%resource.authored')] }),
    [{ valueDateTime: '2026-03-02T12:00:00.000Z' }],
  ],
  [
    'a reference',
    asked('a', 'reference', { extension: [path('%subject')] }),
    [{ valueReference: { reference: 'Patient/filled' } }],
  ],
  [
    'a choice among options, by a bare code',
    asked('a', 'choice', { answerOption: options, extension: [path('%patient.gender')] }),
    [options[0]],
  ],
  [
    'the latest valid Observation of the period',
    asked('a', 'quantity', { code, extension: [period(1, 'mo')] }),
    [{ valueQuantity: expect.objectContaining({ value: 80.5, unit: 'kg' }) }],
  ],
  ['no Observation older than the period', asked('a', 'quantity', { code, extension: [period(3, 'd')] }), undefined],
  [
    'an initial value where nothing else is found',
    asked('a', 'quantity', { code, extension: [period(3, 'd')], initial: [{ valueQuantity: { value: 1 } }] }),
    [{ valueQuantity: { value: 1 } }],
  ],
  ['nothing for a question that nothing is known of', asked('a', 'string'), undefined],
])('%s is an answer', async (_what, item, expected) => {
  const answer = await populate(form([item]));
  expect([answer.status, part(answer, 'issues')]).toEqual([200, undefined]);
  const response = part(answer, 'response');
  expect(response.item?.[0].answer).toEqual(expected);
  expect(server.running.services.validator.validate(answer.json)).toEqual([]);
  expect(response).toMatchObject({
    questionnaire: 'http://example.no/Questionnaire/f|1',
    status: 'in-progress',
    subject: { reference: 'Patient/filled' },
  });
});

test('a decimal that is found keeps its digits', async () => {
  const { text } = await populate(form([asked('a', 'quantity', { code, extension: [period(1, 'a')] })]));
  expect(text).toContain('"value":80.50');
});

test('groups are there with what is in them, once for each thing that they are filled from', async () => {
  const context = (expression: string, language = 'text/fhirpath'): object => ({
    url: `${sdc}itemPopulationContext`,
    valueExpression: { name: 'one', language, expression },
  });
  const answer = await populate(
    form([
      asked('empty', 'group', { item: [asked('e', 'string')] }),
      asked('contact', 'group', {
        repeats: true,
        extension: [context('%patient.contact')],
        item: [asked('name', 'string', { extension: [path('%one.name.family')] }), asked('note', 'display')],
      }),
      asked('weights', 'group', {
        repeats: true,
        extension: [context('Observation?patient={{%patient.id}}&status=final&_sort=date', 'application/x-fhir-query')],
        item: [asked('kg', 'decimal', { extension: [path('%one.value.value')] })],
      }),
      asked('known', 'boolean', {
        initial: [{ valueBoolean: true }],
        item: [asked('below', 'string', { initial: [{ valueString: 'x' }] })],
      }),
    ]),
  );
  expect(part(answer, 'response').item).toEqual([
    ...['Nær', 'Nærmest'].map((valueString) => ({
      linkId: 'contact',
      text: 'contact',
      item: [{ linkId: 'name', text: 'name', answer: [{ valueString }] }],
    })),
    ...[99, 80.5].map((valueDecimal) => ({
      linkId: 'weights',
      text: 'weights',
      item: [{ linkId: 'kg', text: 'kg', answer: [{ valueDecimal }] }],
    })),
    {
      linkId: 'known',
      text: 'known',
      answer: [{ valueBoolean: true, item: [{ linkId: 'below', text: 'below', answer: [{ valueString: 'x' }] }] }],
    },
  ]);
});

test('variables and what is brought along are known by name, of the types that the form asks for', async () => {
  const questionnaire = form([asked('a', 'string', { extension: [path("%first + ' ' + %nurse.display")] })], {
    extension: [
      {
        url: `${sdc}launchContext`,
        extension: [
          { url: 'name', valueCoding: { code: 'nurse' } },
          { url: 'type', valueCode: 'Basic' },
        ],
      },
      {
        url: 'http://hl7.org/fhir/StructureDefinition/variable',
        valueExpression: { name: 'first', language: 'text/fhirpath', expression: '%patient.name.given.first()' },
      },
    ],
  });
  const context = (resource: object): object => ({
    name: 'context',
    part: [
      { name: 'name', valueString: 'nurse' },
      { name: 'content', resource },
    ],
  });
  const basic = { resourceType: 'Basic', code: { text: 'x' } };
  const answer = await populate(
    form([asked('a', 'string', { extension: [path("%first + ' ' + %nurse.code.text")] })], {
      extension: (questionnaire as { extension: object[] }).extension,
    }),
    [context(basic)],
  );
  expect(part(answer, 'response').item[0].answer).toEqual([{ valueString: 'Kari x' }]);
  const other = await populate(questionnaire, [context({ resourceType: 'Patient' })]);
  expect([other.status, other.json.issue[0].expression]).toEqual([400, ["Parameters.parameter.where(name='context')"]]);
});

test('a form that is stored is found by its id, a reference or its canonical URL', async () => {
  await put('Questionnaire', 'f', { ...form([asked('a', 'string', { initial: [{ valueString: 'x' }] })]) });
  const canonical = { name: 'canonical', valueCanonical: 'http://example.no/Questionnaire/f|1' };
  const answers = [
    await populate(undefined, [], 'Questionnaire/f/$populate'),
    await populate(undefined, [{ name: 'questionnaireRef', valueReference: { reference: 'Questionnaire/f' } }]),
    await populate(undefined, [canonical]),
    await server.request('admin', 'Questionnaire/f/$populate?subject=Patient/filled'),
  ];
  for (const answer of answers) expect(part(answer, 'response').item[0].answer).toEqual([{ valueString: 'x' }]);
  expect((await populate(undefined, [{ ...canonical, valueCanonical: 'http://example.no/none' }])).status).toBe(404);
});

test('what cannot be evaluated leaves its question open, with a warning that says where', async () => {
  const item = [
    asked('a', 'string', { extension: [path('%nobody.name')] }),
    asked('b', 'string', { extension: [path("%patient.name.family.matches('(a+)+$')")] }),
    asked('c', 'integer', { extension: [path('%patient.name.family')] }),
    asked('d', 'string', { initial: [{ valueString: 'still' }] }),
  ];
  const answer = await populate(form(item));
  expect(part(answer, 'response').item.map(({ linkId }: { linkId: string }) => linkId)).toEqual(['d']);
  const places = part(answer, 'issues').issue.map(
    ({ severity, expression }: { severity: string; expression: string[] }) => [severity, expression[0]],
  );
  expect(places).toEqual([0, 1, 2].map((at) => ['warning', `Questionnaire.item[${at}]`]));
});

test('without local=true data nothing is looked up, and nobody gets what it may not see', async () => {
  const item = [asked('a', 'quantity', { code, extension: [period(1, 'a')] })];
  const without = await populate(form(item), [{ name: 'local', valueBoolean: false }]);
  expect(part(without, 'response').item).toBeUndefined();
  expect((await populate(form(item), [], 'Questionnaire/$populate', 'gp')).status).toBe(404);
});

test.each<[what: string, parameter: readonly object[], status: number]>([
  ['no form', [{ name: 'subject', valueReference: { reference: 'Patient/filled' } }], 400],
  ['no subject', [{ name: 'questionnaire', resource: form([]) }], 400],
  [
    'a subject of another type than the form is about',
    [
      { name: 'questionnaire', resource: { ...form([asked('a', 'string')]), subjectType: ['Device'] } },
      { name: 'subject', valueReference: { reference: 'Patient/filled' } },
    ],
    400,
  ],
  [
    'a context without a name',
    [
      { name: 'questionnaire', resource: form([asked('a', 'string')]) },
      { name: 'subject', valueReference: { reference: 'Patient/filled' } },
      { name: 'context', part: [{ name: 'content', resource: { resourceType: 'Patient' } }] },
    ],
    400,
  ],
])('%s is refused', async (_what, parameter, status) => {
  const answer = await server.request('admin', 'Questionnaire/$populate', {
    body: { resourceType: 'Parameters', parameter },
  });
  expect([answer.status, answer.json.resourceType]).toEqual([status, 'OperationOutcome']);
});
