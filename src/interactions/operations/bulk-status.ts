// https://hl7.org/fhir/uv/bulkdata/export.html#bulk-data-status-request
import { Failure } from '../../kernel/failure.js';
import { instant } from '../../kernel/clock.js';
import type { Principal } from '../../access/principal.js';
import {
  type BulkFile,
  type BulkJob,
  bulkFiles,
  bulkFilesKept,
  readBulkJob,
  removeBulkJob,
} from '../../storage/bulk-jobs.js';
import { accessEntry } from '../audit-access.js';
import { type Operation, OperationParameters } from '../operation.js';
import type { ExportRequest } from '../export-request.js';
import type { Context, FhirRequest, FhirResponse } from '../request.js';

/** How far an export or import has come: 202 with X-Progress, 200 with the manifest of its files; DELETE cancels it. */
export const bulkStatus: Operation = {
  name: 'bulk-status',
  definition: 'http://hjemmebro.no/fhir/OperationDefinition/bulk-status',
  type: '*',
  level: 'system',
  affectsState: false,
  methods: ['GET', 'DELETE'],
  handle,
};

async function handle(request: FhirRequest, context: Context): Promise<FhirResponse> {
  const { services } = context;
  const job = await ownJob(new OperationParameters(request).requiredText('job'), context);
  if (request.method === 'DELETE') {
    await removeBulkJob(services.pool, job.id);
    await services.audit(accessEntry(context, { action: `$${job.kind} cancelled`, detail: job.id }));
    return { status: 202, headers: {} };
  }
  switch (job.state) {
    case 'accepted':
    case 'running':
      return { status: 202, headers: { 'X-Progress': job.progress || 'waiting', 'Retry-After': '1' } };
    case 'failed':
      throw new Failure('unprocessable', job.error ?? `The ${job.kind} failed.`, { code: 'processing' });
    case 'done':
      return {
        status: 200,
        headers: { Expires: new Date((job.finished ?? services.clock.now()) + bulkFilesKept).toUTCString() },
        contentType: 'application/json; charset=utf-8',
        body: JSON.stringify(await manifest(job, services)),
      };
  }
}

/** @throws Failure not-found also where it is somebody else's */
export async function ownJob(id: string, { services, principal }: Context): Promise<BulkJob> {
  const job = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id) ? await readBulkJob(services.pool, id) : undefined;
  const owner = job?.principal as Principal | undefined;
  if (job === undefined || owner?.client !== principal.client || owner.subject !== principal.subject)
    throw new Failure('not-found', 'There is no such job of this client: it was cancelled, or its time is over.');
  return job;
}

async function manifest(job: BulkJob, { pool, base }: Context['services']): Promise<object> {
  const files = await bulkFiles(pool, job.id);
  const listed = (kind: BulkFile['kind']): object[] =>
    files
      .filter((file) => file.kind === kind)
      .map(({ number, type, lines }) => ({
        type,
        url: `${base}/$bulk-file?job=${job.id}&file=${number}`,
        count: lines,
      }));
  const { url, since } = job.request as Pick<ExportRequest, 'url' | 'since'>;
  return {
    transactionTime: instant(job.transactionTime ?? 0),
    request: url,
    requiresAccessToken: true,
    output: listed('output'),
    ...(job.kind === 'export' && since !== undefined ? { deleted: listed('deleted') } : {}),
    error: listed('error'),
    ...(job.kind === 'import' ? { extension: { lines: job.linesDone } } : {}),
  };
}
