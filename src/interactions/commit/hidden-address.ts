import { type HiddenAddress, protectAddress } from '../../access/protected-address.js';
import type { Resource } from '../../fhir/resource.js';
import { hideInHistory, readHidden, writeHidden } from '../../storage/hidden-elements.js';
import type { Queryable } from '../../storage/pool.js';
import type { CommitDeps } from './deps.js';
import type { ApartAddress, Before, Planned } from './planned.js';

export async function hideAddress(
  sent: Resource,
  before: Before | undefined,
  { tx, deps, entitled }: { readonly tx: Queryable; readonly deps: CommitDeps; readonly entitled: boolean },
): Promise<ApartAddress> {
  const sealed = before === undefined ? undefined : await readHidden(tx, before.row.rid);
  const stored = sealed === undefined ? undefined : (deps.secrets.open(sealed) as HiddenAddress);
  const { shown, hidden } = protectAddress(sent, stored, entitled);
  if (hidden === undefined) return { shown, ...(stored === undefined ? {} : { apart: '' }) };
  return { shown, apart: deps.secrets.seal(hidden), fresh: stored === undefined };
}

/** Writes what is kept apart of what was planned; after its rows. */
export async function storeApart(tx: Queryable, planned: readonly Planned[]): Promise<void> {
  for (const { rid, version, address } of planned) {
    if (address?.apart === undefined) continue;
    await writeHidden(tx, rid, version, address.apart);
    if (address.fresh === true) await hideInHistory(tx, rid);
  }
}
