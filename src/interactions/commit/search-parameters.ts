import { ownParameters } from '../../search/own-parameter.js';
import type { Change } from '../../fhir/change.js';
import type { Queryable } from '../../storage/pool.js';
import { keepParameter } from '../../storage/search/stored-parameters.js';
import { sqlState, TryAgain } from '../../storage/transaction.js';
import type { CommitDeps } from './deps.js';
import type { Planned } from './planned.js';

/** A SearchParameter that this server cannot work by is refused at once, with the reason. */
export function checkSearchParameter(
  { resource }: Extract<Change, { op: 'create' | 'update' }>,
  deps: CommitDeps,
): void {
  ownParameters(resource, deps.registry);
}

/** SearchParameters take effect with the commit that brings them. */
export async function keepSearchParameters(
  tx: Queryable,
  written: readonly Planned[],
  { registry }: CommitDeps,
  now: number,
): Promise<void> {
  for (const { key, rid, version, before, after } of written)
    if (key.type === 'SearchParameter')
      await keepParameter(tx, { rid, version, before: before?.resource, after }, { registry, now });
}

/** Search rows were made by parameters that have changed meanwhile: with the new ones it is tried again. */
export async function withFreshParameters<T>(work: () => Promise<T>, { parameters }: CommitDeps): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (sqlState(error) !== 'HB001') throw error;
    await parameters?.refresh();
    throw new TryAgain('the search parameters have changed');
  }
}
