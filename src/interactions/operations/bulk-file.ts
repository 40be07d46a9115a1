// https://hl7.org/fhir/uv/bulkdata/export.html#bulk-data-output-file-request
import { Failure } from '../../kernel/failure.js';
import { bulkFileContent, bulkFiles } from '../../storage/bulk-jobs.js';
import { accessEntry } from '../audit-access.js';
import { type Operation, OperationParameters } from '../operation.js';
import type { Context, FhirRequest, FhirResponse } from '../request.js';
import { ownJob } from './bulk-status.js';

/** One file of a finished job, as newline-delimited JSON. */
export const bulkFile: Operation = {
  name: 'bulk-file',
  definition: 'http://hjemmebro.no/fhir/OperationDefinition/bulk-file',
  type: '*',
  level: 'system',
  affectsState: false,
  methods: ['GET'],
  handle,
};

async function handle(request: FhirRequest, context: Context): Promise<FhirResponse> {
  const { services } = context;
  const parameters = new OperationParameters(request);
  const job = await ownJob(parameters.requiredText('job'), context);
  const number = Number(parameters.requiredText('file'));
  const file = (await bulkFiles(services.pool, job.id)).find((one) => one.number === number && one.kind !== 'input');
  if (job.state !== 'done' || file === undefined)
    throw new Failure('not-found', 'The job has no such file; GET $bulk-status lists those it has.');
  await services.audit(
    accessEntry(context, { action: '$bulk-file', type: file.type, detail: `${job.id} ${number}, ${file.lines} lines` }),
  );
  return {
    status: 200,
    headers: {},
    contentType: 'application/fhir+ndjson; charset=utf-8',
    stream: bulkFileContent(services.pool, job.id, number),
  };
}
