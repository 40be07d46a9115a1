// https://hl7.org/fhir/R4/http.html#patch
import { absent } from '../access/decide.js';
import { isLogEntry, unchangeable } from '../access/log-entry.js';
import type { Change } from '../fhir/change.js';
import type { Resource } from '../fhir/resource.js';
import { names, spoken, type VersionCondition } from '../fhir/version-condition.js';
import { Failure } from '../kernel/failure.js';
import { demandValid } from './commit/validity.js';
import type { View } from './commit-types.js';
import { criteriaOf, oneMatch } from './criteria.js';
import { type PatchDocument, patchDocument } from './patch-document.js';
import type { Context, FhirRequest, FhirResponse } from './request.js';
import { precondition, writtenResponse } from './respond.js';

/** Changes parts of a resource, under its lock: patches that come at the same time do not lose each other's change. */
export async function patch(
  request: FhirRequest,
  { principal, request: requestId, services }: Context,
): Promise<FhirResponse> {
  const asked = patchAsked(request, { principal, services });
  const [written] = await services.commit(
    {
      action: 'patch',
      ...(asked.query === undefined
        ? { rows: [{ type: asked.type, id: asked.id! }] }
        : { criteria: [{ type: asked.type, query: asked.query }] }),
      decide: async (view) => [await changeByPatch(asked, view, { find: view.find.bind(view), services })],
    },
    principal,
    requestId,
  );
  return writtenResponse(request, written!, services.base);
}

export interface PatchAsked {
  readonly type: string;
  /** Absent: by criteria. */
  readonly id?: string;
  readonly query?: string;
  readonly apply: PatchDocument;
  readonly ifMatch?: VersionCondition;
}

/** What a PATCH of an id, or of criteria, asks for. @throws Failure as `patchDocument` and `criteriaOf` */
export function patchAsked(
  request: FhirRequest,
  { principal, services }: Pick<Context, 'principal' | 'services'>,
): PatchAsked {
  const [type, id] = request.segments as [string, string | undefined];
  const ifMatch = precondition(request);
  return {
    type,
    ...(id === undefined ? { query: criteriaOf(request, type, principal) } : { id }),
    apply: patchDocument(request, { services }),
    ...(ifMatch === undefined ? {} : { ifMatch }),
  };
}

/**
 * The update that the patch amounts to now.
 *
 * @throws Failure `not-found`, `precondition` (several match, or not the version of If-Match), `unprocessable` (the patch does
 *   not fit, or what it makes is not valid)
 */
export async function changeByPatch(
  asked: PatchAsked,
  view: View,
  { find, services }: { readonly find: View['find'] } & Pick<Context, 'services'>,
): Promise<Change> {
  if (asked.id !== undefined && isLogEntry({ type: asked.type, id: asked.id })) throw unchangeable();
  const current =
    asked.id === undefined
      ? await oneMatch(find, view, asked.type, asked.query!)
      : await seen(asked.type, asked.id, view);
  if (current === undefined)
    throw asked.id === undefined ? new Failure('not-found', `The criteria find no ${asked.type}.`) : absent(asked.type);
  const { ifMatch } = asked;
  if (ifMatch !== undefined && !names(ifMatch, Number(current.meta?.versionId))) {
    throw new Failure(
      'precondition',
      `The resource is at version ${current.meta?.versionId}, not ${spoken(ifMatch)}: read it again and repeat the change.`,
      { expression: `${asked.type}.meta.versionId` },
    );
  }
  const resource = asked.apply(current);
  demandValid(resource, services.validator, { category: 'unprocessable' });
  return { op: 'update', resource, patched: true, ...(ifMatch === undefined ? {} : { ifMatch }) };
}

/** The resource as it is under the lock, where the caller may see it. */
async function seen(type: string, id: string, view: View): Promise<Resource | undefined> {
  if (!/^[A-Za-z0-9\-.]{1,64}$/.test(id)) return undefined;
  const current = await view.read({ type, id });
  return (await view.find(type, `_id=${id}`)).length === 1 ? current : undefined;
}
