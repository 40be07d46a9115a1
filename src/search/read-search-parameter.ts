// https://hl7.org/fhir/R4/searchparameter.html
import { Failure } from '../kernel/failure.js';
import type { Resource } from '../fhir/resource.js';
import type { ParameterDefinition, ParameterKind } from './parameter.js';
import { splitOutside } from './split-outside.js';

const kinds: ReadonlySet<string> = new Set([
  'number',
  'date',
  'string',
  'token',
  'reference',
  'composite',
  'quantity',
  'uri',
]);

/**
 * A SearchParameter resource → one definition per base type; `Resource` and `DomainResource` stand for every type.
 *
 * @param types all resource types
 * @throws Failure `invalid` naming the element that is missing or not understood
 */
export function readSearchParameter(resource: Resource, types: ReadonlySet<string>): readonly ParameterDefinition[] {
  const { code, url, type, base, expression, target, component } = resource;
  if (typeof code !== 'string') throw wrong('A SearchParameter needs a code.', 'code');
  if (typeof url !== 'string') throw wrong('A SearchParameter needs a url.', 'url');
  if (typeof type !== 'string' || !kinds.has(type))
    throw wrong(`SearchParameter ${code} needs a type other than special.`, 'type');
  if (typeof expression !== 'string' || !Array.isArray(base))
    throw wrong(`SearchParameter ${code} needs base and expression.`, 'expression');
  const branches = splitOutside(expression, '|').map(normalise);
  return basesOf(base.map(String), types).map((own) => ({
    type: own,
    code,
    url,
    kind: type as ParameterKind,
    expression: branches.flatMap((branch) => branchOf(own, branch, type)),
    ...(type === 'token' && { store: tokenStore(branches) }),
    ...(Array.isArray(target) && { targets: target.map(String) }),
    ...(Array.isArray(component) && { components: component.map(componentOf) }),
    ...restrictions(resource),
  }));
}

function basesOf(bases: readonly string[], types: ReadonlySet<string>): readonly string[] {
  if (bases.includes('Resource') || bases.includes('DomainResource')) return [...types];
  const unknown = bases.find((base) => !types.has(base));
  if (unknown !== undefined) throw wrong('A base is no resource type of FHIR R4.', 'base');
  return bases;
}

/** The branch where it speaks of the type: `Patient.name`, `Resource.meta`, or `name` without saying of what. */
function branchOf(type: string, branch: string, kind: string): readonly string[] {
  if (kind === 'composite' && branch === type) return [branch];
  const [first = ''] = /^[A-Za-z]+/.exec(branch) ?? [];
  if (first === type) return branch.startsWith(`${type}.`) ? [branch] : [];
  if (first === 'Resource' || first === 'DomainResource') return [type + branch.slice(first.length)];
  return /^[a-z]/.test(branch) ? [`${type}.${branch}`] : [];
}

function componentOf(component: unknown): { url: string; path: string } {
  const { definition, expression } = component as { definition?: unknown; expression?: unknown };
  return { url: String(definition), path: String(expression) };
}

/** https://hl7.org/fhir/R4/searchparameter-definitions.html#SearchParameter.multipleOr and what follows there. */
function restrictions({ multipleOr, multipleAnd, comparator, modifier }: Resource): Partial<ParameterDefinition> {
  return {
    ...(typeof multipleOr === 'boolean' && { multipleOr }),
    ...(typeof multipleAnd === 'boolean' && { multipleAnd }),
    ...(Array.isArray(comparator) && { comparators: comparator.map(String) }),
    ...(Array.isArray(modifier) && { modifiers: modifier.map((one) => modifierNames[String(one)] ?? String(one)) }),
  };
}

/** The codes of the value set are those of searches, save for these. */
const modifierNames: Readonly<Record<string, string>> = { ofType: 'of-type', 'not-in': 'not-in' };

const wrong = (message: string, element: string): Failure =>
  new Failure('invalid', message, { expression: `SearchParameter.${element}` });

const normalise = (branch: string): string =>
  branch.replace(/\.as\(([A-Za-z]+)\)/g, '.ofType($1)').replace(/^\(([A-Za-z.]+) as ([A-Za-z]+)\)/, '$1.ofType($2)');

function tokenStore(branches: readonly string[]): 'code' | 'both' {
  return branches.every((branch) => /\.ofType\((Coding|CodeableConcept|code|boolean)\)$/.test(branch))
    ? 'code'
    : 'both';
}
