// https://hl7.org/fhir/R4/http.html#3.1.0.7.1
import { criteriaOf, oneMatch } from './criteria.js';
import type { Context, FhirRequest, FhirResponse } from './request.js';
import { etag, precondition } from './respond.js';

/** Deletes the one resource that the criteria find. Where they find none, nothing was to be done; several are refused. */
export async function conditionalDelete(
  request: FhirRequest,
  { principal, request: requestId, services }: Context,
): Promise<FhirResponse> {
  const type = request.segments[0]!;
  const query = criteriaOf(request, type, principal);
  const ifMatch = precondition(request);
  const [written] = await services.commit(
    {
      action: 'delete',
      criteria: [{ type, query }],
      async decide(view) {
        const match = await oneMatch(view.find.bind(view), view, type, query);
        return match === undefined
          ? []
          : [{ op: 'delete', type, id: match.id!, ...(ifMatch === undefined ? {} : { ifMatch }) }];
      },
    },
    principal,
    requestId,
  );
  return { status: 204, headers: written === undefined ? {} : { ETag: etag(written.version) } };
}
