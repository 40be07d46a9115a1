// https://hl7.org/fhir/R4/http.html#search – of all types
import { decide } from '../access/decide.js';
import { Failure } from '../kernel/failure.js';
import { demandScope } from './demand-scope.js';
import type { Context, FhirRequest, FhirResponse } from './request.js';
import { searchAt } from './search.js';

/** A search of several types, or of all that the caller may search, by the parameters that every type has. */
export async function systemSearch(request: FhirRequest, context: Context): Promise<FhirResponse> {
  const { registry } = context.services;
  const allowed = [...registry.types].filter((type) => decide(context.principal, 'search', type).allowed);
  if (allowed.length === 0) throw new Failure('forbidden', 'The access token has no scope that permits a search.');
  return searchAt({ path: '', allowed, demand: (type) => demandScope('search', type, context) }, request, context);
}
