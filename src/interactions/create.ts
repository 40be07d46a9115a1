// https://hl7.org/fhir/R4/http.html#create, conditional: https://hl7.org/fhir/R4/http.html#ccreate
import { resourceOf } from './body.js';
import { ifNoneExist } from './if-none-exist.js';
import type { Context, FhirRequest, FhirResponse } from './request.js';
import { writtenResponse } from './respond.js';

/** A new resource under an id of the server's choice; with If-None-Exist only where none matches. */
export async function create(
  request: FhirRequest,
  { principal, request: requestId, services }: Context,
): Promise<FhirResponse> {
  const { id: _ignored, ...content } = resourceOf(request, request.segments[0]!);
  const criteria = ifNoneExist(request, content.resourceType);
  const resource = content as typeof content & { resourceType: string };
  const change = { op: 'create', resource, ...(criteria === undefined ? {} : { ifNoneExist: criteria }) } as const;
  const [written] = await services.commit({ action: 'create', change }, principal, requestId);
  return writtenResponse(request, written!, services.base);
}
