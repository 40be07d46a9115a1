import type { Change } from '../../fhir/change.js';
import type { PatientLinks } from '../../fhir/patient-links.js';
import type { Resource, ResourceKey } from '../../fhir/resource.js';
import type { CurrentRow } from '../../storage/resources.js';

/** The row a change applies to, with its content parsed. `resource` is undefined when the row is a deletion. */
export interface Before {
  readonly row: CurrentRow;
  readonly resource: Resource | undefined;
}

/** What of a Patient is stored, and what is kept apart. */
export interface ApartAddress {
  readonly shown: Resource;
  /** undefined: nothing was and nothing is; '': nothing is any more. */
  readonly apart?: string;
  /** Protected from this version on: earlier ones must not tell it either. */
  readonly fresh?: boolean;
}

/** A change with everything known that is needed to write it. */
export interface Planned {
  readonly change: Change;
  readonly key: ResourceKey;
  readonly rid: number;
  readonly kind: 'c' | 'u' | 'd';
  readonly version: number;
  readonly before?: Before;
  /** The new content with id and meta; undefined for a delete. */
  readonly after?: Resource;
  readonly text: string | null;
  readonly links: PatientLinks;
  /** Patient keys, sorted. */
  readonly patients: readonly number[];
  /** Names a patient that is not known here. */
  readonly unresolved: boolean;
  /** Dictionary id. */
  readonly controller: number;
  readonly managed: boolean;
  /** Of a Subscription: its secrets, sealed. */
  readonly sealed?: string;
  /** Of a Patient: what is kept apart. */
  readonly address?: ApartAddress;
}

/** A change that turned out to need no writing: If-None-Exist found one, or the deletion is there already. */
export interface Settled {
  readonly change: Change;
  /** Undefined where what should be deleted is not there, or may not be seen. */
  readonly row?: CurrentRow;
  readonly outcome: 'existed' | 'unchanged';
}

export const isPlanned = (item: Planned | Settled): item is Planned => 'key' in item;
