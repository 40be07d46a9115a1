// https://hl7.org/fhir/R4/questionnaire.html, https://hl7.org/fhir/uv/sdc/populate.html
import type { Coding, Resource } from '../../fhir/resource.js';
import type { QuestionOption } from './answer-value.js';

export interface Extension {
  readonly url: string;
  readonly extension?: readonly Extension[];
  readonly [value: string]: unknown;
}

export interface Expression {
  readonly name?: string;
  readonly language?: string;
  readonly expression?: string;
}

export interface QuestionItem {
  readonly linkId: string;
  readonly text?: string;
  readonly definition?: string;
  readonly type: string;
  readonly repeats?: boolean;
  readonly code?: readonly Coding[];
  readonly answerOption?: readonly QuestionOption[];
  readonly initial?: readonly Readonly<Record<string, unknown>>[];
  readonly item?: readonly QuestionItem[];
  readonly extension?: readonly Extension[];
}

export interface Questionnaire extends Resource {
  readonly url?: string;
  readonly version?: string;
  readonly subjectType?: readonly string[];
  readonly item?: readonly QuestionItem[];
  readonly extension?: readonly Extension[];
}

const sdc = 'http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-';
const extensions = {
  launchContext: `${sdc}launchContext`,
  initialExpression: `${sdc}initialExpression`,
  populationContext: `${sdc}itemPopulationContext`,
  linkPeriod: `${sdc}observationLinkPeriod`,
  variable: 'http://hl7.org/fhir/StructureDefinition/variable',
} as const;

type Extended = Pick<QuestionItem, 'extension'>;

const of = ({ extension = [] }: Extended, url: string): readonly Extension[] =>
  extension.filter((one) => one.url === url);

const expressionOf = (one: Extension | undefined): Expression | undefined =>
  one?.['valueExpression'] as Expression | undefined;

/** The expression that gives the answers to a question. */
export const initialExpression = (item: Extended): Expression | undefined =>
  expressionOf(of(item, extensions.initialExpression)[0]);

/** What a group is filled from, and repeated by. */
export const populationContext = (item: Extended): Expression | undefined =>
  expressionOf(of(item, extensions.populationContext)[0]);

export const variables = (item: Extended): readonly Expression[] =>
  of(item, extensions.variable).flatMap((one) => expressionOf(one) ?? []);

/** How old an Observation may be that answers the question. */
export const linkPeriod = (item: Extended): { readonly value?: unknown; readonly code?: string } | undefined =>
  of(item, extensions.linkPeriod)[0]?.['valueDuration'] as
    | { readonly value?: unknown; readonly code?: string }
    | undefined;

/** Names of what whoever starts the form brings along, with the types that they may be of. */
export function launchContexts(
  questionnaire: Extended,
): readonly { readonly name: string; readonly types: readonly string[] }[] {
  return of(questionnaire, extensions.launchContext).flatMap(({ extension: parts = [] }) => {
    const name = parts.find(({ url }) => url === 'name');
    const code = (name?.['valueCoding'] as Coding | undefined)?.code ?? name?.['valueId'] ?? name?.['valueCode'];
    const types = parts.filter(({ url }) => url === 'type').map((part) => String(part['valueCode']));
    return typeof code === 'string' ? [{ name: code, types }] : [];
  });
}
