import type { Principal } from '../../access/principal.js';
import type { Commit, View } from '../../interactions/commit-types.js';
import type { Resource } from '../../fhir/resource.js';
import type { Reference } from '../../followup/vocabulary/element.js';
import type { BuiltMessage } from '../../mapping/outbound/built-message.js';
import type { MessageMaps } from '../../mapping/load-maps.js';
import type { ElementTrees } from '../../mapping/tree/element-trees.js';
import type { Log } from '../../kernel/log.js';

/** What writing an outgoing message works with; put together in `system/`. */
export interface OutgoingParts {
  readonly commit: Commit;
  /** The server itself. */
  readonly by: Principal;
  /** `queueMessage` of `storage/messages.ts` on the pool. */
  readonly queue: (message: BuiltMessage, at: number) => Promise<void>;
  readonly log: Log;
  /** HER-id (level 2) that messages of the server's own accord are sent from. */
  readonly senderHerId: string;
  readonly maps: MessageMaps;
  readonly trees: ElementTrees;
  /** Address of a plan for a person, where there is one. */
  readonly planLink?: (plan: string) => string;
}

/** A message and whom it is about. */
export interface Draft {
  readonly message: BuiltMessage;
  readonly subject: Reference | undefined;
  /** The CommunicationRequest that is fulfilled by it. */
  readonly request?: Resource;
}
/** Builds a message inside a commit; undefined when the case is not one for a message. */
export type Build = (view: View) => Promise<Draft | undefined>;
