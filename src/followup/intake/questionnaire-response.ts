/** QuestionnaireResponse → `qr`. https://hl7.org/fhir/R4/questionnaireresponse.html */
import { isNumber, literalOf } from '../../fhir/json.js';
import type { Resource } from '../../fhir/resource.js';
import type { Answer, QrInput } from '../engine/input.js';
import { asReference, type Coding, extensionOf, type Identifier, many, targetOf } from '../vocabulary/element.js';
import { instantAt } from './effective-time.js';
import type { IntakeFacts } from './intake-facts.js';

interface Item {
  linkId?: string;
  answer?: Record<string, unknown>[];
  item?: Item[];
}

const ordinal = 'http://hl7.org/fhir/StructureDefinition/ordinalValue';

/** The name the rules use: the last part of the canonical, without version. */
export function questionnaireName(response: Resource): string {
  const canonical = String(response.questionnaire ?? '').split(/[|#]/)[0]!;
  return decodeURIComponent(canonical.slice(canonical.lastIndexOf('/') + 1)) || 'ukjent skjema';
}

export function qrInput(
  response: Resource,
  facts: IntakeFacts,
): Omit<QrInput, 't'> & { readonly t: number | undefined } {
  const answers: Record<string, Answer> = {};
  collect(many<Item>(response.item), answers);
  const identity = response.identifier as Identifier | undefined;
  return {
    type: 'qr',
    t: instantAt(response.authored, facts.plan?.timezone ?? 'Europe/Oslo'),
    received: facts.received,
    source: facts.source,
    questionnaire: questionnaireName(response),
    answers,
    ...(isByStaff(response) ? { byStaff: true as const } : {}),
    ...(identity?.value === undefined ? {} : { identifier: `${identity.system ?? ''}|${identity.value}` }),
  };
}

/** Who wrote it down is a member of staff. */
function isByStaff({ author }: Resource): boolean {
  const named = asReference(author);
  const type = targetOf(named)?.type ?? named?.type;
  return type === 'Practitioner' || type === 'PractitionerRole' || type === 'Organization';
}

function collect(items: readonly Item[], answers: Record<string, Answer>): void {
  for (const item of items) {
    const given = many<Record<string, unknown>>(item.answer);
    if (item.linkId !== undefined && (given.length > 0 || item.item === undefined))
      answers[item.linkId] = answersOf(given);
    collect(many<Item>(item.item), answers);
    for (const one of given) collect(many<Item>(one.item), answers);
  }
}

/** One answer as itself, several as a list of those that say something. */
function answersOf(given: readonly Record<string, unknown>[]): Answer {
  if (given.length < 2) return answerOf(given[0]);
  return given.flatMap((one) => answerOf(one) ?? []);
}

/** Yes/no as it is, a number as its literal, a choice as its score (`ordinalValue`) or its code. */
function answerOf(answer: Record<string, unknown> | undefined): boolean | string | null {
  if (answer === undefined) return null;
  if (typeof answer.valueBoolean === 'boolean') return answer.valueBoolean;
  const quantity = answer.valueQuantity as { value?: unknown } | undefined;
  for (const number of [answer.valueInteger, answer.valueDecimal, quantity?.value])
    if (isNumber(number)) return literalOf(number);
  const coding = answer.valueCoding as Coding | undefined;
  const score = extensionOf(coding, ordinal)?.valueDecimal;
  if (isNumber(score)) return literalOf(score);
  const text = coding?.code ?? coding?.display ?? answer.valueString ?? answer.valueDate ?? answer.valueTime;
  return typeof text === 'string' ? text : null;
}
