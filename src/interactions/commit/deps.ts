import type { Definitions } from '../../fhir/definitions.js';
import type { Clock } from '../../kernel/clock.js';
import type { Ids } from '../../kernel/ids.js';
import type { Log } from '../../kernel/log.js';
import type { SearchRegistry } from '../../search/registry.js';
import type { AuditEntry } from '../../storage/audit.js';
import type { Dictionary } from '../../storage/dictionary.js';
import type { Pool } from '../../storage/pool.js';
import type { Rids } from '../../storage/rids.js';
import type { Validator } from '../../validation/validator.js';
import type { Profiles } from '../profiles.js';
import type { FollowUp } from './follow-up.js';

export interface CommitDeps {
  readonly pool: Pool;
  readonly dictionary: Dictionary;
  readonly registry: SearchRegistry;
  readonly rids: Rids;
  readonly definitions: Definitions;
  readonly validator: Validator;
  readonly profiles: Profiles;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  readonly base: string;
  /** Are test numbers taken for patients? Never in production. */
  readonly testNumbers: boolean;
  /** Must references into this server lead somewhere? */
  readonly referentialIntegrity?: boolean;
  /** The follow-up module's reaction; absent when it is switched off (decision 14). */
  readonly followUp?: FollowUp;
  /** Refused and rolled-back attempts are written after the rollback (decision 18). */
  readonly audit: (entry: AuditEntry) => Promise<void>;
  /** Seals secrets that are stored beside their resource (decision 17). */
  readonly secrets: { seal(value: unknown): string; open(token: string): unknown };
  /** Search parameters that are stored as resources. */
  readonly parameters?: { refresh(): Promise<void> };
  /** Something was committed: wakes the readers of the change log. `type`: nothing but one resource of this type. */
  readonly onCommitted: (type?: string) => void;
  /** A transaction was run again (deadlock, serialisation, a patient that turned up late). */
  readonly onRetry?: () => void;
}
