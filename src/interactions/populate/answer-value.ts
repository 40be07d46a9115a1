import { parseReference } from '../../fhir/reference.js';
import { isNumber, numberOf } from '../../fhir/json-number.js';
import type { Coding, Resource } from '../../fhir/resource.js';

/** One `value[x]` of an answer: `{ valueBoolean: true }`. */
export type AnswerValue = Readonly<Record<string, unknown>>;

export interface QuestionOption {
  readonly valueCoding?: Coding;
  readonly valueString?: string;
}

/**
 * A value as an answer to a question of the type, or undefined where it is none.
 * https://hl7.org/fhir/R4/valueset-item-type.html
 *
 * @param value a primitive, or a Coding, CodeableConcept, Quantity, Reference, Attachment or resource
 * @param options what a choice may be, so that a bare code finds its Coding
 */
export function answerValue(
  type: string,
  value: unknown,
  options: readonly QuestionOption[] = [],
): AnswerValue | undefined {
  switch (type) {
    case 'boolean':
      return typeof value === 'boolean' ? { valueBoolean: value } : undefined;
    case 'decimal':
      return isNumber(value) ? { valueDecimal: value } : undefined;
    case 'integer':
      return isNumber(value) && Number.isSafeInteger(numberOf(value)) ? { valueInteger: numberOf(value) } : undefined;
    case 'date':
      return text(value, /^\d{4}(-\d\d(-\d\d)?)?(T|$)/) ? { valueDate: value.split('T')[0] } : undefined;
    case 'dateTime':
      return text(value, /^\d{4}(-\d\d(-\d\d(T.+)?)?)?$/) ? { valueDateTime: value } : undefined;
    case 'time':
      return text(value, /^\d\d:\d\d:\d\d(\.\d+)?$/) ? { valueTime: value } : undefined;
    case 'string':
    case 'text':
      return textOf(value);
    case 'url':
      return text(value, /./) ? { valueUri: value } : undefined;
    case 'choice':
    case 'open-choice':
      return choice(value, options, type === 'open-choice');
    case 'quantity':
      return isNumber(value) ? { valueQuantity: { value } } : object(value, 'valueQuantity', ['value', 'code', 'unit']);
    case 'attachment':
      return object(value, 'valueAttachment', ['url', 'data', 'title']);
    case 'reference':
      return reference(value);
    default:
      return undefined; // group and display have no answers
  }
}

const text = (value: unknown, pattern: RegExp): value is string => typeof value === 'string' && pattern.test(value);

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !isNumber(value);

function textOf(value: unknown): AnswerValue | undefined {
  if (typeof value === 'string') return value.trim() === '' ? undefined : { valueString: value };
  if (isNumber(value) || typeof value === 'boolean') return { valueString: String(value) };
  const {
    text: words,
    display,
    coding,
  } = (isObject(value) ? value : {}) as {
    readonly text?: string;
    readonly display?: string;
    readonly coding?: readonly Coding[];
  };
  const found = words ?? display ?? coding?.find((one) => one.display !== undefined)?.display;
  return found === undefined ? undefined : { valueString: found };
}

function choice(value: unknown, options: readonly QuestionOption[], open: boolean): AnswerValue | undefined {
  if (typeof value === 'string') {
    const option = options.find((one) => one.valueCoding?.code === value || one.valueString === value);
    if (option?.valueCoding !== undefined) return { valueCoding: option.valueCoding };
    if (option !== undefined || (open && options.length === 0)) return { valueString: value };
    return options.length === 0 ? { valueCoding: { code: value } } : undefined;
  }
  if (!isObject(value)) return undefined;
  const codings = (Array.isArray(value['coding']) ? value['coding'] : [value]) as readonly Coding[];
  const offered = options.flatMap(({ valueCoding }) => valueCoding ?? []);
  const found = codings.find((one) =>
    offered.some(({ system, code }) => one.code === code && (one.system === system || one.system === undefined)),
  );
  if (found !== undefined) return { valueCoding: found };
  const [first] = codings;
  return offered.length > 0 || typeof first?.code !== 'string' ? undefined : { valueCoding: first };
}

function object(value: unknown, name: string, members: readonly string[]): AnswerValue | undefined {
  return isObject(value) && members.some((member) => member in value) ? { [name]: value } : undefined;
}

function reference(value: unknown): AnswerValue | undefined {
  if (typeof value === 'string')
    return parseReference(value).kind === 'invalid' ? undefined : { valueReference: { reference: value } };
  if (!isObject(value)) return undefined;
  const { resourceType, id } = value as Partial<Resource>;
  if (typeof resourceType === 'string')
    return id === undefined ? undefined : { valueReference: { reference: `${resourceType}/${id}` } };
  return object(value, 'valueReference', ['reference', 'identifier', 'display']);
}
