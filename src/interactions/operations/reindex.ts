import { operationOutcome } from '../../fhir/operation-outcome.js';
import { stringifyJson } from '../../fhir/json.js';
import { addJob } from '../../storage/jobs.js';
import type { ReindexPayload } from '../../storage/search/stored-parameters.js';
import { accessEntry } from '../audit-access.js';
import type { Operation } from '../operation.js';
import type { Context, FhirResponse } from '../request.js';
import { demandRole } from './run-operation.js';

const common = {
  name: 'reindex',
  definition: 'http://hjemmebro.no/fhir/OperationDefinition/reindex',
  type: '*',
  affectsState: true,
  amountsTo: 'update',
} as const;

/** Makes the search rows of a type anew, in the background: `[type]/$reindex`. */
export const reindex: Operation = {
  ...common,
  level: 'type',
  handle: (request, context) => start([request.segments[0]!], context),
};

/** As `reindex`, of every type. */
export const reindexAll: Operation = {
  ...common,
  level: 'system',
  handle: (_request, context) => start([...context.services.registry.types].sort(), context),
};

/** A job that is waiting already is enough. */
async function start(types: readonly string[], context: Context): Promise<FhirResponse> {
  const { services, principal } = context;
  demandRole(principal, ['admin'], 'Only an administrator has resources indexed anew.');
  const payload: ReindexPayload = { types };
  await services.audit(
    accessEntry(context, { action: '$reindex', ids: [], ...(types.length === 1 ? { type: types[0]! } : {}) }),
  );
  await addJob(services.pool, {
    kind: 'reindex',
    key: types.length === 1 ? types[0]! : 'every type',
    payload,
    runAt: services.clock.now(),
  });
  const diagnostics = `Search rows of ${types.length === 1 ? types[0] : 'every type'} are made anew in the background; searches go on meanwhile.`;
  return {
    status: 202,
    headers: {},
    body: stringifyJson(operationOutcome([{ severity: 'information', code: 'informational', diagnostics }])),
  };
}
