// Identity, organisation, HPR and HER numbers in a resource, by their check digits: see fhir/national-identifiers.ts
import { identifierProblem } from '../fhir/national-identifiers.js';
import type { Issue } from '../kernel/failure.js';
import { isObject } from './visit.js';

/**
 * What is wrong with the Norwegian identifiers anywhere in a resource. The numbers themselves are not told.
 *
 * @param options `allowSynthetic` accepts test numbers (never in production)
 */
export function identifierIssues(
  resource: { readonly resourceType: string },
  options: { readonly allowSynthetic: boolean },
): readonly Issue[] {
  const issues: Issue[] = [];
  const visit = (value: unknown, at: string, depth: number): void => {
    if (depth > 200) return;
    if (Array.isArray(value)) return value.forEach((item, index) => visit(item, `${at}[${index}]`, depth + 1));
    if (!isObject(value)) return;
    if (typeof value.system === 'string' && typeof value.value === 'string') {
      const diagnostics = identifierProblem(value.system, value.value, options);
      if (diagnostics !== undefined)
        issues.push({ severity: 'error', code: 'value', diagnostics, expression: [`${at}.value`] });
    }
    for (const name in value) visit(value[name], `${at}.${name}`, depth + 1);
  };
  visit(resource, resource.resourceType, 0);
  return issues;
}
