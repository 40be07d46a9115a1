// https://hl7.org/fhir/R4/fhirpatch.html
import { Failure } from '../kernel/failure.js';
import type { Definitions } from './definitions.js';
import { type ElementField, elementShape, type ElementShape } from './element-shape.js';
import { type ElementPlace, placesOf } from './fhirpath.js';
import { cloneJson } from './json.js';
import { contentFor, fieldFor, listOf, type PatchValue, patchValue, putIn, setExtras } from './patch-value.js';
import type { Resource } from './resource.js';

interface At {
  readonly path: string;
  /** Which operation of the patch, counted from 0. */
  readonly number: number;
}

export type FhirPathOperation = At &
  (
    | { readonly type: 'add'; readonly name: string; readonly value: PatchValue }
    | { readonly type: 'insert'; readonly index: number; readonly value: PatchValue }
    | { readonly type: 'replace'; readonly value: PatchValue }
    | { readonly type: 'delete' }
    | { readonly type: 'move'; readonly source: number; readonly destination: number }
  );

type Content = Record<string, unknown>;

const mostOperations = 250;
const longestPath = 1000;
/** What leads to an element. Others calculate, or take time that a short text cannot show. */
const functions = new Set(
  (
    'where first last tail skip take single ofType as is exists empty not count extension startsWith endsWith contains ' +
    'lower upper toString hasValue getValue all any'
  ).split(' '),
);

/**
 * A Parameters resource → the operations of a FHIRPath Patch.
 *
 * @throws Failure `invalid` naming the operation that cannot be read; `too-costly` for more than 250
 */
export function readFhirPathPatch(parameters: Resource): readonly FhirPathOperation[] {
  const list = parameters['parameter'];
  if (parameters.resourceType !== 'Parameters' || !Array.isArray(list) || list.length === 0)
    throw new Failure('invalid', 'A FHIRPath Patch is a Parameters resource with parameters named operation.', {
      expression: 'Parameters.parameter',
      code: 'structure',
    });
  if (list.length > mostOperations)
    throw new Failure('too-costly', `A FHIRPath Patch may have at most ${mostOperations} operations.`);
  return (list as Content[]).map(readOperation);
}

function readOperation(parameter: Content, number: number): FhirPathOperation {
  const expression = `Parameters.parameter[${number}]`;
  const wrong = (what: string): Failure =>
    new Failure('invalid', `Operation ${number} of the patch ${what}.`, { expression, code: 'structure' });
  if (parameter?.['name'] !== 'operation' || !Array.isArray(parameter['part']))
    throw wrong('must be named operation, and have parts');
  const parts = new Map((parameter['part'] as Content[]).map((part) => [part?.['name'], part]));
  const text = (name: string): string => {
    const value = patchValue(parts.get(name) ?? {})?.value;
    if (typeof value !== 'string' || value === '') throw wrong(`needs the part ${name}, a string`);
    return value;
  };
  const whole = (name: string): number => {
    const value = patchValue(parts.get(name) ?? {})?.value;
    if (typeof value !== 'number' || !Number.isInteger(value) || value < 0)
      throw wrong(`needs the part ${name}, a whole number counted from 0`);
    return value;
  };
  const value = (): PatchValue => {
    const given = patchValue(parts.get('value') ?? {});
    if (given === undefined) throw wrong('needs the part value');
    return given;
  };
  const at = { path: path(text('path'), wrong), number };
  switch (text('type')) {
    case 'add':
      return { ...at, type: 'add', name: text('name'), value: value() };
    case 'insert':
      return { ...at, type: 'insert', index: whole('index'), value: value() };
    case 'replace':
      return { ...at, type: 'replace', value: value() };
    case 'delete':
      return { ...at, type: 'delete' };
    case 'move':
      return { ...at, type: 'move', source: whole('source'), destination: whole('destination') };
    default:
      throw wrong('has no type among add, insert, delete, replace, move');
  }
}

function path(text: string, wrong: (what: string) => Failure): string {
  if (text.length > longestPath) throw wrong(`has a path of more than ${longestPath} characters`);
  const called = text.replace(/'(?:[^'\\]|\\.)*'/g, "''").matchAll(/([A-Za-z_]\w*)\s*\(/g);
  for (const [, name] of called)
    if (!functions.has(name!)) throw wrong(`uses a function in its path that leads to no element of the resource`);
  return text;
}

/**
 * The resource after all operations, which apply in their order, all or none. Decimals keep their literals. The resource
 * itself stays as it is.
 *
 * @throws Failure `unprocessable` naming the operation whose path is not there, or whose value does not fit
 */
export function applyFhirPathPatch(
  resource: Resource,
  operations: readonly FhirPathOperation[],
  definitions: Definitions,
): Resource {
  const result = cloneJson(resource);
  for (const operation of operations) {
    try {
      applyOne(result, operation, definitions);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      throw new Failure(
        error.category === 'invalid' ? 'invalid' : 'unprocessable',
        `Operation ${operation.number} of the patch cannot be carried out. ${error.issues[0]!.diagnostics}`,
        { expression: `Parameters.parameter[${operation.number}]`, code: 'processing' },
      );
    }
  }
  return result;
}

const refused = (what: string): Failure => new Failure('unprocessable', what);

function applyOne(resource: Resource, operation: FhirPathOperation, definitions: Definitions): void {
  const places = placesOf(operation.path, resource);
  switch (operation.type) {
    case 'add': {
      const { content, shape } = containerAt(resource, only(places), definitions);
      const field = fieldFor(shape, operation.name, operation.value);
      if (field === undefined) throw refused('The element at its path has no element of that name and type.');
      const taken = [...shape.values()].some(
        ({ name, choice }) =>
          (name === field.name || (choice !== undefined && choice === field.choice)) &&
          (content[name] ?? content[`_${name}`]) !== undefined,
      );
      if (!field.list && taken) throw refused('The element is there already; use replace.');
      putIn(content, field, contentFor(field, operation.value));
      return;
    }
    case 'insert': {
      const { holder, field } = listAt(resource, places, operation.path, definitions);
      const { length } = listOf(holder, field.name, `_${field.name}`);
      if (operation.index > length) throw refused(`The list has ${length} items; the index is beyond them.`);
      putIn(holder, field, contentFor(field, operation.value), operation.index);
      return;
    }
    case 'delete':
      if (places.length > 0) remove(resource, only(places), definitions);
      return;
    case 'replace':
      return replace(resource, only(places), operation.value, definitions);
    case 'move':
      return move(listAt(resource, places, operation.path, definitions), operation);
  }
}

function only(places: readonly ElementPlace[]): ElementPlace {
  if (places.length === 1) return places[0]!;
  throw refused(places.length === 0 ? 'There is nothing at its path.' : 'Its path leads to more than one element.');
}

interface Container {
  readonly content: Content;
  readonly shape: ElementShape;
}

/** What stands at a place, as an object that elements can be put into: of a primitive that is its companion. */
function containerAt(resource: Resource, place: ElementPlace, definitions: Definitions): Container {
  let content: Content = resource;
  let shape = elementShape(definitions, resource.resourceType)!;
  for (let step = 0; step < place.length; step += 1) {
    const name = place[step] as string;
    const index = typeof place[step + 1] === 'number' ? (place[(step += 1)] as number) : undefined;
    const field = shape.get(name);
    if (field === undefined || field.kind === 'attribute' || field.kind === 'xhtml')
      throw refused('Its path leads to what nothing can be put into.');
    content = field.kind === 'primitive' ? companionOf(content, field, index) : inside(content[name], index);
    shape = field.kind === 'resource' ? elementShape(definitions, (content as Resource).resourceType)! : field.shape();
  }
  return { content, shape };
}

const inside = (value: unknown, index: number | undefined): Content =>
  (index === undefined ? value : (value as unknown[])[index]) as Content;

function companionOf(content: Content, field: ElementField, index: number | undefined): Content {
  const companion = `_${field.name}`;
  if (index === undefined) return (content[companion] ??= {}) as Content;
  const extras = listOf(content, companion, field.name);
  content[companion] = extras;
  return (extras[index] ??= {}) as Content;
}

interface Holder {
  readonly holder: Content;
  readonly field: ElementField;
  readonly index?: number;
}

/** The object that an element stands in. */
function holderOf(resource: Resource, place: ElementPlace, definitions: Definitions): Holder {
  const last = place.at(-1);
  if (last === undefined) throw refused('The resource itself can be neither replaced nor deleted.');
  const cut = typeof last === 'number' ? -2 : -1;
  const { content: holder, shape } = containerAt(resource, place.slice(0, cut), definitions);
  const field = shape.get(place.at(cut) as string);
  if (field === undefined) throw refused('Its path leads to what is no element.');
  return { holder, field, ...(typeof last === 'number' ? { index: last } : {}) };
}

/** The list whose items were found; where there are none yet, the one that the last name of the path means. */
function listAt(resource: Resource, places: readonly ElementPlace[], text: string, definitions: Definitions): Holder {
  const holders = places.map((place) => holderOf(resource, place, definitions));
  const [first] = holders;
  if (first !== undefined) {
    if (holders.some(({ holder, field }) => holder !== first.holder || field !== first.field))
      throw refused('Its path leads to more than one list.');
    if (!first.field.list) throw refused('Its path leads to an element that is no list.');
    return first;
  }
  const [, outer = '', name = ''] = /^(.+)\.(\w+)$/.exec(text) ?? [];
  if (name === '') throw refused('There is nothing at its path.');
  const { content, shape } = containerAt(resource, only(placesOf(outer, resource)), definitions);
  const field = shape.get(name);
  if (field?.list !== true) throw refused('Its path leads to no list.');
  return { holder: content, field };
}

function remove(resource: Resource, place: ElementPlace, definitions: Definitions): void {
  const { holder, field, index } = holderOf(resource, place, definitions);
  const companion = `_${field.name}`;
  if (index === undefined) {
    delete holder[field.name];
    delete holder[companion];
    return;
  }
  const values = listOf(holder, field.name, companion);
  const extras = listOf(holder, companion, field.name);
  values.splice(index, 1);
  extras.splice(index, 1);
  holder[field.name] = values;
  setExtras(holder, field.name, extras);
}

function replace(resource: Resource, place: ElementPlace, given: PatchValue, definitions: Definitions): void {
  const { holder, field, index } = holderOf(resource, place, definitions);
  if (index !== undefined) {
    const content = contentFor(field, given);
    remove(resource, place, definitions);
    putIn(holder, field, content, index);
    return;
  }
  const { shape } = containerAt(resource, place.slice(0, -1), definitions);
  const into = field.choice === undefined ? field : fieldFor(shape, field.choice, given);
  if (into === undefined) throw refused('A value of this type has no place there.');
  const content = contentFor(into, given);
  remove(resource, place, definitions);
  putIn(holder, into, content);
}

function move({ holder, field }: Holder, { source, destination }: { source: number; destination: number }): void {
  const companion = `_${field.name}`;
  const values = listOf(holder, field.name, companion);
  const extras = listOf(holder, companion, field.name);
  if (source >= values.length || destination >= values.length)
    throw refused(`The list has ${values.length} items; source or destination is beyond them.`);
  for (const list of [values, extras]) list.splice(destination, 0, ...list.splice(source, 1));
  holder[field.name] = values;
  setExtras(holder, field.name, extras);
}
