// https://hl7.org/fhir/R4/questionnaire-definitions.html#Questionnaire.item.enableWhen
import { isNumber, literalOf } from '../../fhir/json-number.js';
import { isObject, type JsonObject } from '../visit.js';
import { itemsBelow, objects, textOf, valueOf } from './items.js';

/**
 * Whether an item of a Questionnaire is asked, given the answers so far.
 *
 * @param around the response and its items around the place, the innermost first: of several occurrences of a question the
 *   nearest counts
 * @returns undefined where a condition compares what cannot be compared
 */
export function isEnabled(item: JsonObject, around: readonly JsonObject[]): boolean | undefined {
  const conditions = objects(item, 'enableWhen');
  if (conditions.length === 0) return true;
  const results = conditions.map((condition) => holds(condition, around));
  const decides = item.enableBehavior === 'any';
  if (results.includes(decides)) return decides;
  return results.includes(undefined) ? undefined : !decides;
}

function holds(condition: JsonObject, around: readonly JsonObject[]): boolean | undefined {
  const answers = answersTo(textOf(condition, 'question') ?? '', around);
  const wanted = valueOf(condition, 'answer');
  if (wanted === undefined) return undefined;
  if (condition.operator === 'exists') return answers.length > 0 === (wanted.value === true);
  const results = answers.map(({ value }) => compare(value, String(condition.operator), wanted.value));
  // Nothing is unequal to an answer that is not there.
  if (condition.operator === '!=') return results.length === 0 ? true : every(results);
  return results.includes(true) ? true : results.includes(undefined) ? undefined : false;
}

const every = (results: readonly (boolean | undefined)[]): boolean | undefined =>
  results.includes(false) ? false : results.includes(undefined) ? undefined : true;

function answersTo(linkId: string, around: readonly JsonObject[]): readonly { readonly value: unknown }[] {
  for (const place of around) {
    const found = occurrences(linkId, place, 0);
    if (found.length > 0)
      return found.flatMap((item) => objects(item, 'answer').flatMap((answer) => valueOf(answer) ?? []));
  }
  return [];
}

function occurrences(linkId: string, place: JsonObject, depth: number): readonly JsonObject[] {
  if (depth > 50) return [];
  return itemsBelow(place).flatMap((item) => [
    ...(item.linkId === linkId ? [item] : []),
    ...occurrences(linkId, item, depth + 1),
  ]);
}

function compare(value: unknown, operator: string, wanted: unknown): boolean | undefined {
  if (operator === '=') return isSame(value, wanted);
  if (operator === '!=') return !isSame(value, wanted);
  const difference = order(value, wanted);
  if (difference === undefined) return undefined;
  switch (operator) {
    case '>':
      return difference > 0;
    case '<':
      return difference < 0;
    case '>=':
      return difference >= 0;
    case '<=':
      return difference <= 0;
    default:
      return undefined;
  }
}

/** A Coding is what its system and code say; of a Quantity the unit counts too. */
export function isSame(value: unknown, wanted: unknown): boolean {
  if (isNumber(value) && isNumber(wanted)) return Number(literalOf(value)) === Number(literalOf(wanted));
  if (!isObject(value) || !isObject(wanted)) return value === wanted;
  if (value.reference !== undefined || wanted.reference !== undefined) return value.reference === wanted.reference;
  if (value.value !== undefined || wanted.value !== undefined)
    return isSame(value.value, wanted.value) && value.system === wanted.system && value.code === wanted.code;
  return value.code === wanted.code && (wanted.system === undefined || value.system === wanted.system);
}

function order(value: unknown, wanted: unknown): number | undefined {
  if (isNumber(value) && isNumber(wanted)) return Number(literalOf(value)) - Number(literalOf(wanted));
  if (isObject(value) && isObject(wanted))
    return value.code === wanted.code && value.system === wanted.system ? order(value.value, wanted.value) : undefined;
  if (typeof value === 'string' && typeof wanted === 'string') return value < wanted ? -1 : value > wanted ? 1 : 0;
  return undefined;
}
