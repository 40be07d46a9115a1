// https://hl7.org/fhir/R4/search.html#modifiers, #composite
import { Failure } from '../../kernel/failure.js';
import type { SearchParameter } from '../parameter.js';
import type { SearchRegistry } from '../registry.js';
import { splitEscaped } from './escapes.js';
import { type ConditionContext, knownParameter, modifiersOf, targetsOf, unknownModifier } from './parameter-lookup.js';
import {
  isMediaType,
  parseMediaType,
  parseOfType,
  parseText,
  parseToken,
  parseValue,
  parseValueSet,
  type ValueContext,
} from './parse-value.js';
import type { Condition, How, MatchCondition, MissingCondition, SearchValue } from './request.js';

export interface NamedContext extends ConditionContext {
  /** As the client wrote it. */
  readonly name: string;
  readonly modifier: string | undefined;
}

/** Modifiers that say how values are compared. */
const hows: Readonly<Record<string, How>> = {
  exact: 'exact',
  contains: 'contains',
  above: 'above',
  below: 'below',
  identifier: 'identifier',
  text: 'text',
  in: 'in',
  'not-in': 'in',
};

/** @param texts the values, of which one suffices; escapes still there */
export function parseMatch(
  type: string | undefined,
  parameter: SearchParameter,
  texts: readonly string[],
  context: NamedContext,
): MatchCondition {
  const { modifier, name, registry } = context;
  const typed = modifier !== undefined && parameter.kind === 'reference' && registry.types.has(modifier);
  if (modifier !== undefined && !typed && !modifiersOf(parameter, registry).includes(modifier))
    throw unknownModifier(name, modifier, parameter, registry);
  if (parameter.multipleOr === false && texts.length > 1)
    throw new Failure('invalid', `Parameter ${name} takes one value.`, { code: 'value' });
  const valueContext: ValueContext = {
    parameter,
    name,
    targets: typed ? [modifier] : targetsOf(parameter),
    zone: context.zone,
    base: context.base,
    now: context.now,
  };
  const values = texts.map((text) => valueOf(text, modifier, valueContext));
  if (typed && values.some((value) => value.kind === 'reference' && !value.types?.includes(modifier))) {
    throw new Failure('invalid', `Parameter ${name}: the value names another type than ${modifier}.`);
  }
  if (
    parameter.comparators !== undefined &&
    values.some((value) => 'prefix' in value && !['eq', ...parameter.comparators!].includes(value.prefix))
  )
    throw new Failure('invalid', `Parameter ${name} takes the prefixes ${parameter.comparators.join(', ') || 'eq'}.`);
  const how = modifier === undefined || typed ? 'equals' : (hows[modifier] ?? 'equals');
  return { op: 'match', type, parameter, how, values, not: modifier === 'not' || modifier === 'not-in' };
}

function valueOf(text: string, modifier: string | undefined, context: ValueContext): SearchValue {
  const { kind } = context.parameter;
  switch (modifier) {
    case 'of-type':
      return parseOfType(text, context.name);
    case 'identifier':
      return parseToken(text, context);
    case 'text':
      return parseText(text);
    case 'in':
    case 'not-in':
      return parseValueSet(text, context);
    case 'above':
    case 'below': {
      if (modifier === 'below' && isMediaType(context.parameter)) return parseMediaType(text, context.name);
      const value = parseValue(text, context);
      if (kind === 'token' && (value.kind !== 'token' || !value.system || value.code === undefined))
        throw new Failure('invalid', `Parameter ${context.name}:${modifier} takes system|code.`, { code: 'value' });
      if (kind === 'reference' && value.kind !== 'reference')
        throw new Failure('invalid', `Parameter ${context.name}:${modifier} takes Type/id.`, { code: 'value' });
      return value;
    }
    default:
      return parseValue(text, context);
  }
}

export function parseMissing(
  type: string | undefined,
  parameter: SearchParameter,
  texts: readonly string[],
  registry: SearchRegistry,
): MissingCondition {
  const [text] = texts;
  if (parameter.kind === 'composite' && parameter.parts === undefined) throw notSplit(parameter);
  if (texts.length > 1 || (text !== 'true' && text !== 'false')) {
    throw new Failure('invalid', `Parameter ${parameter.code}:missing takes true or false.`);
  }
  const components = parameter.parts?.map(({ code }) => knownParameter(type, code, registry));
  return { op: 'missing', type, parameter, missing: text === 'true', ...(components && { components }) };
}

const notSplit = ({ code }: SearchParameter): Failure =>
  new Failure('invalid', `The composite search parameter ${code} is not supported; search for its parts.`, {
    code: 'not-supported',
  });

/** `a$b`: both in the same element. */
export function parseComposite(
  type: string | undefined,
  parameter: SearchParameter,
  texts: readonly string[],
  context: NamedContext,
): Condition {
  const { parts } = parameter;
  if (context.modifier !== undefined)
    throw unknownModifier(context.name, context.modifier, parameter, context.registry);
  if (parts === undefined) throw notSplit(parameter);
  const any = texts.map((text): Condition => {
    const values = splitEscaped(text, '$');
    if (values.length !== parts.length || values.includes('')) {
      throw new Failure('invalid', `Parameter ${parameter.code} takes ${parts.map((part) => part.code).join('$')}.`, {
        code: 'value',
      });
    }
    const conditions = parts.map(({ code }, index) =>
      parseMatch(type, knownParameter(type, code, context.registry), [values[index]!], {
        ...context,
        name: code,
        modifier: undefined,
      }),
    );
    const within = conditions.filter((_, index) => parts[index]!.within);
    const beside = conditions.filter((_, index) => !parts[index]!.within);
    if (within.length === 0) return { op: 'all', conditions };
    return { op: 'all', conditions: [{ op: 'together', type, parts: within }, ...beside] };
  });
  return any.length === 1 ? any[0]! : { op: 'any', conditions: any };
}
