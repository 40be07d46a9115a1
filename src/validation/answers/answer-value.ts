// https://hl7.org/fhir/R4/questionnaire.html#answer-values
import type { IssueCode } from '../../kernel/failure.js';
import type { JsonObject } from '../visit.js';
import { compareToLimit } from '../profile/value-limits.js';
import { isNumber, literalOf } from '../../fhir/json-number.js';
import { isSame } from './enable-when.js';
import { extensionValue, objects, valueOf } from './items.js';

/** Whether a code is among those that a Questionnaire's `answerValueSet` names; undefined where that cannot be told. */
export type IsAnswer = (valueSet: string, system: string | undefined, code: string) => boolean | undefined;

export interface AnswerProblem {
  readonly severity: 'error' | 'information';
  readonly code: IssueCode;
  readonly what: string;
}

/** What types of value an item of a type is answered with, as JSON names say them. */
const typesOf: Readonly<Record<string, readonly string[]>> = {
  boolean: ['Boolean'],
  decimal: ['Decimal', 'Integer'],
  integer: ['Integer'],
  date: ['Date'],
  dateTime: ['DateTime'],
  time: ['Time'],
  string: ['String'],
  text: ['String'],
  url: ['Uri'],
  choice: ['Coding'],
  'open-choice': ['Coding', 'String'],
  attachment: ['Attachment'],
  reference: ['Reference'],
  quantity: ['Quantity'],
};

const r4 = (name: string): string => `http://hl7.org/fhir/StructureDefinition/${name}`;

/** What of one answer does not fit the question. */
export function answerProblems(answer: JsonObject, question: JsonObject, isAnswer: IsAnswer): readonly AnswerProblem[] {
  const given = valueOf(answer);
  if (given === undefined) return [];
  const problems: AnswerProblem[] = [];
  const wrong = (code: IssueCode, what: string): number => problems.push({ severity: 'error', code, what });
  const kind = String(question.type);
  const options = objects(question, 'answerOption').flatMap((option) => valueOf(option) ?? []);
  const isChoice = kind === 'choice' || kind === 'open-choice';
  const types = [...(typesOf[kind] ?? []), ...(isChoice ? options.map(({ type }) => type) : [])];
  if (!types.includes(given.type)) {
    wrong('structure', `This question takes ${[...new Set(types)].map(named).join(' or ') || 'no answer'}.`);
    return problems;
  }
  const isOpen = kind === 'open-choice' && given.type === 'String';
  if (options.length > 0 && !isOpen && !options.some((option) => isSame(given.value, option.value)))
    wrong('code-invalid', 'This is none of the answers that the question offers.');
  if (typeof question.answerValueSet === 'string' && given.type === 'Coding')
    checkMember(given.value as JsonObject, question.answerValueSet, isAnswer, problems);
  const { maxLength } = question;
  if (isNumber(maxLength) && typeof given.value === 'string' && given.value.length > Number(literalOf(maxLength)))
    wrong('too-long', `The answer may be at most ${literalOf(maxLength)} characters long.`);
  const least = extensionValue(question, r4('minLength'));
  if (isNumber(least) && typeof given.value === 'string' && given.value.length < Number(literalOf(least)))
    wrong('value', `The answer must be at least ${literalOf(least)} characters long.`);
  if (compareToLimit(given.value, extensionValue(question, r4('minValue'))) === -1)
    wrong('value', 'The answer is less than the question allows.');
  if (compareToLimit(given.value, extensionValue(question, r4('maxValue'))) === 1)
    wrong('value', 'The answer is more than the question allows.');
  const places = extensionValue(question, r4('maxDecimalPlaces'));
  if (isNumber(places) && isNumber(given.value) && decimals(literalOf(given.value)) > Number(literalOf(places)))
    wrong('value', `The answer may have at most ${literalOf(places)} decimals.`);
  // An expression of a client's could keep the server busy for ever.
  if (extensionValue(question, r4('regex')) !== undefined)
    problems.push({
      severity: 'information',
      code: 'incomplete',
      what: 'The answer was not held against the regular expression of the question.',
    });
  return problems;
}

function checkMember(coding: JsonObject, valueSet: string, isAnswer: IsAnswer, problems: AnswerProblem[]): void {
  const system = typeof coding.system === 'string' ? coding.system : undefined;
  const answer = typeof coding.code === 'string' ? isAnswer(valueSet, system ?? '', coding.code) : false;
  if (answer === false)
    problems.push({
      severity: 'error',
      code: 'code-invalid',
      what: `The code is not in the value set of the question, ${valueSet}.`,
    });
  if (answer === undefined)
    problems.push({
      severity: 'information',
      code: 'incomplete',
      what: `Whether the code is in the value set ${valueSet} cannot be told here.`,
    });
}

const named = (type: string): string => `value${type}`;
const decimals = (literal: string): number => /\.(\d+)/.exec(literal)?.[1]?.length ?? 0;
