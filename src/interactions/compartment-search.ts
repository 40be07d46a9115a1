// https://hl7.org/fhir/R4/http.html#vsearch – variant searches, https://hl7.org/fhir/R4/compartmentdefinition.html
import { decide } from '../access/decide.js';
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
 * What of a type, or (`*`) of all types, belongs to one patient, encounter, person or device: `Patient/[id]/Observation?…`,
 * `Patient/[id]/*?…`. Of what may not be seen itself nothing more is found than by any other search.
 */
export async function compartmentSearch(request: FhirRequest, context: Context): Promise<FhirResponse> {
  const [owner, id, type] = request.segments as [string, string, string];
  if (!compartments.includes(owner)) throw noCompartment(owner);
  if (!/^[A-Za-z0-9\-.]{1,64}$/.test(id))
    throw new Failure('not-found', `There is no such ${owner}, or it is not one that this client may see.`);
  return type === '*'
    ? searchOfEverything({ type: owner, id }, request, context)
    : searchOfType({ type: owner, id }, type, request, context);
}

interface Owner {
  readonly type: string;
  readonly id: string;
}

async function searchOfType(owner: Owner, type: string, request: FhirRequest, context: Context): Promise<FhirResponse> {
  const { registry, base } = context.services;
  const parameters = parametersOf(owner.type, type, context);
  if (parameters === undefined) throw noCompartment(owner.type);
  await demandScope('search', type, context);
  const ways = parameters.flatMap(
    (name) =>
      parseSearch(type, [isOwner(name) ? ['_id', owner.id] : [name, `${owner.type}/${owner.id}`]], registry, {
        strict: true,
        base,
      }).conditions,
  );
  const within: Condition = ways.length === 1 ? ways[0]! : { op: 'any', conditions: ways };
  return searchAt({ type, path: `${owner.type}/${owner.id}/${type}`, within }, request, context);
}

function searchOfEverything(owner: Owner, request: FhirRequest, context: Context): Promise<FhirResponse> {
  const { registry } = context.services;
  const all = [...registry.types].flatMap((type) => {
    const parameters = parametersOf(owner.type, type, context);
    return parameters === undefined ? [] : [{ type, parameters }];
  });
  const allowed = all.map(({ type }) => type).filter((type) => decide(context.principal, 'search', type).allowed);
  if (allowed.length === 0) throw new Failure('forbidden', 'The access token has no scope that permits a search.');
  const within: Condition = {
    op: 'compartment',
    owner,
    members: all.flatMap(({ type, parameters }) =>
      parameters.flatMap((name) => {
        const parameter = isOwner(name) ? undefined : registry.param(type, name);
        return parameter === undefined ? [] : [{ type, parameter }];
      }),
    ),
    itself: parametersOf(owner.type, owner.type, context)?.some(isOwner) === true,
  };
  const place = { path: `${owner.type}/${owner.id}/*`, within, allowed };
  return searchAt({ ...place, demand: (type) => demandScope('search', type, context) }, request, context);
}

/** The parameters by which resources of a type belong to a compartment; undefined where they never do. */
const parametersOf = (owner: string, type: string, { services }: Context): readonly string[] | undefined =>
  owner === 'Patient' ? compartmentParameters(type) : services.definitions.compartmentParameters(owner, type);

/** The parameter stands for the owner itself. */
const isOwner = (name: string): boolean => name === '_id' || name === '{def}';

const noCompartment = (owner: string): Failure =>
  new Failure(
    'not-found',
    compartments.includes(owner)
      ? `There is nothing of that type in the compartment of a ${owner}; [compartment]/[id]/[type] lists what belongs to it.`
      : `There is no such compartment; [compartment]/[id]/[type] lists what belongs to a ${compartments.join(', ')}.`,
    { code: 'not-supported' },
  );
