// https://hl7.org/fhir/R4/search_filter.html – what the tests mean
import { Failure } from '../../kernel/failure.js';
import type { ParameterKind, SearchParameter } from '../parameter.js';
import { type ConditionContext, knownParameter, modifiersOf, targetsOf } from './parameter-lookup.js';
import { type FilterExpression, type FilterOperator, type FilterStep, readFilter } from './parse-filter.js';
import { parseMatch } from './parse-match.js';
import type { Condition, How, MatchCondition } from './request.js';

/** `_filter=…` on resources of `type`. */
export function parseFilter(type: string | undefined, text: string, context: ConditionContext): Condition {
  return conditionOf(type, readFilter(text), context);
}

function conditionOf(type: string | undefined, expression: FilterExpression, context: ConditionContext): Condition {
  switch (expression.op) {
    case 'and':
    case 'or':
      return {
        op: expression.op === 'and' ? 'all' : 'any',
        conditions: [conditionOf(type, expression.left, context), conditionOf(type, expression.right, context)],
      };
    case 'not':
      return { op: 'not', condition: conditionOf(type, expression.expression, context) };
    case 'test':
      return along(type, expression.path, expression, context);
  }
}

type Test = Extract<FilterExpression, { op: 'test' }>;

/** `subject[active eq true].name co "x"`: what `subject` refers to fulfils both. */
function along(
  type: string | undefined,
  path: readonly FilterStep[],
  test: Test,
  context: ConditionContext,
): Condition {
  const [step, ...rest] = path as [FilterStep, ...FilterStep[]];
  if (context.depth > 8) throw new Failure('too-costly', '_filter: a path has at most 8 names.');
  const [code = '', only] = step.name.split(':');
  if (rest.length === 0) return testOf(type, knownParameter(type, code, context.registry), test, context);
  const parameter = knownParameter(type, code, context.registry);
  if (parameter.kind !== 'reference')
    throw new Failure('invalid', `_filter: parameter ${code} is no reference, so no name can follow it.`);
  const targets = only === undefined ? (targetsOf(parameter) ?? []) : [only];
  const branches: { type: string; condition: Condition }[] = [];
  let first: unknown;
  for (const target of targets) {
    try {
      const inner = { ...context, depth: context.depth + 1 };
      const condition = along(target, rest, test, inner);
      const also = step.filter === undefined ? [] : [conditionOf(target, step.filter, inner)];
      branches.push({ type: target, condition: { op: 'all', conditions: [...also, condition] } });
    } catch (error) {
      if (!(error instanceof Failure) || error.category !== 'invalid') throw error;
      first ??= error;
    }
  }
  context.branches.count += targets.length;
  if (context.branches.count > 300) throw new Failure('too-costly', `_filter: ${code} may refer to too many types.`);
  if (branches.length === 0)
    throw first ?? new Failure('invalid', `_filter: name the type that ${code} refers to, as in ${code}:Patient.`);
  return { op: 'chain', type, parameter, branches };
}

const texts: Readonly<Partial<Record<FilterOperator, How>>> = { eq: 'whole', co: 'contains', sw: 'equals', ew: 'ends' };

/** The operators that each kind of parameter takes. */
const taken: Readonly<Record<ParameterKind, readonly FilterOperator[]>> = {
  string: ['eq', 'ne', 'co', 'sw', 'ew', 'pr'],
  token: ['eq', 'ne', 'pr', 'ss', 'sb', 'in', 'ni'],
  uri: ['eq', 'ne', 'sw', 'pr'],
  reference: ['eq', 'ne', 're', 'pr'],
  date: ['eq', 'ne', 'gt', 'lt', 'ge', 'le', 'ap', 'sa', 'eb', 'po', 'pr'],
  number: ['eq', 'ne', 'gt', 'lt', 'ge', 'le', 'ap', 'sa', 'eb', 'pr'],
  quantity: ['eq', 'ne', 'gt', 'lt', 'ge', 'le', 'ap', 'sa', 'eb', 'pr'],
  composite: [],
  special: ['pr'],
};

function testOf(
  type: string | undefined,
  parameter: SearchParameter,
  { operator, value }: Test,
  context: ConditionContext,
): Condition {
  const { kind, code } = parameter;
  if (!taken[kind].includes(operator) || (['ss', 'sb', 'in', 'ni'].includes(operator) && !takes(parameter, context)))
    throw new Failure(
      'invalid',
      `_filter: ${operator} cannot be used with ${code}, which takes ${taken[kind].join(', ') || 'none'}.`,
      { code: 'not-supported' },
    );
  const match = (text: string, modifier?: string): MatchCondition =>
    parseMatch(type, parameter, [text], { ...context, name: code, modifier });
  if (operator === 'pr') {
    if (value !== 'true' && value !== 'false') throw new Failure('invalid', `_filter: ${code} pr takes true or false.`);
    return { op: 'missing', type, parameter, missing: value === 'false' };
  }
  if (operator === 'in') return match(escaped(value), 'in');
  if (operator === 'ni') return match(escaped(value), 'not-in');
  // «The value subsumes a concept in the set»: the resource's code lies below it.
  if (operator === 'ss') return match(value, 'below');
  if (operator === 'sb') return match(value, 'above');
  if (kind === 'string' && operator !== 'ne') return { ...match(escaped(value)), how: texts[operator] ?? 'equals' };
  if (kind === 'uri' && operator === 'sw') return match(escaped(value), 'below');
  if (kind === 'date' || kind === 'number' || kind === 'quantity') {
    if (operator === 'po') return overlapping(match(value));
    return match(operator + value);
  }
  const equal = match(kind === 'token' ? value : escaped(value));
  if (operator !== 'ne') return equal;
  return { ...equal, unequal: true, ...(kind === 'string' && { how: 'whole' as const }) };
}

const takes = (parameter: SearchParameter, { registry }: ConditionContext): boolean =>
  modifiersOf(parameter, registry).includes('in');

/** Periods that have some time in common. */
const overlapping = (condition: MatchCondition): MatchCondition => ({
  ...condition,
  values: condition.values.map((value) => (value.kind === 'date' ? { ...value, prefix: 'ap' as const } : value)),
});

/** A value of a filter has no escapes of its own. */
const escaped = (value: string): string => value.replace(/[\\,$|]/g, '\\$&');
