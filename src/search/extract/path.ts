import { createRequire } from 'node:module';
import type { Resource } from '../../fhir/resource.js';
import { compilePath as compileAny } from '../../fhir/fhirpath.js';
import { isPlainPath } from '../own-parameter.js';
import { withinTime } from '../../kernel/within-time.js';
import type { ParameterDefinition } from '../parameter.js';
import { splitOutside } from '../split-outside.js';
import { asRecord, type Collect, type Extraction } from './extraction.js';

/**
 * Compiles one branch of a search parameter's expression to a closure that hands every value it finds to `collect`.
 * Known: element, `name.ofType(T)`, `[n]`, `.where(resolve() is T)`, `.where(name='text')`, and
 * `X.exists() and X != false`. Everything else goes to the FHIRPath engine.
 *
 * @param elements repeating elements: rows from below one of them say in which repetition they stand
 */
export function compilePath(branch: string, collect: Collect, elements: ReadonlySet<string> = none): Collect {
  const steps = splitOutside(branch, '.');
  const presence = /^([A-Za-z.]+)\.exists\(\) and \1 != false$/.exec(branch);
  if (presence !== null) return compilePresence(presence[1]!, collect);
  const compiled = compileSteps(steps, collect, elements);
  return compiled ?? compileFhirPath(branch, collect);
}

function compileSteps(steps: readonly string[], collect: Collect, elements: ReadonlySet<string>): Collect | undefined {
  let next = collect;
  for (let at = steps.length - 1; at >= 1; at -= 1) {
    const step = steps[at]!;
    const type = /^ofType\(([A-Za-z]+)\)$/.exec(step)?.[1];
    let compiled: Collect | undefined;
    if (elements.has(steps.slice(0, at + 1).join('.'))) next = numbering(next);
    if (type !== undefined && at > 1) {
      at -= 1;
      compiled = choice(steps[at]!, type, next);
    } else compiled = compileStep(step, next);
    if (compiled === undefined) return undefined;
    next = compiled;
  }
  return next;
}

const none: ReadonlySet<string> = new Set();

/** Rows that one repetition adds get its number. */
function numbering(next: Collect): Collect {
  return (value, extraction) => {
    const element = extraction.met;
    extraction.met += 1;
    const { rows } = extraction;
    const before = rows.length;
    next(value, extraction);
    for (let at = before; at < rows.length; at += 1) {
      const row = rows[at]!;
      if (row.kind !== 'date' && row.kind !== 'uri' && row.kind !== 'position') rows[at] = { ...row, element };
    }
  };
}

function compileStep(step: string, next: Collect): Collect | undefined {
  const element = /^([A-Za-z]+)(?:\[(\d+)\])?$/.exec(step);
  if (element !== null) return child(element[1]!, element[2] === undefined ? undefined : Number(element[2]), next);
  const target = /^where\(resolve\(\) is ([A-Za-z]+)\)$/.exec(step)?.[1];
  if (target !== undefined)
    return (value, extraction) => (pointsTo(value, target) ? next(value, extraction) : undefined);
  const equal = /^where\(([A-Za-z]+)\s*=\s*'([^']*)'\)$/.exec(step);
  if (equal === null) return undefined;
  const [, name = '', text] = equal;
  return (value, extraction) => (asRecord(value)?.[name] === text ? next(value, extraction) : undefined);
}

function child(name: string, index: number | undefined, next: Collect): Collect {
  return (value, extraction) => {
    if (typeof value !== 'object' || value === null) return;
    const found = (value as Record<string, unknown>)[name];
    if (found === undefined || found === null) return;
    if (!Array.isArray(found)) {
      if (index === undefined || index === 0) next(found, extraction);
    } else if (index === undefined) each(found, extraction, next);
    else if (found[index] !== undefined && found[index] !== null) next(found[index], extraction);
  };
}

/** `value.ofType(Quantity)` is `valueQuantity`; `status.ofType(code)` of an element without choice is `status`. */
function choice(name: string, type: string, next: Collect): Collect {
  const own = name + type.charAt(0).toUpperCase() + type.slice(1);
  return (value, extraction) => {
    if (typeof value !== 'object' || value === null) return;
    const record = value as Record<string, unknown>;
    const found = record[own] ?? record[name];
    if (found === undefined || found === null) return;
    if (Array.isArray(found)) each(found, extraction, next);
    else next(found, extraction);
  };
}

function each(values: readonly unknown[], extraction: Extraction, next: Collect): void {
  for (const value of values) if (value !== undefined && value !== null) next(value, extraction);
}

/** `resolve() is T` by what the reference says of itself; nothing is fetched. */
function pointsTo(value: unknown, type: string): boolean {
  const reference = asRecord(value);
  if (reference === undefined) return typeof value === 'string' && named(value, type);
  if (reference['resourceType'] !== undefined) return reference['resourceType'] === type;
  if (typeof reference['reference'] === 'string' && !reference['reference'].startsWith('#'))
    return named(reference['reference'], type);
  return reference['type'] === type;
}

const named = (reference: string, type: string): boolean =>
  reference.startsWith(`${type}/`) || reference.includes(`/${type}/`);

function compilePresence(path: string, collect: Collect): Collect {
  const name = path.slice(path.indexOf('.') + 1);
  return (value, extraction) => {
    const resource = asRecord(value) ?? {};
    const key = Object.keys(resource).find((own) => own.startsWith(name) && /^[A-Z]/.test(own.slice(name.length)));
    collect(key !== undefined && resource[key] !== false && resource[key] !== null, extraction);
  };
}

interface FhirPath {
  compile(expression: string, model: unknown): (resource: Resource) => readonly unknown[];
}

/** As `compilePath`; what the operator wrote in more than plain steps goes to the FHIRPath engine as a whole. */
export const compileBranch = (
  { own }: Pick<ParameterDefinition, 'own'>,
  branch: string,
  collect: Collect,
  elements: ReadonlySet<string> = none,
): Collect =>
  own === true && !isPlainPath(branch) && !branch.includes('resolve()')
    ? compileExpression(branch, collect)
    : compilePath(branch, collect, elements);

/** What an operator's own expression could take for ever by; R4's use none of it. */
const risky = /\b(?:matches|replaceMatches|repeat|descendants|children)\(/;
/** Milliseconds; what takes longer finds nothing. */
const longest = 500;

function compileExpression(expression: string, collect: Collect): Collect {
  const evaluate = compileAny(expression);
  const isRisky = risky.test(expression);
  return (value, extraction) => {
    let found: readonly unknown[];
    try {
      found = isRisky ? withinTime(longest, () => evaluate(value)) : evaluate(value);
    } catch {
      return; // an expression that does not fit this resource finds nothing in it
    }
    for (const item of found) collect(item, extraction);
  };
}

function compileFhirPath(branch: string, collect: Collect): Collect {
  const require = createRequire(import.meta.url);
  const evaluate = (require('fhirpath') as FhirPath).compile(branch, require('fhirpath/fhir-context/r4'));
  return (value, extraction) => {
    let found: readonly unknown[];
    try {
      found = evaluate(value as Resource);
    } catch {
      return; // an expression that does not fit this resource finds nothing in it
    }
    for (const item of found) collect(item, extraction);
  };
}
