/** What is answered so far, and which questions are asked because of it. */
import { attemptSystem } from '../fhir/attempt.js';
import type { AnswerItem, Coding, Extension } from '../fhir/types.js';
import type { Answer, EnableWhen, Item, Option, Questionnaire } from './questionnaire.js';

/** By linkId; nothing where a question is not answered. */
export type Answers = ReadonlyMap<string, readonly Answer[]>;

/** The one `value[x]` or `answer[x]` of an element. */
export function valueIn(holder: Readonly<Record<string, unknown>>, name: 'value' | 'answer' = 'value'): unknown {
  return Object.entries(holder).find(([key]) => key.startsWith(name))?.[1];
}

/** What the form has filled in before anything is answered. https://hl7.org/fhir/R4/questionnaire-definitions.html#Questionnaire.item.initial */
export function initialAnswers(items: readonly Item[]): Answers {
  const found = new Map<string, readonly Answer[]>();
  const visit = ({ linkId, initial, answerOption, item }: Item): void => {
    const chosen = (answerOption ?? []).filter(({ initialSelected }) => initialSelected === true).map(answerOf);
    const given = initial ?? chosen;
    if (given.length > 0) found.set(linkId, given);
    item?.forEach(visit);
  };
  items.forEach(visit);
  return found;
}

/** Where rules take their numbers from. https://hl7.org/fhir/R4/extension-ordinalvalue.html */
const ordinal = 'http://hl7.org/fhir/StructureDefinition/ordinalValue';

/** An option as an answer; its score goes with it, also where it stands beside the coding. */
export function answerOf({ initialSelected: _chosen, extension, ...answer }: Option): Answer {
  const coding = answer['valueCoding'] as (Coding & { readonly extension?: readonly Extension[] }) | undefined;
  const score = extension?.find(({ url }) => url === ordinal);
  return coding === undefined || score === undefined
    ? answer
    : { valueCoding: { ...coding, extension: [...(coding.extension ?? []), score] } };
}

/**
 * The questions that are asked now. What hangs on a question that is not asked is not asked either, and what stands below a
 * question only once that is answered.
 * https://hl7.org/fhir/R4/questionnaire-definitions.html#Questionnaire.item.enableWhen
 */
export function asked(items: readonly Item[], answers: Answers): ReadonlySet<string> {
  const every: { readonly item: Item; readonly parent: Item | undefined }[] = [];
  const visit = (item: Item, parent: Item | undefined): void => {
    every.push({ item, parent });
    item.item?.forEach((child) => visit(child, item));
  };
  items.forEach((item) => visit(item, undefined));
  let shown: ReadonlySet<string> = new Set(every.map(({ item }) => item.linkId));
  // Each round may take away what the next round's conditions looked at; a form has no more rounds than questions.
  for (let round = 0; round <= every.length; round += 1) {
    const before = shown;
    const left = new Set<string>();
    for (const { item, parent } of every) {
      const below =
        parent === undefined ||
        (left.has(parent.linkId) && (parent.type === 'group' || (answers.get(parent.linkId) ?? []).length > 0));
      if (below && isEnabled(item, (linkId) => (before.has(linkId) ? (answers.get(linkId) ?? []) : [])))
        left.add(item.linkId);
    }
    if (left.size === before.size && [...left].every((linkId) => before.has(linkId))) return left;
    shown = left;
  }
  return shown;
}

function isEnabled({ enableWhen, enableBehavior }: Item, given: (linkId: string) => readonly Answer[]): boolean {
  if (enableWhen === undefined || enableWhen.length === 0) return true;
  const met = (one: EnableWhen): boolean => isMet(one, given(one.question));
  return enableBehavior === 'all' ? enableWhen.every(met) : enableWhen.some(met);
}

/** https://hl7.org/fhir/R4/valueset-questionnaire-enable-operator.html */
function isMet(condition: EnableWhen, answers: readonly Answer[]): boolean {
  const expected = valueIn(condition, 'answer');
  const orders = answers.map((answer) => compare(valueIn(answer), expected));
  switch (condition.operator) {
    case 'exists':
      return answers.length > 0 === expected;
    case '=':
      return orders.includes(0);
    case '!=':
      return !orders.includes(0);
    case '>':
      return orders.some((order) => order !== undefined && order > 0);
    case '<':
      return orders.some((order) => order !== undefined && order < 0);
    case '>=':
      return orders.some((order) => order !== undefined && order >= 0);
    case '<=':
      return orders.some((order) => order !== undefined && order <= 0);
  }
}

/** Below, at or above 0; undefined where there is no order, as between two choices. */
function compare(left: unknown, right: unknown): number | undefined {
  if (typeof left === 'number' && typeof right === 'number') return left - right;
  if (typeof left === 'string' && typeof right === 'string') return left < right ? -1 : left > right ? 1 : 0;
  if (typeof left === 'boolean') return left === right ? 0 : undefined;
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return undefined;
  const [one, other] = [left, right] as [Coding & { value?: number }, Coding & { value?: number }];
  if (one.value !== undefined || other.value !== undefined)
    return one.code === other.code ? compare(one.value, other.value) : undefined;
  return one.code === other.code && (one.system === other.system || other.system === undefined) ? 0 : undefined;
}

/**
 * The answers of the questions that are asked, nested as the questions are.
 * https://hl7.org/fhir/R4/questionnaireresponse.html#link
 */
export function answerItems(
  items: readonly Item[],
  answers: Answers,
  shown: ReadonlySet<string>,
): readonly AnswerItem[] {
  return items.flatMap((item): AnswerItem[] => {
    if (!shown.has(item.linkId)) return [];
    const below = answerItems(item.item ?? [], answers, shown);
    const head = { linkId: item.linkId, ...(item.text !== undefined && { text: item.text }) };
    if (item.type === 'group') return below.length === 0 ? [] : [{ ...head, item: below }];
    const [first, ...others] = answers.get(item.linkId) ?? [];
    if (first === undefined) return [];
    return [{ ...head, answer: [below.length === 0 ? first : { ...first, item: below }, ...others] }];
  });
}

/** What is sent. @param sent one attempt's own name, so that a repetition is the same response */
export function responseOf(
  form: Questionnaire,
  answers: Answers,
  { patient, authored, sent }: { readonly patient: string; readonly authored: string; readonly sent: string },
) {
  const subject = { reference: `Patient/${patient}` };
  const items = form.item ?? [];
  return {
    resourceType: 'QuestionnaireResponse',
    identifier: { system: attemptSystem, value: sent },
    ...(form.language !== undefined && { language: form.language }),
    questionnaire: form.version === undefined ? form.url : `${form.url}|${form.version}`,
    status: 'completed',
    subject,
    authored,
    author: subject,
    source: subject,
    item: answerItems(items, answers, asked(items, answers)),
  };
}
