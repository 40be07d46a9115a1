import type { Change } from '../../fhir/change.js';
import type { View } from '../../interactions/commit-types.js';
import type { MsgHead } from '../../mapping/plo/envelope.js';
import type { MessageParts } from '../message-parts.js';

/** A PLO, dialogue or referral message that passed the checks of its envelope. */
export interface Arrived {
  readonly head: MsgHead;
  readonly bytes: Uint8Array;
  /** FNR, D-nummer or FHN; an emergency referral may lack it. */
  readonly identity: { readonly system: string; readonly value: string } | undefined;
}

/** What is to be done with a message. Pure but for the view; may be run more than once. */
export type Handling = (view: View) => Promise<readonly Change[]>;

/** One message type: what it does. Throws Failure `unprocessable` (T02) when required content is missing. */
export type Treat = (arrived: Arrived, parts: MessageParts) => Handling;
