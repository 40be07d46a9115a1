// https://hl7.org/fhir/R4/http.html#create, conditional: https://hl7.org/fhir/R4/http.html#ccreate
import { resourceOf } from './body.js';
import type { Context, FhirRequest, FhirResponse } from './request.js';
import { writtenResponse } from './respond.js';

/** A new resource under an id of the server's choice; with If-None-Exist only where none matches. */
export async function create(request: FhirRequest, { principal, request: requestId, services }: Context): Promise<FhirResponse> {
  const { id: _ignored, ...content } = resourceOf(request, request.segments[0]!);
  const criteria = request.headers['if-none-exist'];
  const resource = content as typeof content & { resourceType: string };
  const change = { op: 'create', resource, ...(criteria === undefined || criteria === '' ? {} : { ifNoneExist: criteria.replace(/^.*\?/, '') }) } as const;
  const [written] = await services.commit({ action: 'create', change }, principal, requestId);
  return writtenResponse(request, written!, services.base);
}
