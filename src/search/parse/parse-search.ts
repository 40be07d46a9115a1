// https://hl7.org/fhir/R4/search.html
import { localZone } from '../../fhir/dates.js';
import { Failure, type Issue } from '../../kernel/failure.js';
import type { SearchRegistry } from '../registry.js';
import { parseCondition } from './parse-condition.js';
import type { Condition, SearchRequest } from './request.js';
import { finished, isResultParameter, newResult, parseResultParameter, type ResultPart } from './result-parameters.js';
import { conditionOfTypes, typesNamed } from './searched-types.js';
import { splitEscaped } from './escapes.js';
import { printQuery } from './query-pairs.js';

export interface ParseOptions {
  /** True: what is not understood is refused. False (`Prefer: handling=lenient`): it is left out, with a warning. */
  readonly strict: boolean;
  /** The server's own base URL: references below it are local. */
  readonly base?: string;
  readonly zone?: string;
  /** Milliseconds since 1970, for `ap` of a date. Absent: `ap` is exact. */
  readonly now?: number;
}

/** Matches per page where `_count` is not given. */
export const defaultCount = 50;
/** More than this is never given at once. */
export const largestCount = 1000;
const mostConditions = 50;
const mostValues = 2000;

/**
 * Names and values of a search → what to look for. Empty values are ignored.
 *
 * @param type the type searched; undefined = all types
 * @throws Failure `invalid` naming the parameter, modifier or prefix that is not known; `too-costly` above the limits
 */
export function parseSearch(
  type: string | undefined,
  pairs: readonly (readonly [string, string])[],
  registry: SearchRegistry,
  options: ParseOptions,
): SearchRequest {
  if (type !== undefined && !registry.types.has(type))
    throw new Failure('not-found', 'That is not a resource type of FHIR R4.', { code: 'not-supported' });
  const named = type === undefined ? typesNamed(pairs, registry) : undefined;
  const only = type ?? (named?.length === 1 ? named[0] : undefined);
  const conditions: Condition[] = [];
  const warnings: Issue[] = [];
  const used: (readonly [string, string])[] = [];
  const result = newResult(defaultCount);
  const context = {
    registry,
    zone: options.zone ?? localZone,
    base: options.base,
    now: options.now ?? Number.NaN,
    depth: 0,
    branches: { count: 0 },
  };
  let values = 0;
  for (const [name, value] of pairs) {
    if (value === '') continue;
    values += splitEscaped(value, ',').length;
    if (values > mostValues) throw new Failure('too-costly', `A search takes at most ${mostValues} values.`);
    try {
      if (isResultParameter(name)) {
        if (
          parseResultParameter(result, name, value, { type: only, isTyped: type !== undefined, registry, largestCount })
        )
          used.push([name, value]);
        continue;
      }
      const condition =
        only === undefined ? conditionOfTypes(named, name, value, context) : parseCondition(only, name, value, context);
      if (condition === undefined) continue;
      if (conditions.length > 0) refuseRepeated(only, name, used, registry);
      conditions.push(condition);
      used.push([name, value]);
    } catch (error) {
      if (options.strict || !(error instanceof Failure) || error.category !== 'invalid') throw error;
      warnings.push(...error.issues.map((issue) => ({ ...issue, severity: 'warning' as const })));
    }
  }
  if (conditions.length > mostConditions)
    throw new Failure('too-costly', `A search takes at most ${mostConditions} parameters.`);
  return { ...finish(result, conditions, only, options, warnings), type: only, conditions, warnings, pairs: used };
}

/** What is not understood of the whole is left out where a parameter would be. */
function finish(
  result: ResultPart,
  conditions: readonly Condition[],
  type: string | undefined,
  { strict }: ParseOptions,
  warnings: Issue[],
): ReturnType<typeof finished> {
  try {
    return finished(result, conditions, type);
  } catch (error) {
    if (strict || !(error instanceof Failure) || error.category !== 'invalid') throw error;
    warnings.push(...error.issues.map((issue) => ({ ...issue, severity: 'warning' as const })));
    const { contained: _contained, ...rest } = result;
    return { ...rest, sort: result.sort.filter(({ parameter }) => parameter.kind !== 'special') };
  }
}

/** A definition may say that its parameter is given once. */
function refuseRepeated(
  type: string | undefined,
  name: string,
  used: readonly (readonly [string, string])[],
  registry: SearchRegistry,
): void {
  const [code = ''] = name.split(':');
  if (registry.param(type, code)?.multipleAnd !== false) return;
  if (used.some(([other]) => other.split(':')[0] === code))
    throw new Failure('invalid', `Parameter ${code} may be given once.`, { code: 'value' });
}

/** The search as a query without `?`, for links: what was understood, in its order, without the page's cursor. */
export function printSearch(request: SearchRequest): string {
  return printQuery(request.pairs.filter(([name]) => name !== '_cursor'));
}
