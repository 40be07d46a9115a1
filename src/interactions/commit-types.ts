import type { Principal } from '../access/principal.js';
import type { Change } from '../fhir/change.js';
import type { Resource, ResourceKey } from '../fhir/resource.js';
import type { Queryable } from '../storage/pool.js';

/** A patient as a caller names one: literally or by a logical identifier (decision 3). */
export type PatientName = ResourceKey | { readonly system: string; readonly value: string };

/**
 * What an interaction, operation, message or timer wants done, for `commit` (the one write path).
 *
 * `commit` takes the locks in the one total order (decision 5), calls `decide`, adds the follow-up module's reaction,
 * checks access and validity of every change, and writes everything in one transaction. `decide` may run more than once
 * (deadlock, a patient that turned up late), so it must have no effect outside its return value.
 */
export interface Work {
  /** For the audit: `create`, `transaction`, `$approve`, `message LOG_INNLAGT` … */
  readonly action: string;
  /** Why it is done, where the caller must say it; for the audit. */
  readonly detail?: string;
  /** Patients known beforehand; their locks are taken before `decide`. */
  readonly patients?: readonly PatientName[];
  /** Rows that `decide` reads in order to change them; locked after the patients. */
  readonly rows?: readonly ResourceKey[];
  /** Search criteria that `decide` depends on (If-None-Exist, conditional update): nobody else decides on them meanwhile. */
  readonly criteria?: readonly { readonly type: string; readonly query: string }[];
  /** The one change, where it is known beforehand; a simple create then takes one round trip. Else `decide`. */
  readonly change?: Change;
  decide?(view: View): Promise<readonly Change[]> | readonly Change[];
  /** The follow-up module does not look at the changes: they say nothing new of anybody (a merge of patients). */
  readonly reaction?: 'none';
  /** Runs last inside the transaction: what it reads is as the commit leaves it; what it throws undoes everything. */
  conclude?(db: Queryable): Promise<void>;
  /** Patient keys whose time is judged: schedules, deadlines, the red clock (a timer's work; `decide` is not needed). */
  readonly judgeTime?: readonly number[];
  /** Resources that the engine looks at again as if they had just come (after an engine failure). */
  readonly reconsider?: readonly ResourceKey[];
  /** An inbound message stored in the same transaction; a second one with the same sender and id is a `conflict`. */
  readonly message?: InboundMessage;
}

/** The store as it stands inside the transaction, under the locks. No access rules: the module's own eyes. */
export interface View {
  /** Milliseconds since 1970. */
  readonly now: number;
  /** The current content; nobody else changes it before this commit has ended. */
  read(key: ResourceKey): Promise<Resource | undefined>;
  /** As `read`, but others may go on: for what the commit only looks at, such as the directory. */
  glance(key: ResourceKey): Promise<Resource | undefined>;
  /** By FHIR search query without `?`, first 1000 matches: `search('Task', 'focus=ServiceRequest/1')`. */
  search(type: string, query: string): Promise<readonly Resource[]>;
  /** As `search`, but only what the caller may see: for conditional interactions. */
  find(type: string, query: string): Promise<readonly Resource[]>;
  /** Every current resource that names the Patient with this logical id, but for the Patient itself. */
  naming(patient: string): Promise<readonly Resource[]>;
  /** Active Patients of this controller with the identifier. */
  patients(identifier: { readonly system: string; readonly value: string }): Promise<readonly Resource[]>;
  /** Has one of the parties (keys) a running relation to the patient? */
  related(patient: ResourceKey, parties: readonly string[]): Promise<boolean>;
}

/** One row of table `message`, direction in. */
export interface InboundMessage {
  readonly id: string;
  readonly transport: 'http' | 'folder' | 'mllp' | 'edi' | 'amqp' | 'fhir';
  readonly msgId?: string;
  readonly msgType?: string;
  readonly conversation?: string;
  readonly parent?: string;
  readonly sender?: string;
  readonly receiver?: string;
  readonly raw: Uint8Array;
  readonly state: 'accepted' | 'rejected' | 'held' | 'failed';
  readonly receipt?: Uint8Array;
  readonly receiptCode?: string;
  readonly error?: string;
}

export interface Written {
  readonly key: ResourceKey;
  readonly version: number;
  /** Milliseconds since 1970. */
  readonly updated: number;
  readonly outcome: 'created' | 'updated' | 'deleted' | 'unchanged' | 'existed';
  /** The stored JSON text; absent after a delete. */
  readonly text?: string;
}

/** One element per change of `decide`, in its order; what the follow-up module added is not listed. */
export type Commit = (work: Work, by: Principal, request: string) => Promise<readonly Written[]>;
