import { answerOf, type Answers, asked, initialAnswers, responseOf } from '../../../src/web/pages/form/answers.js';
import type { Answer, EnableWhen, Item } from '../../../src/web/pages/form/questionnaire.js';
import { attemptName } from '../../../src/web/pages/fhir/attempt.js';
import { inSentence } from '../../../src/web/pages/words/dates.js';

const answers = (given: Readonly<Record<string, readonly Answer[]>>): Answers => new Map(Object.entries(given));
const coding = (code: string) => ({ system: 'http://example.org/answers', code });

describe('a question is asked when its condition is met', () => {
  const when = (condition: EnableWhen, given: readonly Answer[]): boolean =>
    asked(
      [
        { linkId: 'a', type: 'integer' },
        { linkId: 'b', type: 'string', enableWhen: [condition] },
      ],
      answers({ a: given }),
    ).has('b');

  test.each<[EnableWhen['operator'], string, unknown, Answer[], boolean]>([
    ['exists', 'answerBoolean', true, [], false],
    ['exists', 'answerBoolean', true, [{ valueInteger: 0 }], true],
    ['exists', 'answerBoolean', false, [], true],
    ['=', 'answerBoolean', true, [{ valueBoolean: true }], true],
    ['=', 'answerBoolean', true, [{ valueBoolean: false }], false],
    ['=', 'answerInteger', 2, [{ valueInteger: 1 }, { valueInteger: 2 }], true],
    ['!=', 'answerInteger', 2, [{ valueInteger: 1 }, { valueInteger: 2 }], false],
    ['!=', 'answerInteger', 2, [{ valueInteger: 1 }], true],
    ['>', 'answerInteger', 4, [{ valueInteger: 4 }], false],
    ['>', 'answerInteger', 4, [{ valueInteger: 5 }], true],
    ['>=', 'answerInteger', 4, [{ valueInteger: 4 }], true],
    ['<', 'answerDate', '2026-03-02', [{ valueDate: '2026-03-01' }], true],
    ['<=', 'answerDecimal', 37.5, [{ valueDecimal: 37.6 }], false],
    ['=', 'answerCoding', coding('x'), [{ valueCoding: { ...coding('x'), display: 'X' } }], true],
    ['=', 'answerCoding', coding('x'), [{ valueCoding: { system: 'urn:other', code: 'x' } }], false],
    ['>', 'answerCoding', coding('x'), [{ valueCoding: coding('y') }], false],
    ['=', 'answerQuantity', { value: 2, code: 'h' }, [{ valueQuantity: { value: 2, code: 'h' } }], true],
    ['=', 'answerQuantity', { value: 2, code: 'h' }, [{ valueQuantity: { value: 2, code: 'd' } }], false],
  ])('%s %s %j of %j: %s', (operator, name, expected, given, met) => {
    expect(when({ question: 'a', operator, [name]: expected }, given)).toBe(met);
  });

  test('all or any of several conditions', () => {
    const item = (enableBehavior: 'all' | 'any'): Item => ({
      linkId: 'c',
      type: 'string',
      enableBehavior,
      enableWhen: ['a', 'b'].map((question) => ({ question, operator: '=', answerBoolean: true })),
    });
    const given = answers({ a: [{ valueBoolean: true }] });
    const others: Item[] = ['a', 'b'].map((linkId) => ({ linkId, type: 'boolean' }));
    expect(asked([...others, item('all')], given).has('c')).toBe(false);
    expect(asked([...others, item('any')], given).has('c')).toBe(true);
  });

  test('what hangs on a question that is not asked is not asked, whatever was answered before', () => {
    const chain: Item[] = [
      { linkId: 'a', type: 'boolean' },
      { linkId: 'b', type: 'boolean', enableWhen: [{ question: 'a', operator: '=', answerBoolean: true }] },
      { linkId: 'c', type: 'string', enableWhen: [{ question: 'b', operator: '=', answerBoolean: true }] },
    ];
    const given = answers({ a: [{ valueBoolean: false }], b: [{ valueBoolean: true }], c: [{ valueString: 'gone' }] });
    expect([...asked(chain, given)]).toEqual(['a']);
    const sent = responseOf({ resourceType: 'Questionnaire', id: '1', item: chain }, given, {
      patient: '1',
      authored: '2026-03-01T08:00:00Z',
      sent: 'urn:uuid:1',
    });
    expect(sent.item.map(({ linkId }) => linkId)).toEqual(['a']);
  });

  test('conditions that chase each other come to an end', () => {
    const ring: Item[] = [
      { linkId: 'a', type: 'boolean', enableWhen: [{ question: 'b', operator: 'exists', answerBoolean: false }] },
      { linkId: 'b', type: 'boolean', enableWhen: [{ question: 'a', operator: 'exists', answerBoolean: true }] },
    ];
    expect(asked(ring, answers({ a: [{ valueBoolean: true }], b: [{ valueBoolean: true }] })).size).toBeLessThan(3);
  });
});

describe('the response', () => {
  const items: Item[] = [
    {
      linkId: 'g',
      type: 'group',
      text: 'Pusten',
      item: [
        {
          linkId: 'worse',
          type: 'boolean',
          text: 'Er den verre?',
          item: [{ linkId: 'since', type: 'date', text: 'Siden når?' }],
        },
        { linkId: 'colour', type: 'choice', repeats: true, answerOption: [] },
      ],
    },
    { linkId: 'empty', type: 'group', item: [{ linkId: 'nothing', type: 'string' }] },
    { linkId: 'words', type: 'display', text: 'Takk' },
  ];
  const sent = responseOf(
    {
      resourceType: 'Questionnaire',
      id: '1',
      url: 'http://x.example/Questionnaire/day',
      version: '1.0',
      language: 'nb',
      item: items,
    },
    answers({
      worse: [{ valueBoolean: true }],
      since: [{ valueDate: '2026-02-27' }],
      colour: [{ valueCoding: coding('a') }, { valueCoding: coding('b') }],
    }),
    { patient: '1', authored: '2026-03-01T08:00:00Z', sent: 'urn:uuid:1' },
  );

  test('is nested as the questions are: below a group in item, below a question in its answer', () => {
    expect(sent.item).toEqual([
      {
        linkId: 'g',
        text: 'Pusten',
        item: [
          {
            linkId: 'worse',
            text: 'Er den verre?',
            answer: [
              {
                valueBoolean: true,
                item: [{ linkId: 'since', text: 'Siden når?', answer: [{ valueDate: '2026-02-27' }] }],
              },
            ],
          },
          { linkId: 'colour', answer: [{ valueCoding: coding('a') }, { valueCoding: coding('b') }] },
        ],
      },
    ]);
  });

  test('says which version was answered, of whom and by whom, and has a name of its own', () => {
    expect(sent).toMatchObject({
      questionnaire: 'http://x.example/Questionnaire/day|1.0',
      status: 'completed',
      subject: { reference: 'Patient/1' },
      author: { reference: 'Patient/1' },
      source: { reference: 'Patient/1' },
      identifier: { system: 'urn:ietf:rfc:3986', value: 'urn:uuid:1' },
    });
    expect(attemptName()).toMatch(/^urn:uuid:[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
  });

  test('a choice takes its score along, also where that stands beside the coding', () => {
    const score = { url: 'http://hl7.org/fhir/StructureDefinition/ordinalValue', valueDecimal: 3 };
    expect(answerOf({ valueCoding: coding('a'), extension: [score], initialSelected: true })).toEqual({
      valueCoding: { ...coding('a'), extension: [score] },
    });
  });

  test('what the form fills in beforehand is there from the start', () => {
    const given = initialAnswers([
      { linkId: 'a', type: 'integer', initial: [{ valueInteger: 1 }] },
      {
        linkId: 'b',
        type: 'choice',
        answerOption: [{ valueCoding: coding('x') }, { valueCoding: coding('y'), initialSelected: true }],
      },
    ]);
    expect([...given]).toEqual([
      ['a', [{ valueInteger: 1 }]],
      ['b', [{ valueCoding: coding('y') }]],
    ]);
  });
});

test.each([
  ['Kroppstemperatur', 'kroppstemperatur'],
  ['CRP', 'CRP'],
  ['SpO2 i hvile', 'SpO2 i hvile'],
])('%s stands in a sentence as %s', (title, text) => {
  expect(inSentence(title)).toBe(text);
});
