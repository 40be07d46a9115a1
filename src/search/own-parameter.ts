// https://hl7.org/fhir/R4/searchparameter.html
import { loadDefinitions } from '../fhir/definitions.js';
import { compilePath } from '../fhir/fhirpath.js';
import type { Resource } from '../fhir/resource.js';
import { Failure } from '../kernel/failure.js';
import type { ParameterDefinition } from './parameter.js';
import { readSearchParameter } from './read-search-parameter.js';
import type { SearchRegistry } from './registry.js';
import { splitOutside } from './split-outside.js';

/**
 * What a stored SearchParameter defines beside the standard and `profiles/`: nothing unless it is active.
 *
 * @param check.components whether those of a composite must be known already
 * @throws Failure `invalid` naming the element that this server cannot work by
 */
export function ownParameters(
  resource: Resource,
  registry: SearchRegistry,
  check: { readonly components: boolean } = { components: true },
): readonly ParameterDefinition[] {
  if (resource['status'] !== 'active' || registry.isBuiltIn(String(resource['url']))) return [];
  const definitions = readSearchParameter(resource, registry.types).map((definition) => ({
    ...definition,
    own: true,
    expression: definition.expression.map(demandUsable),
  }));
  for (const { type, code, url, expression, kind } of definitions) {
    if (!/^[A-Za-z][A-Za-z0-9-]{0,63}$/.test(code))
      throw new Failure('invalid', 'A code has letters, digits and hyphens.', { expression: 'SearchParameter.code' });
    if (expression.length === 0 || (kind === 'composite' && resource['component'] === undefined))
      throw new Failure('invalid', `SearchParameter ${code}: the expression says nothing of ${type}.`, {
        expression: 'SearchParameter.expression',
      });
    const other = registry.param(type, code);
    if (other !== undefined && other.url !== url)
      throw new Failure('invalid', `${type} has a search parameter ${code} already: ${other.url}.`, {
        expression: 'SearchParameter.code',
        code: 'business-rule',
      });
  }
  if (check.components && definitions.some(({ kind }) => kind === 'composite')) demandParts(definitions, registry);
  return definitions;
}

/** The components must be parameters of the same type, over at most one repeating element. */
function demandParts(definitions: readonly ParameterDefinition[], registry: SearchRegistry): void {
  for (const definition of definitions) {
    if (registry.partsOf(definition) !== undefined) continue;
    throw new Failure(
      'invalid',
      `SearchParameter ${definition.code}: each component must name a search parameter of ${definition.type}, over one repeating element.`,
      { expression: 'SearchParameter.component' },
    );
  }
}

/** The branch as it is; what only the FHIRPath engine understands is tried on it. */
function demandUsable(branch: string): string {
  if (isPlainPath(branch) || branch.includes('resolve()')) return branch;
  try {
    compilePath(branch);
  } catch (cause) {
    throw new Failure('invalid', 'The expression is not FHIRPath that this server can evaluate.', {
      expression: 'SearchParameter.expression',
      cause,
    });
  }
  return branch;
}

/** Elements of R4 one below the other, choices with their type: such a path needs no FHIRPath engine. */
export function isPlainPath(branch: string): boolean {
  const definitions = loadDefinitions();
  const [type = '', ...steps] = splitOutside(branch, '.');
  let path = type;
  for (const step of steps) {
    const chosen = /^ofType\(([A-Za-z]+)\)$/.exec(step)?.[1];
    if (chosen !== undefined) path += chosen.charAt(0).toUpperCase() + chosen.slice(1);
    else if (/^[a-z][A-Za-z]*$/.test(step)) path += `.${step}`;
    else return false;
    const found = definitions.elementAt(path);
    const open = found?.node.choice === true && found.types.length > 1;
    const next = steps[steps.indexOf(step) + 1];
    if (found === undefined && next?.startsWith('ofType(') !== true) return false;
    if (open && next?.startsWith('ofType(') !== true) return false;
  }
  return steps.length > 0;
}
