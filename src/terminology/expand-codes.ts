// https://hl7.org/fhir/R4/valueset.html#compositions
import type { Resource } from '../fhir/resource.js';
import type { ValueSet } from '../fhir/value-set.js';
import { Failure } from '../kernel/failure.js';
import { CodeHierarchy } from './code-system.js';

export interface SystemCode {
  readonly system: string;
  readonly code: string;
}

/** A member of a value set, with what is said of it there or in its code system. */
export interface Member extends SystemCode {
  readonly version?: string;
  readonly display?: string;
  readonly designation?: readonly unknown[];
  readonly isAbstract?: boolean;
  readonly isInactive?: boolean;
}

/** Where value sets and code systems come from. A canonical URL may end with `|version`. */
export interface TerminologySource {
  /** A stored ValueSet, by canonical URL or as `ValueSet/id`. */
  valueSet(url: string): Promise<Resource | undefined>;
  codeSystem(url: string): Promise<Resource | undefined>;
  /** The list of codes of a value set of R4 itself, where its resource cannot be had. */
  standard(url: string): ValueSet | undefined;
  /** Whether a code system has a code, where its grammar tells that and no list does (UCUM). */
  readonly exists?: (system: string, code: string) => boolean | undefined;
}

const mostCodes = 20_000;
const deepest = 10;

/**
 * The codes of a value set, each once.
 *
 * @throws Failure `invalid` naming the value set or code system that is not known here or cannot be listed; `too-costly`
 *   above 20,000 codes
 */
export async function codesOfValueSet(
  url: string,
  source: TerminologySource,
  within: readonly string[] = [],
): Promise<readonly Member[]> {
  if (within.includes(url) || within.length > deepest)
    throw unresolved(`The value set ${named(url)} includes itself, or others too deep inside each other.`);
  const stored = await source.valueSet(url);
  return stored === undefined ? standardCodes(url, source) : membersOf(stored, source, [...within, url]);
}

/**
 * The members of a value set, each once, in the order of its definition.
 *
 * @param within value sets that it is being listed for
 * @throws Failure as `codesOfValueSet`
 */
export async function membersOf(
  stored: Resource,
  source: TerminologySource,
  within: readonly string[] = [],
): Promise<readonly Member[]> {
  const url = within.at(-1) ?? String(stored['url'] ?? 'that was given');
  const compose = record(stored['compose']);
  const expansion = record(stored['expansion']);
  if (compose === undefined) {
    if (expansion === undefined) return [];
    return list(expansion['contains']).flatMap(contained);
  }
  const found = new Map<string, Member>();
  for (const part of list(compose['include']))
    for (const one of await codesOfPart(part, source, within)) {
      found.set(`${one.system}|${one.code}`, one);
      if (found.size > mostCodes)
        throw new Failure('too-costly', `The value set ${named(url)} has more than ${mostCodes} codes.`);
    }
  for (const part of list(compose['exclude']))
    for (const one of await codesOfPart(part, source, within)) found.delete(`${one.system}|${one.code}`);
  return [...found.values()];
}

/**
 * The code with all that it subsumes (`below`) or that subsume it (`above`).
 *
 * @throws Failure `invalid` naming the code system where it is not known here
 */
export async function subsumedCodes(
  { system, code }: SystemCode,
  direction: 'above' | 'below',
  source: TerminologySource,
): Promise<readonly SystemCode[]> {
  const hierarchy = await hierarchyOf(system, source);
  return [...hierarchy[direction](code)].map((one) => ({ system, code: one }));
}

function standardCodes(url: string, source: TerminologySource): readonly SystemCode[] {
  const standard = source.standard(url.split('|')[0]!);
  if (standard === undefined) throw unresolved(`The value set ${named(url)} is not known here.`);
  if (!standard.isComplete) throw unresolved(`The codes of the value set ${named(url)} cannot be listed.`);
  return standard.systems.flatMap((system) => [...standard.codesOf(system)].map((code) => ({ system, code })));
}

/** One include or exclude: what all of its value sets, and its system, have in common. @throws Failure as `codesOfValueSet` */
export async function codesOfPart(
  part: Readonly<Record<string, unknown>>,
  source: TerminologySource,
  within: readonly string[],
): Promise<readonly Member[]> {
  const sets: (readonly Member[])[] = [];
  for (const other of Array.isArray(part['valueSet']) ? part['valueSet'] : [])
    sets.push(await codesOfValueSet(String(other), source, within));
  const { system } = part;
  if (typeof system === 'string') sets.push(await codesOfSystem(system, part, source));
  const [first = [], ...rest] = sets;
  return rest.reduce((common, set) => {
    const keys = new Set(set.map((one) => `${one.system}|${one.code}`));
    return common.filter((one) => keys.has(`${one.system}|${one.code}`));
  }, first);
}

async function codesOfSystem(
  system: string,
  part: Readonly<Record<string, unknown>>,
  source: TerminologySource,
): Promise<readonly Member[]> {
  const listed = list(part['concept']);
  const asked = typeof part['version'] === 'string' ? part['version'] : undefined;
  const name = asked === undefined ? system : `${system}|${asked}`;
  if (listed.length > 0) {
    const definition = await source.codeSystem(name);
    const hierarchy = definition === undefined ? undefined : hierarchyFrom(definition);
    return listed.flatMap((concept) => {
      const { code, display, designation } = concept;
      if (typeof code !== 'string') return [];
      return [
        {
          ...memberFrom(system, code, hierarchy, asked),
          ...(typeof display === 'string' && { display }),
          ...(Array.isArray(designation) && { designation: designation as unknown[] }),
        },
      ];
    });
  }
  const hierarchy = await hierarchyOf(name, source);
  const filters = list(part['filter']).map((filter) => filterOf(filter, hierarchy, system));
  return hierarchy.codes
    .filter((code) => filters.every((passes) => passes(code)))
    .map((code) => memberFrom(system, code, hierarchy, asked));
}

/** What the code system says of the code, if it is here. */
function memberFrom(
  system: string,
  code: string,
  hierarchy: CodeHierarchy | undefined,
  asked: string | undefined,
): Member {
  const concept = hierarchy?.find(code)?.concept;
  const version = asked ?? hierarchy?.codeSystem['version'];
  return {
    system,
    code,
    ...(typeof version === 'string' && { version }),
    ...(typeof concept?.display === 'string' && { display: concept.display }),
    ...(Array.isArray(concept?.designation) && { designation: concept.designation as unknown[] }),
    ...(hierarchy?.isAbstract(code) === true && { isAbstract: true }),
    ...(hierarchy?.isInactive(code) === true && { isInactive: true }),
  };
}

type Passes = (code: string) => boolean;

/** https://hl7.org/fhir/R4/valueset-filter-operator.html */
function filterOf(filter: Readonly<Record<string, unknown>>, hierarchy: CodeHierarchy, system: string): Passes {
  const [property, op, value] = [filter['property'], filter['op'], filter['value']].map(String) as [
    string,
    string,
    string,
  ];
  const values = new Set(value.split(',').map((one) => one.trim()));
  const has = (code: string): boolean => hierarchy.property(code, property).some((one) => values.has(one));
  switch (op) {
    case 'is-a':
      return memberOf(hierarchy.below(value));
    case 'descendent-of': {
      const below = hierarchy.below(value);
      return (code) => code !== value && below.has(code);
    }
    case 'is-not-a': {
      const below = hierarchy.below(value);
      return (code) => !below.has(code);
    }
    case 'generalizes':
      return memberOf(hierarchy.above(value));
    case '=':
    case 'in':
      return property === 'code' || property === 'concept' ? (code) => values.has(code) : has;
    case 'not-in':
      return property === 'code' || property === 'concept' ? (code) => !values.has(code) : (code) => !has(code);
    case 'exists':
      return (code) => hierarchy.property(code, property).length > 0 === (value === 'true');
    default:
      throw unresolved(`A filter of the operation ${named(op)} on ${named(system)} is not supported.`);
  }
}

const memberOf =
  (codes: ReadonlySet<string>): Passes =>
  (code) =>
    codes.has(code);

/** @throws Failure invalid where the code system, or what codes it has, is not known */
export async function hierarchyOf(system: string, source: TerminologySource): Promise<CodeHierarchy> {
  const stored = await source.codeSystem(system);
  if (stored === undefined)
    throw unresolved(`The code system ${named(system)} is not known here; store its CodeSystem, or list the codes.`);
  const hierarchy = hierarchyFrom(stored);
  if (stored['content'] === 'not-present')
    throw unresolved(`The codes of the code system ${named(system)} are not known here, only its name.`);
  return hierarchy;
}

const hierarchies = new WeakMap<Resource, CodeHierarchy>();

/** Read once for each resource. */
export function hierarchyFrom(codeSystem: Resource): CodeHierarchy {
  let hierarchy = hierarchies.get(codeSystem);
  if (hierarchy === undefined) hierarchies.set(codeSystem, (hierarchy = new CodeHierarchy(codeSystem)));
  return hierarchy;
}

function contained(entry: Readonly<Record<string, unknown>>): readonly Member[] {
  const { system, code, abstract, display, designation, version, inactive } = entry;
  const below = list(entry['contains']).flatMap(contained);
  if (typeof code !== 'string' || abstract === true) return below;
  return [
    {
      system: typeof system === 'string' ? system : '',
      code,
      ...(typeof version === 'string' && { version }),
      ...(typeof display === 'string' && { display }),
      ...(Array.isArray(designation) && { designation: designation as unknown[] }),
      ...(inactive === true && { isInactive: true }),
    },
    ...below,
  ];
}

const record = (value: unknown): Readonly<Record<string, unknown>> | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
const list = (value: unknown): readonly Readonly<Record<string, unknown>>[] =>
  Array.isArray(value) ? value.map(record).filter((one) => one !== undefined) : [];

/** URLs go into messages, unless they hold what could be a number of a person. */
const named = (url: string): string => (/\d{9,}/.test(url) || url.length > 200 ? 'that was asked for' : url);

const unresolved = (message: string): Failure => new Failure('invalid', message, { code: 'not-found' });
