// https://hl7.org/fhir/R4/http.html#vsearch – variant searches, https://hl7.org/fhir/R4/compartmentdefinition.html
import { Failure } from '../kernel/failure.js';
import { parseSearch } from '../search/parse/parse-search.js';
import type { Condition } from '../search/parse/request.js';
import { compartmentParameters } from '../search/patient-compartment.js';
import { demandScope } from './demand-scope.js';
import type { Context, FhirRequest, FhirResponse } from './request.js';
import { searchAt } from './search.js';

/** https://hl7.org/fhir/R4/compartmentdefinition.html */
export const compartments: readonly string[] = ['Patient', 'Encounter', 'Practitioner', 'RelatedPerson', 'Device'];

/**
 * What of a type belongs to one patient, encounter, person or device: `Patient/[id]/Observation?…`. Of what may not be seen itself
 * nothing more is found than by any other search.
 */
export async function compartmentSearch(request: FhirRequest, context: Context): Promise<FhirResponse> {
  const [owner, id, type] = request.segments as [string, string, string];
  const { registry, base, definitions } = context.services;
  const parameters = compartments.includes(owner)
    ? owner === 'Patient'
      ? compartmentParameters(type)
      : definitions.compartmentParameters(owner, type)
    : undefined;
  if (parameters === undefined) {
    throw new Failure(
      'not-found',
      `There is no such compartment; [compartment]/[id]/[type] lists what belongs to a ${compartments.join(', ')}.`,
      { code: 'not-supported' },
    );
  }
  if (!/^[A-Za-z0-9\-.]{1,64}$/.test(id))
    throw new Failure('not-found', `There is no such ${owner}, or it is not one that this client may see.`);
  await demandScope('search', type, context);
  const ways = parameters.flatMap(
    (name) =>
      parseSearch(type, [name === '_id' || name === '{def}' ? ['_id', id] : [name, `${owner}/${id}`]], registry, {
        strict: true,
        base,
      }).conditions,
  );
  const within: Condition = ways.length === 1 ? ways[0]! : { op: 'any', conditions: ways };
  return searchAt({ type, path: `${owner}/${id}/${type}`, within }, request, context);
}
