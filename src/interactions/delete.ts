// https://hl7.org/fhir/R4/http.html#delete
import { Failure } from '../kernel/failure.js';
import type { Context, FhirRequest, FhirResponse } from './request.js';
import { deletedResponse, precondition } from './respond.js';

/**
 * Marks the resource as deleted; its versions stay (decision 22). Deleting again changes nothing, nor does deleting what never
 * was, or what this caller may not see: to both the answer is the same, and the attempt is audited.
 */
export async function deleteResource(
  request: FhirRequest,
  { principal, request: requestId, services }: Context,
): Promise<FhirResponse> {
  const [type, id] = request.segments as [string, string];
  const version = precondition(request);
  const change = { op: 'delete', type, id, ...(version === undefined ? {} : { ifMatch: version }) } as const;
  try {
    const [written] = await services.commit({ action: 'delete', change }, principal, requestId);
    return deletedResponse(request, `${type}/${id} deleted.`, written!.version);
  } catch (error) {
    if (!(error instanceof Failure) || error.category !== 'not-found' || version !== undefined) throw error;
    return deletedResponse(request, `There is no such ${type}.`);
  }
}
