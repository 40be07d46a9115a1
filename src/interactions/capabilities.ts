// https://hl7.org/fhir/R4/http.html#capabilities
import { stringifyJson } from '../fhir/json.js';
import type { Context, FhirRequest, FhirResponse } from './request.js';

/** What this server can do. */
export async function capabilities(_request: FhirRequest, { services }: Context): Promise<FhirResponse> {
  return { status: 200, headers: {}, body: stringifyJson(services.capabilities()) };
}
