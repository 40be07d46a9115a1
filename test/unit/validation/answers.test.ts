// https://hl7.org/fhir/R4/questionnaireresponse.html#notes
import { checkAnswers } from '../../../src/validation/answers/check-answers.js';

type Json = Record<string, unknown>;
const r4 = (name: string): string => `http://hl7.org/fhir/StructureDefinition/${name}`;
const extension = (name: string, value: Json): Json => ({ extension: [{ url: r4(name), ...value }] });

const questionnaire: Json = {
  subjectType: ['Patient'],
  item: [
    { linkId: 'smoker', type: 'boolean', required: true },
    {
      linkId: 'packs',
      type: 'decimal',
      required: true,
      enableWhen: [{ question: 'smoker', operator: '=', answerBoolean: true }],
      ...extension('maxValue', { valueDecimal: 5 }),
    },
    {
      linkId: 'group',
      type: 'group',
      repeats: true,
      item: [
        { linkId: 'name', type: 'string', maxLength: 5, required: true },
        {
          linkId: 'kind',
          type: 'choice',
          answerOption: [
            { valueCoding: { system: 'urn:k', code: 'a' } },
            { valueCoding: { system: 'urn:k', code: 'b' } },
          ],
          item: [{ linkId: 'why', type: 'text' }],
        },
      ],
    },
    { linkId: 'heading', type: 'display', text: 'Thank you' },
    {
      linkId: 'other',
      type: 'open-choice',
      repeats: true,
      answerOption: [{ valueString: 'one' }],
      ...extension('questionnaire-maxOccurs', { valueInteger: 2 }),
    },
    { linkId: 'set', type: 'choice', answerValueSet: 'urn:set' },
    {
      linkId: 'any',
      type: 'integer',
      enableBehavior: 'any',
      enableWhen: [
        { question: 'packs', operator: '>=', answerDecimal: 2 },
        { question: 'other', operator: 'exists', answerBoolean: false },
      ],
    },
    { linkId: 'pattern', type: 'string', ...extension('regex', { valueString: '(a+)+$' }) },
  ],
};

const answer = (linkId: string, ...values: Json[]): Json => ({ linkId, answer: values });
const yes = answer('smoker', { valueBoolean: true });
const no = answer('smoker', { valueBoolean: false });
const packs = answer('packs', { valueDecimal: 1 });

const cases: readonly (readonly [title: string, item: readonly Json[], ...found: string[]])[] = [
  ['all that must be there', [yes, packs]],
  ['what is not asked need not be there', [no]],
  ['a required answer is missing', [], 'required R.item'],
  ['what the other answers ask for is missing', [yes], 'required R.item'],
  ['an answer to what is not asked', [no, packs], 'business-rule R.item[1]'],
  ['a question that there is not', [no, answer('x', { valueString: '1' })], 'not-found R.item[1].linkId'],
  ['another order', [packs, yes], 'structure R.item[1]'],
  ['another type', [answer('smoker', { valueString: 'yes' })], 'structure R.item[0].answer[0].value'],
  [
    'two answers',
    [answer('smoker', { valueBoolean: false }, { valueBoolean: true }), packs],
    'structure R.item[0].answer',
  ],
  ['the same item twice', [no, no], 'structure R.item'],
  ['more than the greatest value', [yes, answer('packs', { valueDecimal: 5.5 })], 'value R.item[1].answer[0].value'],
  ['a whole number where a decimal is asked', [yes, answer('packs', { valueInteger: 5 })]],
  [
    'a group twice',
    [
      no,
      { linkId: 'group', item: [answer('name', { valueString: 'a' })] },
      { linkId: 'group', item: [answer('name', { valueString: 'b' })] },
    ],
  ],
  [
    'a group without what it must have',
    [no, { linkId: 'group', item: [answer('kind', { valueCoding: { system: 'urn:k', code: 'a' } })] }],
    'required R.item[1].item',
  ],
  [
    'a text that is too long',
    [no, { linkId: 'group', item: [answer('name', { valueString: 'longer' })] }],
    'too-long R.item[1].item[0].answer[0].value',
  ],
  [
    'a choice that is not offered',
    [
      no,
      {
        linkId: 'group',
        item: [answer('name', { valueString: 'a' }), answer('kind', { valueCoding: { system: 'urn:k', code: 'z' } })],
      },
    ],
    'code-invalid R.item[1].item[1].answer[0].value',
  ],
  [
    'a question below an answer',
    [
      no,
      {
        linkId: 'group',
        item: [
          answer('name', { valueString: 'a' }),
          answer('kind', { valueCoding: { system: 'urn:k', code: 'a' }, item: [answer('why', { valueString: 'x' })] }),
        ],
      },
    ],
  ],
  [
    'a question beside the answer',
    [
      no,
      {
        linkId: 'group',
        item: [answer('name', { valueString: 'a' }), { linkId: 'kind', item: [answer('why', { valueString: 'x' })] }],
      },
    ],
    'structure R.item[1].item[1].item',
  ],
  [
    'a group with an answer',
    [no, { linkId: 'group', answer: [{ valueString: 'x' }], item: [answer('name', { valueString: 'a' })] }],
    'structure R.item[1].answer',
  ],
  ['an item that only tells something', [no, { linkId: 'heading' }]],
  ['another text', [no, { linkId: 'heading', text: 'Goodbye' }], 'value R.item[1].text'],
  ['an open choice', [no, answer('other', { valueString: 'one' }, { valueString: 'else' })]],
  [
    'more often than allowed',
    [no, answer('other', { valueString: '1' }, { valueString: '2' }, { valueString: '3' })],
    'structure R.item',
  ],
  ['a code of the value set', [no, answer('set', { valueCoding: { system: 'urn:s', code: 'in' } })]],
  [
    'a code outside the value set',
    [no, answer('set', { valueCoding: { system: 'urn:s', code: 'out' } })],
    'code-invalid R.item[1].answer[0].value',
  ],
  [
    'a code that cannot be told',
    [no, answer('set', { valueCoding: { system: 'urn:s', code: 'maybe' } })],
    'incomplete R.item[1].answer[0].value',
  ],
  ['any of two conditions', [no, answer('any', { valueInteger: 1 })]],
  [
    'none of two conditions',
    [no, answer('other', { valueString: 'x' }), answer('any', { valueInteger: 1 })],
    'business-rule R.item[2]',
  ],
  [
    'an expression of the question',
    [no, answer('pattern', { valueString: 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!' })],
    'incomplete R.item[1].answer[0].value',
  ],
];

const isAnswer = (_set: string, _system: string | undefined, code: string): boolean | undefined =>
  code === 'maybe' ? undefined : code === 'in';

test.each(cases)('%s', (_title, item, ...found) => {
  const issues = checkAnswers({ status: 'completed', item }, questionnaire, 'R', isAnswer);
  expect(issues.map(({ code, expression }) => `${code} ${expression![0]}`)).toEqual(found);
});

test('what is in progress may lack answers', () => {
  expect(checkAnswers({ status: 'in-progress', item: [] }, questionnaire, 'R', isAnswer)).toEqual([]);
});

test('the subject is of the type that the Questionnaire is about', () => {
  const response = { status: 'in-progress', subject: { reference: 'Group/1' } };
  expect(checkAnswers(response, questionnaire, 'R', isAnswer)).toMatchObject([{ expression: ['R.subject'] }]);
});
