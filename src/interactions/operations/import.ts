import { Failure } from '../../kernel/failure.js';
import { addBulkFile, appendToBulkFile, insertBulkJob } from '../../storage/bulk-jobs.js';
import { addJob } from '../../storage/jobs.js';
import { accessEntry } from '../audit-access.js';
import { demandAsync } from '../export-request.js';
import { linesOf } from '../ndjson.js';
import type { Operation } from '../operation.js';
import type { Context, FhirRequest, FhirResponse } from '../request.js';
import { demandRole } from './run-operation.js';

/**
 * Resources by the line, in a body of newline-delimited JSON. Each line is an update, or a create where it has no id; what it
 * came to stands in the files of the finished job. Nothing is fetched from elsewhere: this server asks no address on anybody's word.
 * The media type and the pattern are those of https://hl7.org/fhir/uv/bulkdata/export.html.
 */
export const importLines: Operation = {
  name: 'import',
  definition: 'http://hjemmebro.no/fhir/OperationDefinition/import',
  type: '*',
  level: 'system',
  affectsState: true,
  takesLines: true,
  handle,
};

async function handle(request: FhirRequest, context: Context): Promise<FhirResponse> {
  const { services, principal } = context;
  demandRole(principal, ['admin'], 'Only an administrator imports.');
  demandAsync(request);
  if (!/^application\/(?:fhir\+|x-)?ndjson\b/i.test(request.headers['content-type'] ?? ''))
    throw new Failure('unsupported-media', 'An import takes application/fhir+ndjson: one resource a line.');
  const id = services.ids.next();
  const now = services.clock.now();
  await services.audit(accessEntry(context, { action: '$import', detail: id }));
  await insertBulkJob(
    services.pool,
    { id, kind: 'import', principal, request: { url: `${services.base}/$import` } },
    now,
  );
  await addBulkFile(services.pool, id, { number: 0, kind: 'input', type: '' });
  let chunk = 0;
  for (const lines of linesOf(request.body ?? ''))
    await appendToBulkFile(services.pool, { job: id, file: 0, chunk: chunk++ }, lines);
  await addJob(services.pool, { kind: 'bulk-import', key: id, payload: { id }, runAt: now });
  return { status: 202, headers: { 'Content-Location': `${services.base}/$bulk-status?job=${id}` } };
}
