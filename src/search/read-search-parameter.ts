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
 * A SearchParameter resource → one definition per base type. Choice elements must be written with their type
 * (`extension.where(url='…').value.ofType(Coding)`).
 *
 * @throws Failure `invalid` naming the element that is missing or not understood
 */
export function readSearchParameter(resource: Resource): readonly ParameterDefinition[] {
  const { code, url, type, base, expression, target } = resource;
  if (typeof code !== 'string')
    throw new Failure('invalid', 'A SearchParameter needs a code.', { expression: 'SearchParameter.code' });
  if (typeof url !== 'string')
    throw new Failure('invalid', 'A SearchParameter needs a url.', { expression: 'SearchParameter.url' });
  if (typeof type !== 'string' || !kinds.has(type) || type === 'composite') {
    throw new Failure('invalid', `SearchParameter ${code} needs a type other than composite and special.`, {
      expression: 'SearchParameter.type',
    });
  }
  if (typeof expression !== 'string' || !Array.isArray(base)) {
    throw new Failure('invalid', `SearchParameter ${code} needs base and expression.`, {
      expression: 'SearchParameter.expression',
    });
  }
  const branches = splitOutside(expression, '|').map(normalise);
  return base.map((own) => ({
    type: String(own),
    code,
    url,
    kind: type as ParameterKind,
    expression: branches.filter((branch) => branch.startsWith(`${String(own)}.`)),
    ...(type === 'token' && { store: tokenStore(branches) }),
    ...(Array.isArray(target) && { targets: target.map(String) }),
  }));
}

const normalise = (branch: string): string =>
  branch.replace(/\.as\(([A-Za-z]+)\)/g, '.ofType($1)').replace(/^\(([A-Za-z.]+) as ([A-Za-z]+)\)/, '$1.ofType($2)');

function tokenStore(branches: readonly string[]): 'code' | 'both' {
  return branches.every((branch) => /\.ofType\((Coding|CodeableConcept|code|boolean)\)$/.test(branch))
    ? 'code'
    : 'both';
}
