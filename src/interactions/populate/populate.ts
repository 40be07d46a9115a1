// https://hl7.org/fhir/uv/sdc/populate.html
import { compilePath } from '../../fhir/fhirpath.js';
import type { Resource } from '../../fhir/resource.js';
import { Failure, type Issue } from '../../kernel/failure.js';
import { type AnswerValue, answerValue } from './answer-value.js';
import {
  type Expression,
  initialExpression,
  linkPeriod,
  populationContext,
  type QuestionItem,
  type Questionnaire,
  variables,
} from './questionnaire.js';
import { resourcesIn, type Sources } from './sources.js';

export interface ResponseItem {
  readonly linkId: string;
  readonly text?: string;
  readonly definition?: string;
  readonly item?: readonly ResponseItem[];
  readonly answer?: readonly (AnswerValue & { readonly item?: readonly ResponseItem[] })[];
}

type Environment = Readonly<Record<string, unknown>>;

/** More would be no form that anybody fills in. */
const mostItems = 5000;
const longestExpression = 2000;

/**
 * Fills a form with what is known: by the expressions of its questions, by the latest Observations with the codes of a question,
 * and by its initial values, in this order. What cannot be evaluated leaves its question open.
 */
export class Population {
  /** Why questions were left open, for whoever made the form. */
  readonly issues: Issue[] = [];
  private items = 0;

  constructor(
    private readonly questionnaire: Questionnaire,
    private readonly response: Resource,
    /** Absent: nothing is looked up. */
    private readonly sources: Sources | undefined,
  ) {}

  /** @param environment what the expressions know by name, such as `patient` */
  async filled(environment: Environment): Promise<readonly ResponseItem[]> {
    const known = await this.withVariables(this.questionnaire, environment, 'Questionnaire');
    return this.filledItems(this.questionnaire.item ?? [], known, 'Questionnaire');
  }

  private async filledItems(
    items: readonly QuestionItem[],
    environment: Environment,
    place: string,
  ): Promise<readonly ResponseItem[]> {
    const filled: ResponseItem[] = [];
    for (const [at, item] of items.entries()) {
      this.items += 1;
      if (this.items > mostItems) throw new Failure('too-costly', `A form has at most ${mostItems} questions.`);
      if (item.type === 'display') continue;
      const here = `${place}.item[${at}]`;
      const known = await this.withVariables(item, environment, here);
      filled.push(
        ...(item.type === 'group'
          ? await this.filledGroup(item, known, here)
          : await this.filledQuestion(item, known, here)),
      );
    }
    return filled;
  }

  /** A group that is filled from several things is there once for each of them. */
  private async filledGroup(item: QuestionItem, environment: Environment, place: string): Promise<ResponseItem[]> {
    const context = populationContext(item);
    const found = context === undefined ? [undefined] : await this.evaluated(context, environment, place, 'each');
    const filled: ResponseItem[] = [];
    for (const one of item.repeats === true ? found : found.slice(0, 1)) {
      const name = context?.name;
      const known = name === undefined || one === undefined ? environment : { ...environment, [name]: one };
      const inner = await this.filledItems(item.item ?? [], known, place);
      if (inner.length > 0) filled.push({ ...headOf(item), item: inner });
    }
    return filled;
  }

  private async filledQuestion(item: QuestionItem, environment: Environment, place: string): Promise<ResponseItem[]> {
    const answers = await this.answersOf(item, environment, place);
    const [first, ...others] = item.repeats === true ? answers : answers.slice(0, 1);
    if (first === undefined) return [];
    const inner = await this.filledItems(item.item ?? [], environment, place);
    return [{ ...headOf(item), answer: [inner.length === 0 ? first : { ...first, item: inner }, ...others] }];
  }

  private async answersOf(
    item: QuestionItem,
    environment: Environment,
    place: string,
  ): Promise<readonly AnswerValue[]> {
    const expression = initialExpression(item);
    if (expression !== undefined) {
      const answers = this.answersFrom(await this.evaluated(expression, environment, place), item, place);
      if (answers.length > 0) return answers;
    }
    const period = linkPeriod(item);
    const codes = (item.code ?? []).filter(({ code }) => code !== undefined);
    if (period !== undefined && codes.length > 0 && this.sources !== undefined) {
      const observation = await this.sources.latest(codes, period);
      const name = Object.keys(observation ?? {}).find((key) => /^value[A-Z]/.test(key));
      if (name !== undefined) return this.answersFrom([observation![name]], item, place);
    }
    return item.initial ?? [];
  }

  private answersFrom(values: readonly unknown[], item: QuestionItem, place: string): readonly AnswerValue[] {
    return values.flatMap((value) => {
      const answer = answerValue(item.type, value, item.answerOption);
      if (answer !== undefined) return [answer];
      this.note(`What was found is no answer of type ${item.type} to this question.`, place);
      return [];
    });
  }

  private async withVariables(
    holder: Pick<QuestionItem, 'extension'>,
    environment: Environment,
    place: string,
  ): Promise<Environment> {
    let known = environment;
    for (const variable of variables(holder))
      if (variable.name !== undefined)
        known = { ...known, [variable.name]: await this.evaluated(variable, known, place, 'whole') };
    return known;
  }

  /** @param matches of a search: each resource that it found, or (default) the Bundle as a whole */
  private async evaluated(
    { language = 'text/fhirpath', expression = '' }: Expression,
    environment: Environment,
    place: string,
    matches: 'each' | 'whole' = 'whole',
  ): Promise<readonly unknown[]> {
    try {
      if (language === 'text/fhirpath') return this.path(expression, environment);
      if (language !== 'application/x-fhir-query')
        throw new Failure('invalid', `Expressions in ${language.slice(0, 60)} are not evaluated here.`);
      if (this.sources === undefined) return [];
      const query = expression.replace(/\{\{(.*?)\}\}/g, (_, inner: string) =>
        encodeURIComponent(this.path(inner, environment).map(String).join(',')),
      );
      const bundle = await this.sources.search(query);
      return matches === 'each' ? resourcesIn(bundle) : [bundle];
    } catch (error) {
      if (!(error instanceof Failure) || ['busy', 'fault', 'too-costly'].includes(error.category)) throw error;
      this.note(error.message, place);
      return [];
    }
  }

  private path(expression: string, environment: Environment): unknown[] {
    if (expression.length > longestExpression) throw new Failure('invalid', 'The expression is too long.');
    // A pattern can keep a processor busy for ever.
    if (/\b(matches|matchesFull|replaceMatches)\s*\(/.test(expression))
      throw new Failure('invalid', 'Patterns (matches, replaceMatches) are not evaluated here.');
    return compilePath(expression)(this.response, {
      ...environment,
      resource: this.response,
      questionnaire: this.questionnaire,
    });
  }

  private note(diagnostics: string, place: string): void {
    if (this.issues.length < 100)
      this.issues.push({ severity: 'warning', code: 'processing', diagnostics, expression: [place] });
  }
}

const headOf = ({ linkId, text, definition }: QuestionItem): Pick<ResponseItem, 'linkId' | 'text' | 'definition'> => ({
  linkId,
  ...(definition === undefined ? {} : { definition }),
  ...(text === undefined ? {} : { text }),
});
