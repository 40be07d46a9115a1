import type { Principal, Role } from '../../access/principal.js';
import { absent } from '../../access/decide.js';
import type { Change } from '../../fhir/change.js';
import type { Resource, ResourceKey } from '../../fhir/resource.js';
import { Failure } from '../../kernel/failure.js';
import type { PatientName, View, Written } from '../commit-types.js';
import type { Context, FhirRequest, FhirResponse } from '../request.js';
import { writtenResponse } from '../respond.js';

export interface OperationRun {
  readonly request: FhirRequest;
  readonly context: Context;
  /** `$approve` … for the audit. */
  readonly name: string;
  readonly key: ResourceKey;
  /** Answers with what the first change makes, rather than with the resource that the operation is called on. */
  readonly first?: boolean;
  readonly decide: (resource: Resource, view: View) => Promise<Change[] | Failure> | Change[] | Failure;
}

/**
 * Runs an operation on one resource through `commit`: the resource is read under the patient's lock, and what the pure
 * decision says is written. Answers with the resource as it is afterwards, or
 * with what the first change makes where it is not among the changes.
 *
 * @throws Failure not-found where the caller may not see the resource
 */
export async function runOperation({
  request,
  context,
  name,
  key,
  first = false,
  decide,
}: OperationRun): Promise<FhirResponse> {
  const { services, principal } = context;
  const patients = await patientsOf(key, context);
  const written = await services.commit(
    {
      action: name,
      patients,
      rows: [key],
      async decide(view) {
        const resource = await visible(view, key);
        const decided = await decide(resource, view);
        if (decided instanceof Failure) throw decided;
        return decided;
      },
    },
    principal,
    context.request,
  );
  const own = written.find((one) => one.key.type === key.type && one.key.id === key.id);
  return own === undefined || first
    ? answerWith(written[0], request, context)
    : writtenResponse(request, own, services.base);
}

function answerWith(written: Written | undefined, request: FhirRequest, { services }: Context): FhirResponse {
  return written === undefined
    ? { status: 204, headers: {} }
    : writtenResponse(request, { ...written, outcome: 'updated' }, services.base);
}

/** The resource, if the caller may see it. */
export async function visible(view: View, key: ResourceKey): Promise<Resource> {
  const [found] = await view.find(key.type, `_id=${key.id}`);
  const current = found === undefined ? undefined : await view.read(key);
  if (current === undefined) throw absent(key.type);
  return current;
}

/** The patients of a resource, so that their locks are taken first. What turns up later is locked by a second attempt. */
async function patientsOf(key: ResourceKey, { services }: Context): Promise<readonly PatientName[]> {
  const { rows } = await services.pool.query(
    'select p.id from resource r join resource p on p.rid = any (r.patients) where r.type = $1 and r.id = $2',
    [services.dictionary.typeId(key.type), key.id],
  );
  return rows.map((row) => ({ type: 'Patient', id: row['id'] as string }));
}

/** @throws Failure forbidden unless the caller has one of the roles (an administrator may do what the centre may) */
export function demandRole(principal: Principal, roles: readonly Role[], what: string): void {
  if (!roles.includes(principal.role)) throw new Failure('forbidden', what);
}

/** The caller as an author: the person by HPR number, else the organisation, else the client by name. */
export function callerReference(principal: Principal): {
  type?: string;
  identifier?: { system: string; value: string };
  display: string;
} {
  const { hpr, organisation, name: display } = principal;
  if (hpr !== undefined)
    return { type: 'Practitioner', identifier: { system: 'urn:oid:2.16.578.1.12.4.1.4.4', value: hpr }, display };
  if (organisation !== undefined)
    return {
      type: 'Organization',
      identifier: { system: 'urn:oid:2.16.578.1.12.4.1.4.101', value: organisation },
      display,
    };
  return { display };
}

/** `resource.focus`-like references to this server, as a key. */
export function keyIn(reference: unknown): ResourceKey | undefined {
  const match = /^([A-Z][A-Za-z]+)\/([A-Za-z0-9.-]{1,64})(?:\/|$)/.exec(
    String((reference as { reference?: unknown } | undefined)?.reference ?? ''),
  );
  return match === null ? undefined : { type: match[1]!, id: match[2]! };
}
