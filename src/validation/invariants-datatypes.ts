import { tryDateRange } from '../fhir/dates.js';
import { literalOf, isNumber } from '../fhir/json.js';
import { child, has, hasChoice, type HandWrittenRules, list, numeric, oneOf } from './invariant.js';
import { isObject, type JsonObject } from './visit.js';

const ucum = 'http://unitsofmeasure.org';

const isUcum = (quantity: JsonObject): boolean => !has(quantity, 'system') || quantity.system === ucum;
const isCodedWhereValued = (quantity: JsonObject): boolean => has(quantity, 'code') || !has(quantity, 'value');
const onlyOne = (value: JsonObject, first: string, second: string): boolean => has(value, first) !== has(value, second);

/** Whether the first date can be before or at the second: only a certain contradiction counts, as dates may be partial. */
export function isInOrder(start: unknown, end: unknown): boolean {
  if (typeof start !== 'string' || typeof end !== 'string') return true;
  const [first, last] = [tryDateRange(start), tryDateRange(end)];
  return first === undefined || last === undefined || first.low < last.high;
}

/** https://hl7.org/fhir/R4/datatypes.html */
export const datatypeInvariants: HandWrittenRules = {
  'age-1': (age) => isCodedWhereValued(age) && isUcum(age) && !(numeric(age, 'value') <= 0),
  'att-1': (attachment) => !has(attachment, 'data') || has(attachment, 'contentType'),
  'cnt-3': (count) =>
    isCodedWhereValued(count) &&
    isUcum(count) &&
    (!has(count, 'code') || count.code === '1') &&
    (!isNumber(count.value) || !literalOf(count.value).includes('.')),
  'cpt-2': (point) => !has(point, 'value') || has(point, 'system'),
  'dis-1': (distance) => isCodedWhereValued(distance) && isUcum(distance),
  'drq-1': (filter) => onlyOne(filter, 'path', 'searchParam'),
  'drq-2': (filter) => onlyOne(filter, 'path', 'searchParam'),
  'drt-1': (duration) => !has(duration, 'code') || (duration.system === ucum && has(duration, 'value')),
  'exp-1': (expression) => has(expression, 'expression') || has(expression, 'reference'),
  'per-1': (period) => isInOrder(period.start, period.end),
  'qty-3': (quantity) => !has(quantity, 'code') || has(quantity, 'system'),
  'rat-1': (ratio) =>
    has(ratio, 'numerator') === has(ratio, 'denominator') && (has(ratio, 'numerator') || has(ratio, 'extension')),
  'rng-2': (range) => {
    const [low, high] = [child(range, 'low'), child(range, 'high')];
    if (low === undefined || high === undefined) return true;
    if (low.code !== high.code || low.unit !== high.unit || low.system !== high.system) return true; // other units: not comparable here
    return !(numeric(low, 'value') > numeric(high, 'value'));
  },
  'sqty-1': (quantity) => !has(quantity, 'comparator'),
  'tim-1': (repeat) => !has(repeat, 'duration') || has(repeat, 'durationUnit'),
  'tim-2': (repeat) => !has(repeat, 'period') || has(repeat, 'periodUnit'),
  'tim-4': (repeat) => !(numeric(repeat, 'duration') < 0),
  'tim-5': (repeat) => !(numeric(repeat, 'period') < 0),
  'tim-6': (repeat) => !has(repeat, 'periodMax') || has(repeat, 'period'),
  'tim-7': (repeat) => !has(repeat, 'durationMax') || has(repeat, 'duration'),
  'tim-8': (repeat) => !has(repeat, 'countMax') || has(repeat, 'count'),
  'tim-9': (repeat) =>
    !has(repeat, 'offset') ||
    (Array.isArray(repeat.when) && !repeat.when.some((when) => oneOf(when, 'C', 'CM', 'CD', 'CV'))),
  'tim-10': (repeat) => !has(repeat, 'timeOfDay') || !has(repeat, 'when'),
  'trd-1': (trigger) => !has(trigger, 'data') || !hasChoice(trigger, 'timing'),
  'trd-2': (trigger) => !has(trigger, 'condition') || has(trigger, 'data'),
  'trd-3': (trigger) =>
    (trigger.type !== 'named-event' || has(trigger, 'name')) &&
    (trigger.type !== 'periodic' || hasChoice(trigger, 'timing')) &&
    (typeof trigger.type !== 'string' || !trigger.type.startsWith('data-') || has(trigger, 'data')),
};

const excludedByReference = [
  'defaultValue',
  'fixed',
  'pattern',
  'example',
  'minValue',
  'maxValue',
  'maxLength',
  'binding',
];
const hasEither = (element: JsonObject, name: string): boolean => has(element, name) || hasChoice(element, name);
const typeCodes = (element: JsonObject): unknown[] => list(element, 'type').map((type) => type.code);

/** https://hl7.org/fhir/R4/elementdefinition.html */
export const elementDefinitionInvariants: HandWrittenRules = {
  'sdf-10': (element) =>
    !isObject(element.binding) || has(element.binding, 'valueSet') || has(element.binding, 'description'),
  'eld-1': (slicing) => has(slicing, 'discriminator') || has(slicing, 'description'),
  'eld-2': (element) =>
    !has(element, 'min') ||
    typeof element.max !== 'string' ||
    element.max === '*' ||
    !(numeric(element, 'min') > Number(element.max)),
  'eld-3': (max: unknown) => typeof max !== 'string' || max === '*' || /^\d+$/.test(max),
  'eld-4': (type) => !has(type, 'aggregation') || oneOf(type.code, 'Reference', 'canonical'),
  'eld-5': (element) =>
    !has(element, 'contentReference') ||
    (!has(element, 'type') && !excludedByReference.some((name) => hasEither(element, name))),
  'eld-6': (element) => !hasChoice(element, 'fixed') || list(element, 'type').length <= 1,
  'eld-7': (element) => !hasChoice(element, 'pattern') || list(element, 'type').length <= 1,
  'eld-8': (element) => !hasChoice(element, 'pattern') || !hasChoice(element, 'fixed'),
  // The expression is true for every element that has a type, whatever its code.
  'eld-11': () => true,
  'eld-12': (binding) => typeof binding.valueSet !== 'string' || /^(?:http:|https|urn:)/.test(binding.valueSet),
  'eld-13': (element) => new Set(typeCodes(element)).size === list(element, 'type').length,
  'eld-14': (element) =>
    new Set(list(element, 'constraint').map((rule) => rule.key)).size === list(element, 'constraint').length,
  'eld-15': (element) => !hasChoice(element, 'defaultValue') || !has(element, 'meaningWhenMissing'),
  'eld-16': (element) => typeof element.sliceName !== 'string' || /^[a-zA-Z0-9/\-_[\]@]+$/.test(element.sliceName),
  'eld-17': (type) => oneOf(type.code, 'Reference', 'canonical') || !has(type, 'targetProfile'),
  'eld-18': (element) => element.isModifier !== true || has(element, 'isModifierReason'),
  // The expression is not anchored, so one good character is enough.
  'eld-19': (element) => typeof element.path !== 'string' || /[^\s.,:;'"/|?!@#$%&*()[\]{}]/.test(element.path),
  'eld-22': (element) => !has(element, 'sliceIsConstraining') || has(element, 'sliceName'),
};
