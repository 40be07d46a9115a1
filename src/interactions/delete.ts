// https://hl7.org/fhir/R4/http.html#delete
import type { Context, FhirRequest, FhirResponse } from './request.js';
import { etag, precondition } from './respond.js';

/** Marks the resource as deleted; its versions stay (decision 22). Deleting again changes nothing. */
export async function deleteResource(
  request: FhirRequest,
  { principal, request: requestId, services }: Context,
): Promise<FhirResponse> {
  const [type, id] = request.segments as [string, string];
  const version = precondition(request);
  const change = { op: 'delete', type, id, ...(version === undefined ? {} : { ifMatch: version }) } as const;
  const [written] = await services.commit({ action: 'delete', change }, principal, requestId);
  return { status: 204, headers: { ETag: etag(written!.version) } };
}
