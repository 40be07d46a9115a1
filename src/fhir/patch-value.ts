// https://hl7.org/fhir/R4/fhirpatch.html – the parameter `value`
import { Failure } from '../kernel/failure.js';
import type { ElementField, ElementShape } from './element-shape.js';
import { cloneJson } from './json.js';

type Content = Record<string, unknown>;

/** A value as a parameter carries it: `value[x]`, or parts for an element that has no type of its own. */
export interface PatchValue {
  /** As in `valueQuantity`; absent: parts. */
  readonly type?: string;
  readonly value?: unknown;
  /** Id and extensions of a primitive. */
  readonly extra?: unknown;
  readonly parts?: readonly Content[];
}

/** The value of a parameter; undefined where it has none. */
export function patchValue(parameter: Content): PatchValue | undefined {
  if (Array.isArray(parameter['part'])) return { parts: parameter['part'] as Content[] };
  if (parameter['resource'] !== undefined) return { type: 'Resource', value: parameter['resource'] };
  const name = Object.keys(parameter).find((key) => /^_?value[A-Z]/.test(key));
  if (name === undefined) return undefined;
  const plain = name.replace('_', '');
  return { type: plain.slice(5), value: parameter[plain], extra: parameter[`_${plain}`] };
}

/** The element that a name means for a value of this type: `deceased` with a boolean is `deceasedBoolean`. */
export function fieldFor(shape: ElementShape, name: string, { type }: PatchValue): ElementField | undefined {
  return shape.get(name) ?? (type === undefined ? undefined : shape.get(name + type));
}

/**
 * The content that a value stands for at an element: `value`, and `extra` beside a primitive.
 *
 * @throws Failure `unprocessable` where it is of another sort than the element
 */
export function contentFor(field: ElementField, given: PatchValue): { value: unknown; extra: unknown } {
  if (given.parts === undefined) {
    const isObject = typeof given.value === 'object' && given.value !== null && !('literal' in given.value);
    const wanted = field.kind === 'complex' || field.kind === 'resource';
    if (isObject !== wanted || (wanted && !fits(field, given.type!)))
      throw new Failure('unprocessable', `A value of this type has no place in ${field.name}.`, {
        expression: field.name,
        code: 'value',
      });
    return { value: cloneJson(given.value), extra: cloneJson(given.extra) };
  }
  const content: Content = {};
  for (const part of given.parts) {
    const value = patchValue(part);
    const inner =
      typeof part['name'] === 'string' && value !== undefined
        ? fieldFor(field.shape(), part['name'], value)
        : undefined;
    if (inner === undefined)
      throw new Failure('unprocessable', `A part of the value has no name or value that fits in ${field.name}.`, {
        expression: field.name,
        code: 'value',
      });
    putIn(content, inner, contentFor(inner, value!));
  }
  return { value: content, extra: undefined };
}

/** Quantities have several names; elements without a type take no other. */
function fits({ kind, type }: ElementField, given: string): boolean {
  const quantities = /^(Quantity|Age|Count|Distance|Duration|Money|MoneyQuantity|SimpleQuantity)$/;
  return kind === 'resource'
    ? given === 'Resource'
    : type === given || (quantities.test(type) && quantities.test(given));
}

/** Puts the content at the end of a list, or in the place of a single element. */
export function putIn(
  holder: Content,
  { name, list }: ElementField,
  { value, extra }: { value: unknown; extra: unknown },
  at?: number,
): void {
  const companion = `_${name}`;
  if (!list) {
    if (value !== undefined) holder[name] = value;
    if (extra !== undefined) holder[companion] = extra;
    return;
  }
  const values = listOf(holder, name, companion);
  const extras = listOf(holder, companion, name);
  const index = at ?? values.length;
  values.splice(index, 0, value ?? null);
  extras.splice(index, 0, extra ?? null);
  holder[name] = values;
  setExtras(holder, name, extras);
}

/** The items under a name, as many as its companion has. */
export function listOf(holder: Content, name: string, companion: string): unknown[] {
  const own = Array.isArray(holder[name]) ? (holder[name] as unknown[]) : [];
  const other = Array.isArray(holder[companion]) ? (holder[companion] as unknown[]).length : 0;
  return [...own, ...new Array<null>(Math.max(0, other - own.length)).fill(null)];
}

/** Ids and extensions of the items of a list; none where no item has any. */
export function setExtras(holder: Content, name: string, extras: readonly unknown[]): void {
  if (extras.some((extra) => extra !== null)) holder[`_${name}`] = extras;
  else delete holder[`_${name}`];
  const values = holder[name];
  if (Array.isArray(values) && values.every((value) => value === null)) delete holder[name];
}
