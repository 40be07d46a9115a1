// https://www.rfc-editor.org/rfc/rfc6902, paths: https://www.rfc-editor.org/rfc/rfc6901
import { Failure } from '../kernel/failure.js';
import { cloneJson, Decimal, isNumber, literalOf, numberOf } from './json.js';

export type PatchOperation =
  | { readonly op: 'add' | 'replace' | 'test'; readonly path: Pointer; readonly value: unknown }
  | { readonly op: 'remove'; readonly path: Pointer }
  | { readonly op: 'move' | 'copy'; readonly path: Pointer; readonly from: Pointer };

/** The unescaped parts of a JSON Pointer; none: the whole document. */
type Pointer = readonly string[];

const mostOperations = 1000;
const deepest = 100;
/** Values that all copies together may hold, so that a small patch cannot make a large document. */
const mostCopied = 200_000;

/**
 * Parsed JSON → the operations of a JSON Patch.
 *
 * @throws Failure `invalid` naming the operation that cannot be read; `too-costly` for more than 1000 operations
 */
export function readJsonPatch(content: unknown): readonly PatchOperation[] {
  if (!Array.isArray(content))
    throw new Failure('invalid', 'A JSON Patch is a list of operations.', { code: 'structure' });
  if (content.length > mostOperations)
    throw new Failure('too-costly', `A JSON Patch may have at most ${mostOperations} operations.`);
  return content.map(readOperation);
}

function readOperation(item: unknown, index: number): PatchOperation {
  const wrong = (what: string): Failure =>
    new Failure('invalid', `Operation ${index} of the JSON Patch ${what}.`, { code: 'structure' });
  if (item === null || typeof item !== 'object' || Array.isArray(item)) throw wrong('is not an object');
  const fields = item as Record<string, unknown>;
  const pointer = (name: 'path' | 'from'): Pointer => {
    const parts = typeof fields[name] === 'string' ? parsePointer(fields[name]) : undefined;
    if (parts === undefined) throw wrong(`needs ${name}, a JSON Pointer such as /name/0/given`);
    return parts;
  };
  const { op } = fields;
  switch (op) {
    case 'add':
    case 'replace':
    case 'test':
      if (!Object.hasOwn(fields, 'value')) throw wrong('needs a value');
      return { op, path: pointer('path'), value: fields['value'] };
    case 'remove':
      return { op, path: pointer('path') };
    case 'move':
    case 'copy':
      return { op, path: pointer('path'), from: pointer('from') };
    default:
      throw wrong('has no op among add, remove, replace, move, copy, test');
  }
}

function parsePointer(text: string): Pointer | undefined {
  if (text === '') return [];
  if (!text.startsWith('/') || /~(?![01])/.test(text)) return undefined;
  const parts = text
    .slice(1)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  return parts.length > deepest || parts.includes('__proto__') ? undefined : parts;
}

/**
 * The document after all operations, which apply in their order, all or none. Decimals keep their literals. The document
 * itself stays as it is.
 *
 * @throws Failure `unprocessable` naming the operation whose path is not there or whose test fails
 */
export function applyJsonPatch(document: unknown, operations: readonly PatchOperation[]): unknown {
  const root = { '': cloneJson(document) };
  const budget = { left: mostCopied };
  for (const [index, operation] of operations.entries()) applyOne(root, operation, { index, budget });
  return root[''];
}

interface Place {
  readonly index: number;
  readonly budget: { left: number };
}

function applyOne(root: object, operation: PatchOperation, place: Place): void {
  const path = ['', ...operation.path];
  switch (operation.op) {
    case 'test':
      if (!equal(at(root, path, place), operation.value)) throw refused(place, 'test: the value is another one');
      return;
    case 'add':
      return add(root, path, cloneJson(operation.value), place);
    case 'remove':
      remove(root, path, place);
      return;
    case 'replace':
      at(root, path, place);
      return set(root, path, cloneJson(operation.value), place);
    case 'copy':
      return add(root, path, copyWithin(at(root, ['', ...operation.from], place), place), place);
    case 'move': {
      const from = ['', ...operation.from];
      if (path.length > from.length && from.every((part, depth) => part === path[depth]))
        throw refused(place, 'move: a value cannot go into itself');
      return add(root, path, remove(root, from, place), place);
    }
  }
}

const refused = ({ index }: Place, what: string): Failure =>
  new Failure('unprocessable', `Operation ${index} of the patch cannot be carried out. ${what}.`, {
    code: 'processing',
  });

function copyWithin(value: unknown, place: Place): unknown {
  const count = (one: unknown): void => {
    place.budget.left -= 1;
    if (place.budget.left < 0) throw new Failure('too-costly', 'The patch copies too much.');
    if (typeof one === 'object' && one !== null && !(one instanceof Decimal)) Object.values(one).forEach(count);
  };
  count(value);
  return cloneJson(value);
}

function at(root: object, path: Pointer, place: Place): unknown {
  let value: unknown = root;
  for (const part of path) value = child(value, part, place);
  return value;
}

function child(parent: unknown, part: string, place: Place): unknown {
  if (Array.isArray(parent)) return parent[indexIn(parent, part, parent.length - 1, place)];
  if (!isObject(parent) || !Object.hasOwn(parent, part)) throw refused(place, 'There is nothing at its path');
  return parent[part];
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Decimal);

function indexIn(list: readonly unknown[], part: string, last: number, place: Place): number {
  const index = /^(0|[1-9]\d{0,8})$/.test(part) ? Number(part) : Number.NaN;
  if (!(index <= last)) throw refused(place, `The list has ${list.length} items; its path names another`);
  return index;
}

/** The holder of the last part of the path, and that part. */
function holder(root: object, path: Pointer, place: Place): { parent: unknown; part: string } {
  return { parent: at(root, path.slice(0, -1), place), part: path.at(-1)! };
}

function add(root: object, path: Pointer, value: unknown, place: Place): void {
  const { parent, part } = holder(root, path, place);
  if (Array.isArray(parent))
    parent.splice(part === '-' ? parent.length : indexIn(parent, part, parent.length, place), 0, value);
  else if (isObject(parent)) parent[part] = value;
  else throw refused(place, 'Nothing can be added there');
}

function set(root: object, path: Pointer, value: unknown, place: Place): void {
  const { parent, part } = holder(root, path, place);
  if (Array.isArray(parent)) parent[indexIn(parent, part, parent.length - 1, place)] = value;
  else (parent as Record<string, unknown>)[part] = value;
}

function remove(root: object, path: Pointer, place: Place): unknown {
  const value = at(root, path, place);
  const { parent, part } = holder(root, path, place);
  if (Array.isArray(parent)) parent.splice(Number(part), 1);
  else delete (parent as Record<string, unknown>)[part];
  return value;
}

/** Numbers are equal by value, objects whatever the order of their names. https://www.rfc-editor.org/rfc/rfc6902#section-4.6 */
function equal(a: unknown, b: unknown): boolean {
  if (isNumber(a) && isNumber(b))
    return (
      literalOf(a) === literalOf(b) || (numberOf(a) === numberOf(b) && plain(literalOf(a)) === plain(literalOf(b)))
    );
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((one, index) => equal(one, b[index]));
  if (!isObject(a) || !isObject(b)) return a === b;
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length && names.every((name) => Object.hasOwn(b, name) && equal(a[name], b[name]))
  );
}

/** `0.10`, `1e-1` and `0.1` are one number: its digits without zeros at either end, and the power of ten of the last. */
function plain(literal: string): string {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(literal) ?? [];
  const digits = (whole + fraction).replace(/^0+/, '');
  const significant = digits.replace(/0+$/, '');
  return significant === ''
    ? '0'
    : `${sign}${significant}e${Number(exponent) - fraction.length + digits.length - significant.length}`;
}
