// https://hl7.org/fhir/R4/http.html#3.1.0.7.1
import type { Change } from '../fhir/change.js';
import { Failure } from '../kernel/failure.js';
import type { View } from './commit-types.js';
import { criteriaOf, oneMatch } from './criteria.js';
import type { Context, FhirRequest, FhirResponse } from './request.js';
import { deletedResponse, precondition } from './respond.js';
import type { Services } from './services.js';

/** Most that one request deletes; a search of the write path finds no more. */
const most = 999;

/**
 * Deletes the one resource that the criteria find, or all of them where the server is set to that (`CONDITIONAL_DELETE`). Where
 * they find none, nothing was to be done.
 *
 * @throws Failure `precondition` where several match and one is the rule; `too-costly` for more than 999
 */
export async function conditionalDelete(
  request: FhirRequest,
  { principal, request: requestId, services }: Context,
): Promise<FhirResponse> {
  const type = request.segments[0]!;
  const query = criteriaOf(request, type, principal);
  const ifMatch = precondition(request);
  const written = await services.commit(
    {
      action: 'delete',
      criteria: [{ type, query }],
      async decide(view) {
        const ids = await deletedBy(services, { type, query }, view, view.find.bind(view));
        return ids.map((id): Change => ({ op: 'delete', type, id, ...(ifMatch === undefined ? {} : { ifMatch }) }));
      },
    },
    principal,
    requestId,
  );
  return deletedResponse(request, `${written.length} deleted.`, written.length === 1 ? written[0]!.version : undefined);
}

/** The ids that the criteria amount to now, locked. @throws Failure as `conditionalDelete` */
export async function deletedBy(
  { conditionalDelete: rule }: Pick<Services, 'conditionalDelete'>,
  { type, query }: { readonly type: string; readonly query: string },
  view: View,
  find: View['find'],
): Promise<readonly string[]> {
  if (rule === 'multiple') return matches(find, view, type, query);
  const match = await oneMatch(find, view, type, query);
  return match === undefined ? [] : [match.id!];
}

/** Everything that fulfils the criteria, locked in the order of ids; looked for again under the locks. */
async function matches(find: View['find'], view: View, type: string, query: string): Promise<string[]> {
  const found = await idsOf(find, type, query);
  for (const id of found) await view.read({ type, id });
  const still = new Set(await idsOf(find, type, query));
  return found.filter((id) => still.has(id));
}

async function idsOf(find: View['find'], type: string, query: string): Promise<string[]> {
  const found = await find(type, query);
  if (found.length > most)
    throw new Failure('too-costly', `The criteria match more than ${most} resources; delete them in parts.`);
  return found.map(({ id }) => id!).sort();
}
