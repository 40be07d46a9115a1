import { parseJsonObject } from '../fhir/json.js';
import type { Resource } from '../fhir/resource.js';
import { Failure } from '../kernel/failure.js';
import type { FhirRequest } from './request.js';

/**
 * The resource in the body of a request.
 *
 * @throws Failure('invalid') when there is none, it is not JSON, or it says another type than the URL
 */
export function resourceOf(request: FhirRequest, type: string): Resource {
  const content =
    request.resource ?? (request.body === undefined || request.body === '' ? undefined : parseJsonObject(request.body));
  if (content === null || typeof content !== 'object' || Array.isArray(content)) {
    throw new Failure('invalid', `The body must be a ${type} in FHIR JSON.`, { expression: type });
  }
  const { resourceType } = content as { resourceType?: unknown };
  if (typeof resourceType !== 'string')
    throw new Failure('invalid', 'The body has no resourceType.', {
      expression: 'Resource.resourceType',
      code: 'required',
    });
  if (resourceType !== type) {
    throw new Failure('invalid', `The URL says ${type}, the body says ${resourceType.slice(0, 64)}.`, {
      expression: 'Resource.resourceType',
    });
  }
  return content as Resource;
}
