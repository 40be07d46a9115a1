import { Failure } from '../../kernel/failure.js';
import { columnParameters, type ParameterKind, type SearchParameter } from '../parameter.js';
import type { SearchRegistry } from '../registry.js';
import { didYouMean } from './alternatives.js';

export interface ConditionContext {
  readonly registry: SearchRegistry;
  readonly zone: string;
  readonly base: string | undefined;
  readonly now: number;
  /** Counts chains and `_has` that lie inside each other. */
  readonly depth: number;
  /** Counts the types that all chains of the search go to. */
  readonly branches: { count: number };
}

/** The parameter, or a Failure that lists near ones. */
export function knownParameter(type: string | undefined, code: string, registry: SearchRegistry): SearchParameter {
  const parameter = registry.param(type, code);
  if (parameter !== undefined) {
    if (parameter.indexing !== true) return parameter;
    throw new Failure(
      'invalid',
      `The search parameter ${code} is being indexed: resources that were here before would be missing. Try again shortly.`,
      { code: 'transient' },
    );
  }
  const of = type === undefined ? 'a search over all types' : type;
  const names = registry.all(type).map((known) => known.code);
  throw new Failure(
    'invalid',
    `The search parameter ${shown(code)} is not known for ${of}.${didYouMean(code, names)}`,
    { code: 'not-supported' },
  );
}

/** Names go into messages; what cannot be a name does not. */
export const shown = (name: string): string =>
  /^[\w:.-]{1,64}$/.test(name) && !/\d{9,}/.test(name) ? name : 'in the query';

/** Types a reference may point to; undefined where it may be (nearly) anything. */
export function targetsOf(parameter: SearchParameter): readonly string[] | undefined {
  const own = parameter.sources.map((source) => source.target);
  if (own.length === 1 && own[0] !== undefined) return [own[0]];
  return parameter.targets !== undefined && parameter.targets.length <= 20 ? parameter.targets : undefined;
}

const modifiers: Readonly<Record<ParameterKind, readonly string[]>> = {
  token: ['text', 'not', 'missing', 'in', 'not-in', 'above', 'below', 'of-type'],
  reference: ['identifier', 'text', 'missing', 'above', 'below'],
  string: ['exact', 'contains', 'missing'],
  uri: ['above', 'below', 'missing'],
  date: ['missing'],
  number: ['missing'],
  quantity: ['missing'],
  composite: ['missing'],
  special: ['missing'],
};
const ofCodes: ReadonlySet<string> = new Set(['in', 'not-in', 'above', 'below']);

/**
 * The modifiers that a parameter takes, without colon; beside them a reference takes the name of a type.
 * https://hl7.org/fhir/R4/search.html#modifiers
 */
export function modifiersOf(parameter: SearchParameter, registry: SearchRegistry): readonly string[] {
  const { kind, store } = parameter;
  return modifiers[kind].filter((modifier) => {
    if (parameter.modifiers?.includes(modifier) === false) return false;
    if (columnParameters.has(parameter.code)) return modifier === 'missing' || modifier === 'not';
    if (kind === 'token') return modifier === 'of-type' ? store !== 'code' : store !== 'text' || !ofCodes.has(modifier);
    if (kind === 'reference' && ofCodes.has(modifier)) return hierarchyTypes(parameter, registry).length > 0;
    return true;
  });
}

/** The types among the targets of a reference that form a hierarchy (a Location is part of a Location). */
export const hierarchyTypes = (parameter: SearchParameter, registry: SearchRegistry): readonly string[] =>
  (targetsOf(parameter) ?? []).filter((type) => parentParameter(type, registry) !== undefined);

/** The parameter by which resources of a type refer to the one they are part of. */
export function parentParameter(type: string, registry: SearchRegistry): SearchParameter | undefined {
  const parameter = registry.param(type, 'partof');
  return parameter?.kind === 'reference' && parameter.targets?.includes(type) === true ? parameter : undefined;
}

export function unknownModifier(
  name: string,
  modifier: string,
  parameter: SearchParameter,
  registry: SearchRegistry,
): Failure {
  const known = [
    ...modifiersOf(parameter, registry).map((one) => `:${one}`),
    ...(parameter.kind === 'reference' ? ['a resource type'] : []),
  ];
  const list = known.length === 0 ? 'It takes none.' : `It takes ${known.join(', ')}.`;
  return new Failure(
    'invalid',
    `The modifier :${shown(modifier)} is not supported for ${shown(name.split(':')[0] ?? '')}. ${list}`,
    { code: 'not-supported' },
  );
}
