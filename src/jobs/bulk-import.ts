import { createHash } from 'node:crypto';
import type { Principal } from '../access/principal.js';
import { parseJsonObject, stringifyJson } from '../fhir/json.js';
import { operationOutcome } from '../fhir/operation-outcome.js';
import type { Resource } from '../fhir/resource.js';
import { dispatch } from '../interactions/dispatch.js';
import type { Context, FhirRequest } from '../interactions/request.js';
import type { Services } from '../interactions/services.js';
import { Failure } from '../kernel/failure.js';
import { withNarrowings } from '../storage/search/prepare-narrowing.js';
import {
  addBulkFile,
  appendToBulkFile,
  bulkFileContent,
  bulkFiles,
  finishBulkJob,
  noteProgress,
  readBulkJob,
} from '../storage/bulk-jobs.js';
import type { Pool } from '../storage/pool.js';

/** Numbers of the files that are written; those that are read come before (0) or after. */
const outputFile = 1_000_000;
const errorFile = 1_000_001;

/** One line: where it stands, and what it holds or why it holds nothing. */
interface Line {
  readonly number: number;
  readonly resource?: Resource;
  readonly failure?: Failure;
}

interface Importing {
  readonly job: string;
  readonly pool: Pool;
  readonly context: Context;
  /** Chunks of the files that have been written. */
  readonly chunks: Map<number, number>;
}

/**
 * Writes the lines of an import, a portion in a transaction; where that is refused, line by line. A portion that was interrupted
 * is written again: every line has its id, so nothing comes twice.
 */
export async function bulkImport(payload: unknown, services: Services, pool: Pool): Promise<void> {
  const { id } = payload as { readonly id: string };
  const job = await readBulkJob(pool, id);
  if (job === undefined || job.state === 'done' || job.state === 'failed') return;
  const principal = await withNarrowings(job.principal as Principal, pool, services);
  const context: Context = { principal, request: id, services, dispatch };
  const importing: Importing = { job: id, pool, context, chunks: new Map() };
  const inputs = (await bulkFiles(pool, id)).filter(({ kind }) => kind === 'input');
  let number = 0;
  for (const input of inputs) {
    for await (const content of bulkFileContent(pool, id, input.number)) {
      const texts = content.split('\n').filter((text) => text !== '');
      const begin = number;
      number += texts.length;
      // Portions are noted when they are done, whole: an attempt goes on where the last one stopped.
      if (number <= job.linesDone) continue;
      const lines = texts.map((text, at) => readLine(text, begin + at + 1, id));
      await importPortion(lines, importing);
      if (!(await noteProgress(pool, id, { progress: `${number} lines`, linesDone: number }))) return;
    }
  }
  await finishBulkJob(pool, id, services.clock.now());
}

function readLine(text: string, number: number, job: string): Line {
  try {
    const resource = parseJsonObject(text) as Resource;
    if (typeof resource.resourceType !== 'string')
      throw new Failure('invalid', 'The line has no resourceType.', { expression: 'Resource.resourceType' });
    return { number, resource: { ...resource, id: resource.id ?? idOf(job, number) } };
  } catch (error) {
    return { number, failure: asFailure(error) };
  }
}

/** The same for every attempt. */
function idOf(job: string, number: number): string {
  const hex = createHash('sha256').update(`${job} ${number}`).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

async function importPortion(lines: readonly Line[], importing: Importing): Promise<void> {
  const good = lines.filter((line) => line.resource !== undefined);
  const outcomes = new Map<number, Failure | string>();
  for (const { number, failure } of lines) if (failure !== undefined) outcomes.set(number, failure);
  try {
    await send(importing, { method: 'POST', segments: [], resource: bundleOf(good) });
    for (const { number, resource } of good) outcomes.set(number, `${resource!.resourceType}/${resource!.id}`);
  } catch (error) {
    // Nothing that a later attempt would make better is a line's fault.
    if (asFailure(error).category === 'busy') throw error;
    for (const line of good) outcomes.set(line.number, await importLine(line.resource!, importing));
  }
  await report(lines, outcomes, importing);
}

async function importLine(resource: Resource, importing: Importing): Promise<Failure | string> {
  try {
    await send(importing, { method: 'PUT', segments: [resource.resourceType, resource.id!], resource });
    return `${resource.resourceType}/${resource.id}`;
  } catch (error) {
    const failure = asFailure(error);
    if (failure.category === 'busy') throw error;
    return failure;
  }
}

const send = (
  { context }: { readonly context: Context },
  request: Pick<FhirRequest, 'method' | 'segments' | 'resource'>,
) => dispatch({ ...request, query: [], headers: { prefer: 'return=minimal' } }, context);

const bundleOf = (lines: readonly Line[]): object => ({
  resourceType: 'Bundle',
  type: 'transaction',
  entry: lines.map(({ resource }) => ({
    resource,
    request: { method: 'PUT', url: `${resource!.resourceType}/${resource!.id}` },
  })),
});

/** An OperationOutcome for each line: those that were refused in a file of their own. */
async function report(
  lines: readonly Line[],
  outcomes: ReadonlyMap<number, Failure | string>,
  importing: Importing,
): Promise<void> {
  const done: string[] = [];
  const refused: string[] = [];
  for (const { number } of lines) {
    const outcome = outcomes.get(number)!;
    if (outcome instanceof Failure) {
      const issues = outcome.issues.map((issue) => ({ ...issue, diagnostics: `Line ${number}: ${issue.diagnostics}` }));
      refused.push(stringifyJson(operationOutcome(issues)));
    } else {
      const diagnostics = `Line ${number}: ${outcome} is stored.`;
      done.push(stringifyJson(operationOutcome([{ severity: 'information', code: 'informational', diagnostics }])));
    }
  }
  await append(outputFile, 'output', done, importing);
  await append(errorFile, 'error', refused, importing);
}

async function append(
  file: number,
  kind: 'output' | 'error',
  lines: readonly string[],
  { pool, job, chunks }: Importing,
): Promise<void> {
  if (lines.length === 0) return;
  let chunk = chunks.get(file);
  if (chunk === undefined) chunk = await addBulkFile(pool, job, { number: file, kind, type: 'OperationOutcome' });
  await appendToBulkFile(pool, { job, file, chunk }, lines);
  chunks.set(file, chunk + 1);
}

const asFailure = (error: unknown): Failure =>
  error instanceof Failure
    ? error
    : new Failure('fault', 'The line could not be written: an error of the server.', { cause: error });
