// https://hl7.org/fhir/R4/http.html#brules
import { operationOutcome } from '../fhir/operation-outcome.js';
import { Failure } from '../kernel/failure.js';
import type { BundleEntry } from './bundle-entry.js';
import { type BundleEntryText, bundleText } from './bundle-text.js';
import type { Context, FhirRequest, FhirResponse } from './request.js';
import { responseEntry } from './response-entry.js';
import { statusOf } from './status.js';

/** Entries that run at the same time: they must not depend on each other. */
const together = 8;

/** Each entry by itself; one that fails does not stop the others. */
export async function batch(
  entries: readonly BundleEntry[],
  _outer: FhirRequest,
  context: Context,
): Promise<FhirResponse> {
  const answers: BundleEntryText[] = new Array(entries.length);
  const waiting = [...entries];
  const worker = async (): Promise<void> => {
    for (let entry = waiting.shift(); entry !== undefined; entry = waiting.shift())
      answers[entry.index] = await answer(entry, context);
  };
  await Promise.all(Array.from({ length: Math.min(together, entries.length) }, worker));
  return {
    status: 200,
    headers: {},
    body: bundleText({ id: context.services.ids.next(), type: 'batch-response', entries: answers }),
  };
}

async function answer(entry: BundleEntry, context: Context): Promise<BundleEntryText> {
  try {
    if (entry.request.segments.length === 0 && entry.request.method === 'POST')
      throw new Failure('invalid', 'A Bundle cannot be an entry of a Bundle.');
    return responseEntry(await context.dispatch(entry.request, context));
  } catch (error) {
    const failure = entryFailure(error, context).within(`Bundle.entry[${entry.index}]`);
    return { rest: { response: { status: String(statusOf(failure)), outcome: operationOutcome(failure) } } };
  }
}

/** What was not meant to be thrown is an error of ours: logged, not shown. */
function entryFailure(error: unknown, { services, request }: Context): Failure {
  if (error instanceof Failure && error.category !== 'fault') return error;
  services.log.error(
    { request, error: error instanceof Error ? (error.stack ?? error.message) : String(error) },
    'an entry of a batch failed',
  );
  return error instanceof Failure
    ? error
    : new Failure('fault', 'The entry could not be carried out: an error of the server.', { cause: error });
}
