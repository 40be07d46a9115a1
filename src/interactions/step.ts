import type { Change } from '../fhir/change.js';
import type { ResourceKey } from '../fhir/resource.js';
import type { BundleEntry } from './bundle-entry.js';
import type { View } from './commit-types.js';

/** One entry of a transaction that changes something. */
export interface Step {
  readonly entry: BundleEntry;
  readonly change: Change;
  /** Where the entry's resource lies: decided now for POST, so that others can refer to it. */
  readonly key: ResourceKey;
  readonly criteria?: string;
  /** The change is known only under the locks: what stands in `change` until then says no more than its type. */
  readonly late?: LateChange;
  /** Of a deletion by criteria that finds several: all but the first. */
  readonly further?: readonly Extract<Change, { op: 'delete' }>[];
}

/** How a step's change is found out under the locks. */
export interface LateChange {
  readonly criteria?: string;
  /** None: there is nothing to do. Several are deletions. */
  readonly make: (view: View, find: View['find']) => Promise<readonly Change[]>;
}

/** Every resource that the step changes. */
export const keysOf = ({ key, further = [] }: Step): ResourceKey[] => [
  key,
  ...further.map(({ type, id }) => ({ type, id })),
];
