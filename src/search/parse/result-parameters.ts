// https://hl7.org/fhir/R4/search.html#return
import { Failure } from '../../kernel/failure.js';
import { columnParameters } from '../parameter.js';
import type { SearchRegistry } from '../registry.js';
import { didYouMean } from './alternatives.js';
import { knownParameter } from './parameter-lookup.js';
import { measured, sortKeys } from './parse-sort.js';
import type { Condition, Include, SearchRequest, SortKey } from './request.js';

/** The part of a request that says what to give back, while it is read. */
export interface ResultPart {
  types?: readonly string[];
  sort: readonly SortKey[];
  count: number;
  cursor?: string;
  includes: readonly Include[];
  revincludes: readonly Include[];
  total: SearchRequest['total'];
  summary: SearchRequest['summary'];
  elements: readonly string[];
  contained?: { readonly which?: 'true' | 'false' | 'both'; readonly as?: 'container' | 'contained' };
}

export const newResult = (count: number): ResultPart => ({
  sort: [],
  count,
  includes: [],
  revincludes: [],
  total: 'none',
  summary: 'false',
  elements: [],
});

/**
 * The result part once everything is read.
 *
 * @throws Failure `invalid` for a sort by what is not searched for, and for contained resources of no type
 */
export function finished(
  { contained, ...result }: ResultPart,
  conditions: readonly Condition[],
  type: string | undefined,
): Omit<ResultPart, 'contained'> & Pick<SearchRequest, 'contained'> {
  const sort = measured(result.sort, conditions);
  const { which = 'false', as = 'container' } = contained ?? {};
  if (which === 'false') return { ...result, sort };
  if (type === undefined) throw new Failure('invalid', '_contained needs a search of one type.');
  if (sort.some(({ parameter }) => !columnParameters.has(parameter.code)))
    throw new Failure('invalid', 'With _contained the _sort is by _id or _lastUpdated, of what contains.', {
      code: 'not-supported',
    });
  return { ...result, sort, contained: { which, as } };
}

/** A search of ours, without anything that only a client asks for: at most `count` matches, the newest first. */
export const plainSearch = (type: string, conditions: readonly Condition[], count: number): SearchRequest => ({
  ...finished(newResult(count), conditions, type),
  type,
  conditions,
  warnings: [],
  pairs: [],
});

interface ResultContext {
  readonly type: string | undefined;
  /** The address says the type, not `_type`. */
  readonly isTyped: boolean;
  readonly registry: SearchRegistry;
  readonly largestCount: number;
}

const mostIncludes = 20;
const mostSortKeys = 5;

type Reader = (result: ResultPart, value: string, context: ResultContext, modifier: string | undefined) => void;

const readers: Readonly<Record<string, Reader>> = {
  _sort: (result, value, context) => {
    result.sort = [...result.sort, ...list(value).flatMap((key) => sortKeys(key, context.type, context.registry))];
    if (result.sort.length > mostSortKeys)
      throw new Failure('too-costly', `_sort takes at most ${mostSortKeys} parameters.`);
  },
  _count: (result, value, { largestCount }) => {
    if (!/^\d{1,9}$/.test(value)) throw new Failure('invalid', '_count takes a whole number from 0 up.');
    result.count = Math.min(Number(value), largestCount);
  },
  _cursor: (result, value) => {
    result.cursor = value;
  },
  _include: (result, value, context, modifier) => {
    result.includes = limited([...result.includes, include(value, { ...context, modifier, name: '_include' })]);
  },
  _revinclude: (result, value, context, modifier) => {
    result.revincludes = limited([
      ...result.revincludes,
      include(value, { ...context, modifier, name: '_revinclude' }),
    ]);
  },
  _total: (result, value) => {
    result.total = oneOf('_total', value, ['none', 'estimate', 'accurate']);
  },
  _summary: (result, value) => {
    result.summary = oneOf('_summary', value, ['true', 'text', 'data', 'count', 'false']);
  },
  _elements: (result, value) => {
    result.elements = [...result.elements, ...list(value)];
  },
  _type: (result, value, { isTyped, registry }) => {
    if (isTyped) throw new Failure('invalid', '_type is for searches over all types.');
    const unknown = list(value).find((name) => !registry.types.has(name));
    if (unknown !== undefined) throw new Failure('invalid', '_type names what is not a resource type.');
    result.types = list(value);
  },
  _contained: (result, value) => {
    const which = oneOf('_contained', value, ['true', 'false', 'both']);
    result.contained = { ...result.contained, which };
  },
  _containedType: (result, value) => {
    result.contained = { ...result.contained, as: oneOf('_containedType', value, ['container', 'contained'] as const) };
  },
  _format: () => {},
  _pretty: () => {},
};

/** Read by the server, but of no concern to the search itself. */
const silent: ReadonlySet<string> = new Set(['_format', '_pretty']);

export const isResultParameter = (name: string): boolean => Object.hasOwn(readers, name.split(':')[0] ?? '');

/**
 * Reads one result parameter into `result`. Given twice, the last one counts, save for lists.
 *
 * @returns whether it belongs to the search (and its links)
 * @throws Failure `invalid`
 */
export function parseResultParameter(result: ResultPart, name: string, value: string, context: ResultContext): boolean {
  const [code = '', modifier] = name.split(':');
  if (modifier !== undefined && !(code.endsWith('include') && (modifier === 'iterate' || modifier === 'recurse'))) {
    throw new Failure('invalid', `${code} does not take that modifier.`, { code: 'not-supported' });
  }
  readers[code]!(result, value, context, modifier);
  return !silent.has(code);
}

const list = (value: string): readonly string[] =>
  value
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');

function oneOf<Choice extends string>(name: string, value: string, choices: readonly Choice[]): Choice {
  const found = choices.find((choice) => choice === value);
  if (found === undefined) throw new Failure('invalid', `${name} takes ${choices.join(', ')}.`);
  return found;
}

function limited(includes: readonly Include[]): readonly Include[] {
  if (includes.length > mostIncludes)
    throw new Failure('too-costly', `At most ${mostIncludes} _include and ${mostIncludes} _revinclude.`);
  return includes;
}

/** `*`, `Type:*`, `Type:parameter` or `Type:parameter:Target`. */
function include(
  value: string,
  context: ResultContext & { readonly modifier: string | undefined; readonly name: string },
): Include {
  const { registry, name } = context;
  const iterate = context.modifier !== undefined;
  if (value === '*') return { iterate };
  const [holder = '', code = '', target, ...more] = value.split(':');
  if (!registry.types.has(holder) || code === '' || more.length > 0) {
    throw new Failure(
      'invalid',
      `${name} takes Type:parameter or Type:parameter:TargetType.${didYouMean(holder, registry.types)}`,
    );
  }
  if (target !== undefined && !registry.types.has(target))
    throw new Failure('invalid', `${name}: the target is not a resource type.`);
  const to = target !== undefined && target !== '' ? { target } : {};
  if (code === '*') return { type: holder, iterate, ...to };
  const parameter = knownParameter(holder, code, registry);
  if (parameter.kind !== 'reference') throw new Failure('invalid', `${name}: ${code} of ${holder} is no reference.`);
  return { type: holder, parameter, iterate, ...to };
}
