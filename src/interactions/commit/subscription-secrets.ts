import type { Resource } from '../../fhir/resource.js';
import { readSecrets, writeSecrets } from '../../storage/subscription-secrets.js';
import type { Queryable } from '../../storage/pool.js';
import { joinSecrets, restoreSecrets, type Secrets, splitSecrets } from '../../subscriptions/redact-subscription.js';
import type { CommitDeps } from './deps.js';
import type { Before, Planned } from './planned.js';

/**
 * A Subscription as a client sends it → what is stored in the open, and its secrets sealed (decision 17). What the client
 * has only seen redacted is taken from the version before.
 */
export async function sealSubscription(
  sent: Resource,
  before: Before | undefined,
  { tx, deps }: { readonly tx: Queryable; readonly deps: CommitDeps },
): Promise<{ readonly shown: Resource; readonly sealed: string }> {
  let stored = before?.resource;
  if (before !== undefined && stored !== undefined) {
    const sealed = await readSecrets(tx, before.row.rid, before.row.version);
    if (sealed !== undefined) stored = joinSecrets(stored, deps.secrets.open(sealed) as Secrets);
  }
  const { shown, secrets = {} } = splitSecrets(restoreSecrets(sent, stored));
  return { shown, sealed: deps.secrets.seal(secrets) };
}

/** Writes the sealed secrets of what was planned. */
export async function storeSealed(tx: Queryable, planned: readonly Planned[]): Promise<void> {
  for (const { rid, version, sealed } of planned)
    if (sealed !== undefined) await writeSecrets(tx, rid, version, sealed);
}
