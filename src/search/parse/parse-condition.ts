// https://hl7.org/fhir/R4/search.html#chaining, #has
import { Failure } from '../../kernel/failure.js';
import { splitEscaped } from './escapes.js';
import { parseFilter } from './filter-condition.js';
import { type ConditionContext, knownParameter, targetsOf, unknownModifier } from './parameter-lookup.js';
import { parseComposite, parseMatch, parseMissing } from './parse-match.js';
import { parseList } from './parse-list.js';
import { parseWords, refuseSpecial } from './parse-special.js';
import type { Condition } from './request.js';

/** Chains and `_has` inside each other. */
const deepest = 8;
/** Types that all chains of a search go to: `subject.subject.…` without types would go to ever more. */
const mostBranches = 300;

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
  refuseSpecial(name);
  if (name === '_filter') return parseFilter(type, value, context);
  if (name === '_text' || name === '_content') return parseWords(name, value);
  if (name === '_list')
    return parseList(type, value, context.registry, (other, text) => parseCondition(type, other, text, context));
  const dot = name.indexOf('.');
  if (dot !== -1) return parseChain(type, { head: name.slice(0, dot), rest: name.slice(dot + 1) }, value, context);
  const [code = '', modifier, ...more] = name.split(':');
  const parameter = knownParameter(type, code, context.registry);
  if (more.length > 0) throw unknownModifier(name, more.join(':'), parameter, context.registry);
  const texts = splitEscaped(value, ',').filter((text) => text !== '');
  if (texts.length === 0) return undefined;
  if (modifier === 'missing') return parseMissing(type, parameter, texts, context.registry);
  if (parameter.kind === 'composite') return parseComposite(type, parameter, texts, { ...context, name, modifier });
  return parseMatch(type, parameter, texts, { ...context, name, modifier });
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
    throw unknownModifier(name.head, only ?? '', parameter, context.registry);
  const targets =
    only === undefined
      ? parameter.sources[0]?.target !== undefined
        ? [parameter.sources[0].target]
        : (parameter.targets ?? [])
      : [only];
  context.branches.count += targets.length;
  if (context.branches.count > mostBranches)
    throw new Failure(
      'too-costly',
      `Parameter ${code}: the chain goes to too many types; name them, as in ${code}:Patient.`,
    );
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
