// https://hl7.org/fhir/R4/search.html#modifiers, #chaining, #has
import { Failure } from '../../kernel/failure.js';
import type { ParameterKind, SearchParameter } from '../parameter.js';
import type { SearchRegistry } from '../registry.js';
import { didYouMean } from './alternatives.js';
import { splitEscaped } from './escapes.js';
import { parseOfType, parseToken, parseValue, type ValueContext } from './parse-value.js';
import type { Condition, MatchCondition, SearchValue } from './request.js';

export interface ConditionContext {
  readonly registry: SearchRegistry;
  readonly zone: string;
  readonly base: string | undefined;
  readonly now: number;
  /** Counts chains and `_has` that lie inside each other. */
  readonly depth: number;
}

/** Chains and `_has` inside each other. */
const deepest = 4;

const modifiers: Readonly<Record<ParameterKind, readonly string[]>> = {
  token: ['not', 'missing', 'of-type'],
  reference: ['identifier', 'missing'],
  string: ['exact', 'contains', 'missing'],
  uri: ['above', 'below', 'missing'],
  date: ['missing'],
  number: ['missing'],
  quantity: ['missing'],
  composite: [],
};

/**
 * `name[:modifier]=values`, `name[:Type].rest=values` or `_has:Type:name:rest=values` → a condition on resources of `type`;
 * undefined where no value is given.
 *
 * @throws Failure `invalid` naming what is not known and what is near it; `too-costly` for chains that are too long
 */
export function parseCondition(
  type: string | undefined,
  name: string,
  value: string,
  context: ConditionContext,
): Condition | undefined {
  if (context.depth > deepest)
    throw new Failure('too-costly', `Parameter ${name}: at most ${deepest} chains and _has may lie inside each other.`);
  if (name.startsWith('_has:')) return parseHas(type, name, value, context);
  const dot = name.indexOf('.');
  if (dot !== -1) return parseChain(type, { head: name.slice(0, dot), rest: name.slice(dot + 1) }, value, context);
  const [code = '', modifier, ...more] = name.split(':');
  const parameter = knownParameter(type, code, context.registry);
  if (more.length > 0) throw unknownModifier(name, more.join(':'), parameter);
  const texts = splitEscaped(value, ',').filter((text) => text !== '');
  if (texts.length === 0) return undefined;
  if (modifier === 'missing') return parseMissing(type, parameter, texts);
  if (parameter.kind === 'composite') return parseComposite(type, parameter, texts, { ...context, name, modifier });
  return parseMatch(type, parameter, texts, { ...context, name, modifier });
}

/** The parameter, or a Failure that lists near ones. */
export function knownParameter(type: string | undefined, code: string, registry: SearchRegistry): SearchParameter {
  const parameter = registry.param(type, code);
  if (parameter !== undefined) return parameter;
  const of = type === undefined ? 'a search over all types' : type;
  const names = registry.all(type).map((known) => known.code);
  throw new Failure(
    'invalid',
    `The search parameter ${shown(code)} is not known for ${of}.${didYouMean(code, names)}`,
    { code: 'not-supported' },
  );
}

/** Names go into messages; what cannot be a name does not. */
const shown = (name: string): string => (/^[\w:.-]{1,64}$/.test(name) && !/\d{9,}/.test(name) ? name : 'in the query');

interface NamedContext extends ConditionContext {
  readonly name: string;
  readonly modifier: string | undefined;
}

function parseMatch(
  type: string | undefined,
  parameter: SearchParameter,
  texts: readonly string[],
  context: NamedContext,
): Condition {
  const { modifier, name, registry } = context;
  const typed = modifier !== undefined && parameter.kind === 'reference' && registry.types.has(modifier);
  if (modifier !== undefined && !typed && !modifiers[parameter.kind].includes(modifier))
    throw unknownModifier(name, modifier, parameter);
  const targets = typed ? [modifier] : targetsOf(parameter);
  const valueContext: ValueContext = {
    parameter,
    name,
    targets,
    zone: context.zone,
    base: context.base,
    now: context.now,
  };
  const values = texts.map((text): SearchValue => {
    if (modifier === 'of-type') return parseOfType(text, name);
    if (modifier === 'identifier') return parseToken(text, valueContext);
    return parseValue(text, valueContext);
  });
  if (typed && values.some((value) => value.kind === 'reference' && !value.types?.includes(modifier))) {
    throw new Failure('invalid', `Parameter ${name}: the value names another type than ${modifier}.`);
  }
  const how: MatchCondition['how'] =
    modifier === 'exact' ||
    modifier === 'contains' ||
    modifier === 'above' ||
    modifier === 'below' ||
    modifier === 'identifier'
      ? modifier
      : 'equals';
  return { op: 'match', type, parameter, how, values, not: modifier === 'not' };
}

/** Types a reference may point to; undefined where it may be (nearly) anything. */
function targetsOf(parameter: SearchParameter): readonly string[] | undefined {
  const own = parameter.sources.map((source) => source.target);
  if (own.length === 1 && own[0] !== undefined) return [own[0]];
  return parameter.targets !== undefined && parameter.targets.length <= 20 ? parameter.targets : undefined;
}

function parseMissing(type: string | undefined, parameter: SearchParameter, texts: readonly string[]): Condition {
  const [text] = texts;
  if (parameter.kind === 'composite' || texts.length > 1 || (text !== 'true' && text !== 'false')) {
    throw new Failure('invalid', `Parameter ${parameter.code}:missing takes true or false.`);
  }
  return { op: 'missing', type, parameter, missing: text === 'true' };
}

/** https://hl7.org/fhir/R4/search.html#composite – `a$b`: both in the same element. */
function parseComposite(
  type: string | undefined,
  parameter: SearchParameter,
  texts: readonly string[],
  context: NamedContext,
): Condition {
  const { parts } = parameter;
  if (context.modifier !== undefined) throw unknownModifier(context.name, context.modifier, parameter);
  if (parts === undefined) {
    throw new Failure(
      'invalid',
      `The composite search parameter ${parameter.code} is not supported; search for its parts.`,
      { code: 'not-supported' },
    );
  }
  const any = texts.map((text): Condition => {
    const values = splitEscaped(text, '$');
    if (values.length !== parts.length || values.includes('')) {
      throw new Failure('invalid', `Parameter ${parameter.code} takes ${parts.join('$')}.`, { code: 'value' });
    }
    return {
      op: 'all',
      conditions: parts.map((part, index) =>
        parseMatch(type, knownParameter(type, part, context.registry), [values[index]!], {
          ...context,
          name: part,
          modifier: undefined,
        }),
      ),
    };
  });
  return any.length === 1 ? any[0]! : { op: 'any', conditions: any };
}

function parseChain(
  type: string | undefined,
  name: { readonly head: string; readonly rest: string },
  value: string,
  context: ConditionContext,
): Condition | undefined {
  const [code = '', only, ...more] = name.head.split(':');
  const parameter = knownParameter(type, code, context.registry);
  if (parameter.kind !== 'reference')
    throw new Failure('invalid', `Parameter ${code} is no reference, so nothing can be chained to it.`);
  if (more.length > 0 || (only !== undefined && !context.registry.types.has(only)))
    throw unknownModifier(name.head, only ?? '', parameter);
  const targets =
    only === undefined
      ? parameter.sources[0]?.target !== undefined
        ? [parameter.sources[0].target]
        : (parameter.targets ?? [])
      : [only];
  const branches: { type: string; condition: Condition }[] = [];
  let first: unknown;
  for (const target of targets) {
    try {
      const condition = parseCondition(target, name.rest, value, { ...context, depth: context.depth + 1 });
      if (condition === undefined) return undefined;
      branches.push({ type: target, condition });
    } catch (error) {
      if (!(error instanceof Failure) || error.category !== 'invalid') throw error;
      first ??= error;
    }
  }
  if (branches.length === 0)
    throw first ?? new Failure('invalid', `Parameter ${code}: name the type, as in ${code}:Patient.${name.rest}.`);
  return { op: 'chain', type, parameter, branches };
}

function parseHas(
  type: string | undefined,
  name: string,
  value: string,
  context: ConditionContext,
): Condition | undefined {
  const [, holder = '', code = '', ...rest] = name.split(':');
  if (!context.registry.types.has(holder) || code === '' || rest.length === 0) {
    throw new Failure(
      'invalid',
      'Write _has:Type:reference parameter:parameter, for example _has:Observation:patient:code.',
    );
  }
  const parameter = knownParameter(holder, code, context.registry);
  if (parameter.kind !== 'reference' || (type !== undefined && targetsOf(parameter)?.includes(type) === false)) {
    throw new Failure('invalid', `Parameter ${code} of ${holder} does not refer to ${type ?? 'a resource'}.`);
  }
  const condition = parseCondition(holder, rest.join(':'), value, { ...context, depth: context.depth + 1 });
  return condition === undefined ? undefined : { op: 'has', type: holder, parameter, condition };
}

function unknownModifier(name: string, modifier: string, parameter: SearchParameter): Failure {
  const known =
    parameter.kind === 'reference' ? [...modifiers.reference, 'a resource type'] : modifiers[parameter.kind];
  const list =
    known.length === 0
      ? 'It takes none.'
      : `It takes ${known.map((one) => (one.includes(' ') ? one : `:${one}`)).join(', ')}.`;
  return new Failure(
    'invalid',
    `The modifier :${shown(modifier)} is not supported for ${shown(name.split(':')[0] ?? '')}. ${list}`,
    { code: 'not-supported' },
  );
}
