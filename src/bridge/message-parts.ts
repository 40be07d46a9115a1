import type { Principal } from '../access/principal.js';
import type { Clock } from '../kernel/clock.js';
import type { Ids } from '../kernel/ids.js';
import type { Log } from '../kernel/log.js';
import type { Commit } from '../interactions/commit-types.js';
import type { MessageMaps } from '../mapping/load-maps.js';
import type { HeadRules } from '../mapping/plo/check-head.js';
import type { ElementTrees } from '../mapping/tree/element-trees.js';
import type { MessageStore } from '../storage/messages.js';

export interface MessageSettings extends HeadRules {
  /** HER-id of the follow-up centre: its worklist gets what is addressed to nobody known here. */
  readonly centreHerId: string;
}

/** What receiving a message works with; put together in `system/`. */
export interface MessageParts {
  readonly commit: Commit;
  /** The server itself, for what is done later than the delivery. */
  readonly by: Principal;
  readonly messages: MessageStore;
  /** Organisation number of the first HER-id that the directory knows (`storage/organisation-number.ts`). */
  readonly organisationNumber: (herIds: readonly string[]) => Promise<string | undefined>;
  readonly maps: MessageMaps;
  readonly trees: ElementTrees;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  readonly settings: MessageSettings;
}

export type Transport = 'http' | 'folder' | 'mllp' | 'edi' | 'amqp';
