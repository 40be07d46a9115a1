import type fc from 'fast-check';
import { type HereServer, startHere } from '../../../support/here.js';

const times = Number(process.env['FUZZ_RUNS'] ?? 1);

/** How long a test may take, in milliseconds. */
export const patience = 60_000 * times;

/** @param limit milliseconds after which the runs end */
export const runsWithin =
  (limit: number) =>
  (numRuns: number): fc.Parameters<unknown> => ({
    numRuns: numRuns * times,
    seed: Number(process.env['FUZZ_SEED'] ?? 20260302),
    interruptAfterTimeLimit: limit * times,
    endOnFailure: times > 1,
  });

/** A server that has `Patient/fuzz`. */
export async function startFuzzed(maxBodyBytes: string): Promise<HereServer> {
  const server = await startHere({ environment: { MAX_BODY_BYTES: maxBodyBytes } });
  await server.request('admin', 'Patient/fuzz', { method: 'PUT', body: { resourceType: 'Patient', id: 'fuzz' } });
  return server;
}
