import { Failure } from '../../kernel/failure.js';
import type { Resource } from '../../fhir/resource.js';
import { extractRows, type ExtractOptions } from '../extract/extract-rows.js';
import { rangeOf } from '../extract/date.js';
import type { IndexRow } from '../index-row.js';
import type { SearchParameter } from '../parameter.js';
import type {
  Condition,
  DateValue,
  MatchCondition,
  MissingCondition,
  SearchRequest,
  TogetherCondition,
  TokenValue,
} from '../parse/request.js';
import { isMediaType } from '../parse/parse-value.js';
import type { SearchRegistry } from '../registry.js';
import { matchDate } from './match-date.js';
import { matchRow, pointsTo } from './match-row.js';

/** What is known of a resource beyond its text. */
export interface MatchOptions extends ExtractOptions {
  /** Ids of the Patients that logical references of the resource resolve to (decision 3), by `system|value`. */
  readonly patients?: ReadonlyMap<string, string>;
}

/** @param rows the search rows of the resource, where they were extracted already */
export type Matcher = (resource: Resource, rows?: readonly IndexRow[], options?: MatchOptions) => boolean;

type Test = (resource: Resource, rows: readonly IndexRow[], options: MatchOptions) => boolean;

/**
 * The same answer as the database's to «is this resource a match», for one resource in memory.
 *
 * @throws Failure `invalid` for chained parameters and `_has`: they ask other resources
 */
export function compileMatcher(request: SearchRequest, registry: SearchRegistry): Matcher {
  if (request.contained !== undefined)
    throw new Failure('invalid', 'Contained resources can be asked for only in a search of what is stored.', {
      code: 'not-supported',
    });
  const tests = request.conditions.map(compileCondition);
  const { type, types } = request;
  return (resource, rows, options = {}) => {
    if (
      type !== undefined
        ? resource.resourceType !== type
        : types !== undefined && !types.includes(resource.resourceType)
    )
      return false;
    const known = rows ?? extractRows(resource, registry, options);
    return tests.every((test) => test(resource, known, options));
  };
}

function compileCondition(condition: Condition): Test {
  switch (condition.op) {
    case 'match':
      return compileMatch(condition);
    case 'missing':
      return compileMissing(condition);
    case 'together':
      return compileTogether(condition);
    case 'not': {
      const test = compileCondition(condition.condition);
      return (...all) => !test(...all);
    }
    case 'typed': {
      const test = compileCondition(condition.condition);
      return (resource, ...rest) => resource.resourceType === condition.type && test(resource, ...rest);
    }
    case 'all': {
      const tests = condition.conditions.map(compileCondition);
      return (resource, rows, options) => tests.every((test) => test(resource, rows, options));
    }
    case 'any': {
      const tests = condition.conditions.map(compileCondition);
      return (resource, rows, options) => tests.some((test) => test(resource, rows, options));
    }
    case 'words':
      throw new Failure('invalid', 'Full text can be asked for only in a search of what is stored.', {
        code: 'not-supported',
      });
    case 'compartment':
      throw new Failure('invalid', 'A compartment can be asked for only in a search of what is stored.', {
        code: 'not-supported',
      });
    case 'chain':
    case 'has':
      throw new Failure(
        'invalid',
        `Parameter ${condition.parameter.code} asks other resources; only those of the resource itself can be used here.`,
        { code: 'not-supported' },
      );
  }
}

function compileMatch(condition: MatchCondition): Test {
  const { parameter, values, not } = condition;
  if (parameter.code === '_id') {
    const ids = new Set((values as readonly TokenValue[]).map((value) => value.code));
    return ({ id }) => ids.has(id) !== (not || condition.unequal === true);
  }
  if (parameter.code === '_lastUpdated')
    return (resource) => values.some((value) => updated(resource, value as DateValue));
  const others = resolvedByStore(condition);
  if (others !== undefined)
    throw new Failure('invalid', `The modifier :${others} asks other resources; it can be used only in a search.`, {
      code: 'not-supported',
    });
  const found: Test = (_resource, rows, options) => rows.some((row) => fulfils(row, condition, options));
  return not ? (...all) => !found(...all) : found;
}

function fulfils(
  row: IndexRow,
  { parameter, values, how, unequal }: MatchCondition,
  { patients }: MatchOptions,
): boolean {
  if (!belongs(row, parameter)) return false;
  return values.some((value) => matchRow(row, value, { how, parameter, patients })) !== (unequal === true);
}

/** One repetition of an element in which every part holds. */
function compileTogether({ parts }: TogetherCondition): Test {
  return (_resource, rows, options) => {
    const [first, ...others] = parts.map(
      (part) => new Set(rows.filter((row) => fulfils(row, part, options)).map(repetition)),
    );
    return [...(first ?? [])].some((element) => others.every((other) => other.has(element)));
  };
}

const repetition = (row: IndexRow): number | undefined => ('element' in row ? row.element : undefined);

/** The modifier whose values only the stored terminology, hierarchy or text index can tell. */
function resolvedByStore({ parameter, how }: MatchCondition): string | undefined {
  if (how === 'in' || how === 'text') return how;
  const isPlain = parameter.kind === 'uri' || (how === 'below' && isMediaType(parameter));
  return (how === 'above' || how === 'below') && !isPlain ? how : undefined;
}

function updated({ meta }: Resource, value: DateValue): boolean {
  const range = rangeOf(meta?.lastUpdated, 'UTC');
  return range !== undefined && matchDate({ low: range.low, high: range.low + 1 }, value);
}

function compileMissing(condition: MissingCondition): Test {
  const { parameter, missing } = condition;
  if (parameter.code === '_id' || parameter.code === '_lastUpdated') return () => !missing;
  if (parameter.kind === 'composite') {
    const present = compilePresent(parameter, condition.components);
    return (_resource, rows) => present(rows) !== missing;
  }
  return (_resource, rows) => rows.some((row) => belongs(row, parameter) && mayPoint(row, parameter)) !== missing;
}

/** Every part has a value, those of a repeating element in the same repetition. */
function compilePresent(
  { parts = [] }: SearchParameter,
  components: readonly SearchParameter[] = [],
): (rows: readonly IndexRow[]) => boolean {
  return (rows) => {
    const found = components.map((component) => rows.filter((row) => belongs(row, component)));
    const within = found.filter((_, at) => parts[at]!.within).map((some) => new Set(some.map(repetition)));
    const [first, ...others] = within;
    return (
      found.every((some) => some.length > 0) &&
      (first === undefined || [...first].some((element) => others.every((other) => other.has(element))))
    );
  };
}

const belongs = (row: IndexRow, parameter: SearchParameter): boolean =>
  parameter.sources.some((source) => source.param === row.param);

/** A logical reference without a type may point to anything. */
function mayPoint(row: IndexRow, parameter: SearchParameter): boolean {
  const target = parameter.sources[0]?.target;
  return target === undefined || row.kind !== 'reference' || pointsTo(row, target);
}
