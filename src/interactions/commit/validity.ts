import type { Resource } from '../../fhir/resource.js';
import { Failure, type FailureCategory } from '../../kernel/failure.js';
import { patientNumberIssues } from '../../validation/norwegian-identifiers.js';
import type { ValidateOptions, Validator } from '../../validation/validator.js';

const valid = new WeakSet<Resource>();

/**
 * Checks a resource once: what has passed before the transaction is not checked again inside it.
 *
 * @throws Failure of the category with every error that was found
 */
export function demandValid(
  resource: Resource,
  validator: Validator,
  options: ValidateOptions & { readonly category?: FailureCategory } = {},
): void {
  if (valid.has(resource)) return;
  const issues = validator
    .validate(resource, options)
    .filter((issue) => issue.severity === 'error' || issue.severity === 'fatal');
  if (issues.length > 0) throw new Failure(options.category ?? 'invalid', issues);
  valid.add(resource);
}

/** @throws Failure invalid for a Patient with a national identity number that is none */
export function demandNumbers(resource: Resource, options: { readonly allowSynthetic: boolean }): void {
  const issues = patientNumberIssues(resource, options);
  if (issues.length > 0) throw new Failure('invalid', issues);
}

/** `changed` is `checked` with other references in place of checked ones: nothing in it needs to be looked at again. */
export function staysValid<T extends Resource>(checked: Resource, changed: T): T {
  if (valid.has(checked)) valid.add(changed);
  return changed;
}
