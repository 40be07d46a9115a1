import type { Resource } from '../../fhir/resource.js';
import { Failure, type FailureCategory } from '../../kernel/failure.js';
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

/** `changed` is `checked` with other references in place of checked ones: nothing in it needs to be looked at again. */
export function staysValid<T extends Resource>(checked: Resource, changed: T): T {
  if (valid.has(checked)) valid.add(changed);
  return changed;
}
