// https://hl7.org/fhir/R4/http.html#cond-update
import type { Change } from '../fhir/change.js';
import { patientLinks } from '../fhir/patient-links.js';
import type { Resource } from '../fhir/resource.js';
import { Failure } from '../kernel/failure.js';
import { resourceOf } from './body.js';
import { demandValid, staysValid } from './commit/validity.js';
import type { View } from './commit-types.js';
import { criteriaOf, oneMatch } from './criteria.js';
import type { Context, FhirRequest, FhirResponse } from './request.js';
import { preconditions, writtenResponse } from './respond.js';

/** Updates the one resource that the criteria find, or makes it where they find none. */
export async function conditionalUpdate(
  request: FhirRequest,
  { principal, request: requestId, services }: Context,
): Promise<FhirResponse> {
  const type = request.segments[0]!;
  const query = criteriaOf(request, type, principal);
  const resource = resourceOf(request, type);
  const conditions = preconditions(request);
  demandValid(resource, services.validator);
  const links = patientLinks(resource, services.base);
  const [written] = await services.commit(
    {
      action: 'update',
      patients: [...links.ids.map((id) => ({ type: 'Patient', id })), ...links.identifiers],
      criteria: [{ type, query }],
      decide: async (view) => [await changeByCriteria({ resource, query, conditions }, view, view.find.bind(view))],
    },
    principal,
    requestId,
  );
  return writtenResponse(request, written!, services.base);
}

export interface ConditionalChange {
  readonly resource: Resource;
  readonly query: string;
  readonly conditions: ReturnType<typeof preconditions>;
  /** The id of what is made where nothing is found and the resource has none. */
  readonly newId?: string;
}

/**
 * The create or update that the criteria amount to now.
 *
 * @throws Failure `precondition` (several match), `invalid` (the body has the id of another), `conflict` (it has the id of
 *   one that does not match)
 */
export async function changeByCriteria(
  { resource, query, conditions, newId }: ConditionalChange,
  view: View,
  find: View['find'],
): Promise<Change> {
  const type = resource.resourceType;
  const match = await oneMatch(find, view, type, query);
  if (match !== undefined) {
    if (resource.id !== undefined && resource.id !== match.id)
      throw new Failure('invalid', 'The criteria find a resource with another id than the one in the body.', {
        expression: `${type}.id`,
      });
    return {
      op: 'update',
      resource: staysValid(resource, { ...resource, id: match.id! }),
      ...conditions,
    };
  }
  if (conditions.ifMatch !== undefined)
    throw new Failure('precondition', 'If-Match is for a resource that exists; the criteria find none.', {
      expression: type,
    });
  if (resource.id === undefined)
    return {
      op: 'create',
      resource: newId === undefined ? resource : staysValid(resource, { ...resource, id: newId }),
    };
  if ((await view.read({ type, id: resource.id })) !== undefined)
    throw new Failure('conflict', 'A resource with the id of the body exists, and does not match the criteria.', {
      expression: `${type}.id`,
    });
  return { op: 'update', resource };
}
