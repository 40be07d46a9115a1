import fhirpath from 'fhirpath';
import r4 from 'fhirpath/fhir-context/r4';
import { Failure } from '../kernel/failure.js';
import { withinTime } from '../kernel/within-time.js';
import { Decimal, numFrom } from './json.js';

/** Evaluates an expression on a resource or, where compiled with `base`, on that element of one. */
export type CompiledPath = (input: unknown, environment?: Readonly<Record<string, unknown>>) => unknown[];

const compiled = new Map<string, CompiledPath>();
const mostCompiled = 5000;
/** Milliseconds that a client's expression may take. */
const longest = 1000;

/**
 * A FHIRPath expression as a function, R4's model included; compiled once. Decimals go in and come out without loss.
 * https://hl7.org/fhirpath/N1/
 *
 * @param base the path of the element it is evaluated on, for example `Questionnaire.item`; absent = a whole resource
 * @throws Failure `invalid` where the expression can't be parsed; the function throws it where it can't be evaluated
 */
export function compilePath(expression: string, base?: string): CompiledPath {
  const key = `${base ?? ''} ${expression}`;
  let found = compiled.get(key);
  if (found === undefined) {
    found = compileNew(expression, base);
    if (compiled.size >= mostCompiled) compiled.clear(); // expressions may come from clients
    compiled.set(key, found);
  }
  return found;
}

function compileNew(expression: string, base: string | undefined): CompiledPath {
  const evaluate = failing(() =>
    fhirpath.compile(base === undefined ? expression : { base, expression }, r4, {
      async: false,
      traceFn: () => {},
      resolveInternalTypes: false,
    }),
  );
  return (input, environment = {}) => {
    const result = failing(() =>
      evaluate(withoutDecimals(input), withoutDecimals(environment) as Record<string, unknown>),
    );
    return (result as unknown[]).map(resultItem);
  };
}

/** Where an element stands: names and indexes below the resource; none: the resource itself. */
export type ElementPlace = readonly (string | number)[];

interface EngineNode {
  readonly parentResNode: EngineNode | null;
  readonly propName: string | null;
  readonly index: number | null;
  readonly fhirNodeDataType: string | null;
  readonly data: unknown;
}

/**
 * Where the elements stand that an expression finds in a resource. Names are those of JSON, `valueQuantity` for a choice.
 *
 * @throws Failure `invalid` where it cannot be evaluated in a second, or gives what is no element of the resource
 */
export function placesOf(expression: string, resource: object): readonly ElementPlace[] {
  const input = withoutDecimals(resource);
  const found = failing(() => {
    const evaluate = fhirpath.compile(expression, r4, { async: false, traceFn: () => {}, resolveInternalTypes: false });
    return withinTime(longest, () => evaluate(input as Record<string, unknown>, {}) as unknown[]);
  });
  return found.map((item) => {
    const place = typeof item === 'object' && item !== null ? placeOf(item as EngineNode) : undefined;
    if (place === undefined)
      throw new Failure('invalid', 'This FHIRPath expression does not lead to elements of the resource.');
    return place;
  });
}

function placeOf(node: EngineNode): ElementPlace | undefined {
  if (!('parentResNode' in node)) return undefined;
  const { parentResNode: parent, propName, index } = node;
  if (parent === null) return [];
  const outer = placeOf(parent);
  if (outer === undefined || propName === null) return undefined;
  const holder = (parent.data ?? {}) as Record<string, unknown>;
  const name = nameIn(holder, propName, node.fhirNodeDataType ?? '');
  const value = holder[name];
  const at = index ?? (Array.isArray(value) ? value.indexOf(node.data) : undefined);
  if (at === -1) return undefined;
  return at === undefined ? [...outer, name] : [...outer, name, at];
}

/** The engine calls a choice by its short name. */
function nameIn(holder: Readonly<Record<string, unknown>>, name: string, type: string): string {
  if (name in holder || `_${name}` in holder) return name;
  return name + type.slice(0, 1).toUpperCase() + type.slice(1);
}

/** Whether an expression can be parsed. */
export function isPath(expression: string): boolean {
  try {
    fhirpath.parse(expression);
    return true;
  } catch {
    return false;
  }
}

function failing<T>(work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw new Failure('invalid', 'This FHIRPath expression cannot be evaluated.', { cause });
  }
}

/** The value itself where it holds no `Decimal`, else a copy with the engine's own decimals. */
function withoutDecimals(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Decimal) return engineDecimal(value);
  let copy: Record<string, unknown> | undefined;
  for (const key in value) {
    const item = (value as Record<string, unknown>)[key];
    const converted = withoutDecimals(item);
    if (converted === item) continue;
    copy ??= (Array.isArray(value) ? [...(value as unknown[])] : { ...value }) as Record<string, unknown>;
    copy[key] = converted;
  }
  return copy ?? value;
}

/** The literals of the decimals given to the engine: one that merely passes through comes out as it went in. */
const originals = new WeakMap<object, Decimal>();

function engineDecimal(decimal: Decimal): object {
  const converted = fhirpath.FP_Decimal.getDecimal(decimal.literal);
  originals.set(converted, decimal);
  return converted;
}

/** An item of the result: a node holds the very value that went in; anything else was calculated. */
function resultItem(item: unknown): unknown {
  if (typeof item !== 'object' || item === null) return item;
  if ('data' in item && 'fhirNodeDataType' in item) return fromEngine(item.data);
  if (item instanceof fhirpath.FP_Decimal) return numFrom(item.toString());
  return fromEngine(fhirpath.resolveInternalTypes(item));
}

function fromEngine(value: unknown): unknown {
  if (value instanceof fhirpath.FP_Decimal) return originals.get(value) ?? numFrom(value.toString());
  if (typeof value !== 'object' || value === null || value.constructor !== Object) return value;
  let copy: Record<string, unknown> | undefined;
  for (const key in value) {
    const item = (value as Record<string, unknown>)[key];
    const converted = Array.isArray(item) ? item.map(fromEngine) : fromEngine(item);
    if (converted !== item && !Array.isArray(item)) (copy ??= { ...value })[key] = converted;
    else if (Array.isArray(item) && (converted as unknown[]).some((one, index) => one !== item[index]))
      (copy ??= { ...value })[key] = converted;
  }
  return copy ?? value;
}
