/** The parts of a Questionnaire that a person is asked by. https://hl7.org/fhir/R4/questionnaire.html */
import type { FormNames } from '../../../followup/plan/rule-words.js';
import type { RuleSet } from '../../../followup/ruleset/grammar.js';
import type { FhirClient } from '../fhir/client.js';
import type { Coding, Extension, Resource } from '../fhir/types.js';

/** One `answer` of a QuestionnaireResponse item, without what is nested below it: `{ valueInteger: 3 }`. */
export type Answer = Readonly<Record<string, unknown>>;

export interface EnableWhen {
  readonly question: string;
  readonly operator: 'exists' | '=' | '!=' | '>' | '<' | '>=' | '<=';
  /** `answerInteger`, `answerCoding` … */
  readonly [answer: string]: unknown;
}

export interface Item {
  readonly linkId: string;
  readonly prefix?: string;
  readonly text?: string;
  readonly type: string;
  readonly required?: boolean;
  readonly repeats?: boolean;
  readonly readOnly?: boolean;
  readonly maxLength?: number;
  readonly answerValueSet?: string;
  readonly answerOption?: readonly Option[];
  readonly initial?: readonly Answer[];
  readonly enableWhen?: readonly EnableWhen[];
  readonly enableBehavior?: 'all' | 'any';
  readonly extension?: readonly Extension[];
  readonly item?: readonly Item[];
}

/** `valueCoding`, `valueInteger`, `valueString`, `valueDate` or `valueTime`. */
export type Option = Answer & { readonly initialSelected?: boolean; readonly extension?: readonly Extension[] };

export interface Questionnaire extends Resource {
  readonly url?: string;
  readonly version?: string;
  readonly title?: string;
  readonly language?: string;
  readonly item?: readonly Item[];
}

/** What the plan's forms and their questions are called. */
export async function formNames(fhir: FhirClient, rules: RuleSet): Promise<FormNames> {
  const wanted = new Set(rules.rules.flatMap((rule) => ('questionnaire' in rule ? [rule.questionnaire] : [])));
  const found =
    wanted.size === 0
      ? []
      : await fhir.search<Questionnaire>('Questionnaire', {
          status: 'draft,active',
          _sort: '_lastUpdated',
          _count: 1000,
        });
  // Of several the newest.
  const forms = new Map(found.map((form) => [formName(form.url) ?? '', form]));
  const texts = (items: readonly Item[]): readonly (readonly [string, string | undefined])[] =>
    items.flatMap((item) => [[item.linkId, item.text] as const, ...texts(item.item ?? [])]);
  const questions = new Map([...wanted].map((name) => [name, new Map(texts(forms.get(name)?.item ?? []))]));
  return {
    titleOf: (name) => forms.get(name)?.title,
    questionOf: (name, linkId) => questions.get(name)?.get(linkId),
  };
}

/** What the plan calls a questionnaire: the last part of its canonical. */
export const formName = (canonical: string | undefined): string | undefined =>
  canonical?.split('|')[0]?.split('/').at(-1);

/** The newest that is not retired, with the options of its value sets; undefined where the server has none of that name. */
export async function readForm(fhir: FhirClient, name: string): Promise<Questionnaire | undefined> {
  const found = await fhir.search<Questionnaire>('Questionnaire', {
    status: 'draft,active',
    _elements: 'url',
    _sort: '-_lastUpdated',
    _count: 1000,
  });
  const newest = found.find(({ url }) => formName(url) === name);
  if (newest === undefined) return undefined;
  const form = await fhir.read<Questionnaire>(`Questionnaire/${newest.id}`);
  return { ...form, item: await Promise.all((form.item ?? []).map((item) => withOptions(fhir, form, item))) };
}

interface ValueSet extends Resource {
  readonly expansion?: { readonly contains?: readonly Coding[] };
  readonly compose?: {
    readonly include?: readonly { readonly system?: string; readonly concept?: readonly Coding[] }[];
  };
}

async function withOptions(fhir: FhirClient, form: Questionnaire, item: Item): Promise<Item> {
  const { answerValueSet: url } = item;
  const answerOption = url === undefined ? undefined : await optionsIn(fhir, form, url);
  const children =
    item.item === undefined ? undefined : await Promise.all(item.item.map((one) => withOptions(fhir, form, one)));
  return {
    ...item,
    ...(answerOption !== undefined && { answerOption }),
    ...(children !== undefined && { item: children }),
  };
}

async function optionsIn(fhir: FhirClient, form: Questionnaire, url: string): Promise<readonly Option[]> {
  const contained = (form as { readonly contained?: readonly ValueSet[] }).contained;
  const codings = url.startsWith('#')
    ? (contained?.find(({ id }) => id === url.slice(1))?.compose?.include ?? []).flatMap(({ system, concept }) =>
        (concept ?? []).map((one) => ({ ...(system !== undefined && { system }), ...one })),
      )
    : ((await fhir.operation<ValueSet>('ValueSet/$expand', [{ name: 'url', valueUri: url }])).expansion?.contains ??
      []);
  return codings.map((valueCoding) => ({ valueCoding }));
}
