// https://hl7.org/fhir/R4/http.html#update
import { Failure } from '../kernel/failure.js';
import { resourceOf } from './body.js';
import type { Context, FhirRequest, FhirResponse } from './request.js';
import { preconditions, writtenResponse } from './respond.js';

/** A new version of a resource, or the first under an id of the client's choice. */
export async function update(
  request: FhirRequest,
  { principal, request: requestId, services }: Context,
): Promise<FhirResponse> {
  const [type, id] = request.segments as [string, string];
  const resource = resourceOf(request, type);
  if (resource.id === undefined)
    throw new Failure('invalid', 'The resource must have the id that the URL has.', {
      expression: `${type}.id`,
      code: 'required',
    });
  if (resource.id !== id)
    throw new Failure('invalid', 'The id in the body is another than the one in the URL.', {
      expression: `${type}.id`,
    });
  const change = { op: 'update', resource, ...preconditions(request) } as const;
  const [written] = await services.commit({ action: 'update', change }, principal, requestId);
  return writtenResponse(request, written!, services.base);
}
