// https://hl7.org/fhir/R4/questionnaireresponse.html#notes – answers held against the questions
import type { Issue, IssueCode } from '../../kernel/failure.js';
import type { JsonObject } from '../visit.js';
import { isNumber, literalOf } from '../../fhir/json-number.js';
import { answerProblems, type IsAnswer } from './answer-value.js';
import { isEnabled } from './enable-when.js';
import { extensionValue, objects, textOf, valueOf } from './items.js';

const mostIssues = 100;
const deepest = 30;

/**
 * What of a QuestionnaireResponse does not fit its Questionnaire: questions that there are not, in another order or place, types
 * and choices of answers, how many there are, required ones that are missing (once it is completed), answers to what is not
 * asked.
 *
 * @param at FHIRPath of the response
 */
export function checkAnswers(
  response: JsonObject,
  questionnaire: JsonObject,
  at: string,
  isAnswer: IsAnswer,
): readonly Issue[] {
  const check = new AnswerCheck(response.status === 'completed' || response.status === 'amended', isAnswer);
  check.subject(response, questionnaire, at);
  check.items(response, questionnaire, { at, around: [response], depth: 0 });
  return check.issues;
}

interface Place {
  readonly at: string;
  /** The response and its items around, the innermost first. */
  readonly around: readonly JsonObject[];
  readonly depth: number;
}

class AnswerCheck {
  readonly issues: Issue[] = [];

  constructor(
    private readonly isComplete: boolean,
    private readonly isAnswer: IsAnswer,
  ) {}

  private report(code: IssueCode, diagnostics: string, at: string, severity: Issue['severity'] = 'error'): void {
    if (this.issues.length < mostIssues) this.issues.push({ severity, code, diagnostics, expression: [at] });
  }

  subject({ subject }: JsonObject, { subjectType }: JsonObject, at: string): void {
    const reference = (subject as { readonly reference?: unknown } | undefined)?.reference;
    const type = typeof reference === 'string' ? /([A-Z][A-Za-z]+)\/[^/]+$/.exec(reference)?.[1] : undefined;
    if (type !== undefined && Array.isArray(subjectType) && subjectType.length > 0 && !subjectType.includes(type))
      this.report('value', `The Questionnaire is one about ${subjectType.join(' or ')}.`, `${at}.subject`);
  }

  /** The items below a response, an item or an answer, against those below the Questionnaire or its item. */
  items(holder: JsonObject, definition: JsonObject, { at, around, depth }: Place): void {
    if (depth > deepest) return;
    const questions = objects(definition, 'item');
    const given = objects(holder, 'item');
    let last = -1;
    const found = new Map<JsonObject, JsonObject[]>(questions.map((question) => [question, []]));
    given.forEach((item, index) => {
      const place = `${at}.item[${index}]`;
      const position = questions.findIndex(({ linkId }) => linkId === item.linkId);
      const question = questions[position];
      if (question === undefined)
        return this.report('not-found', 'The Questionnaire has no item of this linkId here.', `${place}.linkId`);
      if (position < last)
        this.report('structure', 'The items stand in another order than in the Questionnaire.', place);
      last = Math.max(last, position);
      found.get(question)!.push(item);
      this.item(item, question, { at: place, around: [item, ...around], depth: depth + 1 });
    });
    for (const [question, items] of found) this.demand(question, items, { at, around, depth });
  }

  private item(item: JsonObject, question: JsonObject, place: Place): void {
    const { at, around } = place;
    const answers = objects(item, 'answer');
    const text = textOf(item, 'text');
    if (text !== undefined && textOf(question, 'text') !== undefined && text !== textOf(question, 'text'))
      this.report('value', 'The text is another than that of the Questionnaire.', `${at}.text`, 'information');
    const hasContent = answers.length > 0 || objects(item, 'item').length > 0;
    if (hasContent && isEnabled(question, around.slice(1)) === false)
      this.report('business-rule', 'This is answered, but by the other answers it is not asked (enableWhen).', at);
    if (question.type === 'group' || question.type === 'display') {
      if (answers.length > 0) this.report('structure', `A ${question.type} has no answer.`, `${at}.answer`);
      if (question.type === 'group') this.items(item, question, place);
      return;
    }
    if (objects(item, 'item').length > 0)
      this.report('structure', 'What is asked below a question stands in its answer, not beside it.', `${at}.item`);
    if (answers.length > 1 && question.repeats !== true)
      this.report('structure', 'This question takes one answer.', `${at}.answer`);
    answers.forEach((answer, index) => {
      const here = `${at}.answer[${index}]`;
      for (const { severity, code, what } of answerProblems(answer, question, this.isAnswer))
        this.report(code, what, `${here}.value`, severity);
      this.items(answer, question, { at: here, around, depth: place.depth + 1 });
    });
  }

  /** How often an item must be there, where it is asked. */
  private demand(question: JsonObject, items: readonly JsonObject[], { at, around }: Place): void {
    const isGroup = question.type === 'group';
    const many = question.repeats === true;
    if (items.length > 1 && !(isGroup && many))
      this.report('structure', `The item ${linkId(question)} may stand here once.`, `${at}.item`);
    const answers = items.flatMap((item) => objects(item, 'answer').filter((answer) => valueOf(answer) !== undefined));
    const count = isGroup ? items.length : answers.length;
    const greatest = extensionValue(question, 'http://hl7.org/fhir/StructureDefinition/questionnaire-maxOccurs');
    if (isNumber(greatest) && count > Number(literalOf(greatest)))
      this.report(
        'structure',
        `The item ${linkId(question)} may come at most ${literalOf(greatest)} times.`,
        `${at}.item`,
      );
    if (!this.isComplete || question.type === 'display' || isEnabled(question, around) !== true) return;
    const least = extensionValue(question, 'http://hl7.org/fhir/StructureDefinition/questionnaire-minOccurs');
    const needed = isNumber(least) ? Number(literalOf(least)) : 1;
    // What is said instead of an answer: an extension such as data-absent-reason.
    const excused = items.some(
      (item) => objects(item, 'answer').length > answers.length || item.extension !== undefined,
    );
    if (question.required === true && count < needed && !excused)
      this.report('required', `The item ${linkId(question)} must be answered.`, `${at}.item`);
  }
}

const linkId = ({ linkId: id }: JsonObject): string => `“${String(id).slice(0, 100)}”`;
