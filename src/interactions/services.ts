import type { Definitions } from '../fhir/definitions.js';
import type { Clock } from '../kernel/clock.js';
import type { Ids } from '../kernel/ids.js';
import type { Log } from '../kernel/log.js';
import type { SearchRegistry } from '../search/registry.js';
import type { AuditEntry } from '../storage/audit.js';
import type { AuditedReads } from '../storage/audited-reads.js';
import type { Dictionary } from '../storage/dictionary.js';
import type { Queryable } from '../storage/pool.js';
import type { TextIndex } from '../storage/search/text-index.js';
import type { Validator } from '../validation/validator.js';
import type { Commit } from './commit-types.js';
import type { Profiles } from './profiles.js';

/** What interactions and operations work with; put together in `system/`. */
export interface Services {
  /** Where statements run: the pool, or the transaction that this is part of. */
  readonly pool: Queryable;
  readonly dictionary: Dictionary;
  readonly registry: SearchRegistry;
  readonly definitions: Definitions;
  readonly validator: Validator;
  readonly profiles: Profiles;
  readonly commit: Commit;
  /** Resolves when the entry is durable; rejects with `busy` when it cannot be (decision 18). */
  readonly audit: (entry: AuditEntry) => Promise<void>;
  /** The current version if the caller may see it, with the audit row of the read in the same statement. */
  readonly read: AuditedReads['read'];
  /** What `_text`, `_content` and `:text` are answered from. */
  readonly texts?: TextIndex;
  /** The pool that plans statements once; absent inside a transaction. */
  readonly planned?: Queryable;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  /** Public base URL of the FHIR endpoint, without a slash at the end. */
  readonly base: string;
  /** Seals paging links that would otherwise show what was in a POST body (decision 19). */
  readonly sealer: { seal(value: unknown): string; open(token: string): unknown };
  /** Opens what is kept apart of resources (decision 17). */
  readonly hidden: { open(token: string): unknown };
  /** Seals what a client binds its socket with (`$get-ws-binding-token`). */
  readonly bindingTokens: { seal(value: unknown): string; open(token: string): unknown };
  /** Canonical URLs of the topics that can be subscribed to. */
  readonly topics: () => readonly string[];
  /** Where subscribers open a WebSocket with their access token. */
  readonly socketUrl: string;
  /** When the software was made and what it is called, for the CapabilityStatement. */
  readonly software: { readonly name: string; readonly version: string };
  /** The CapabilityStatement. */
  readonly capabilities: () => object;
  /** The follow-up centre: its HER-id, and who takes red alerts outside its opening hours. */
  readonly centre: { readonly herId: string; readonly afterHours: 'none' | 'home-care' | 'legevakt' };
  /** Hours that access taken in an emergency lasts. */
  readonly emergencyHours: number;
  /** Days after which a plan that nobody has answered is asked for again. */
  readonly approvalDays: number;
  /** Fewer devices of a kind than so many left in an owner's stock are too few; 0: nobody asks. */
  readonly stockMinimum: number;
  /** Whether DELETE by criteria that several resources fulfil deletes them all, or is refused. */
  readonly conditionalDelete: 'single' | 'multiple';
  /** Whether test numbers are taken for persons and organisations. */
  readonly testNumbers: boolean;
  /** Whether references into this server must lead somewhere. */
  readonly referentialIntegrity: boolean;
  /** Is the follow-up module on (decision 14)? */
  readonly followUp: boolean;
}
