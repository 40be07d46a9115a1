import type { Hl7Message } from '../../mapping/hl7/read-hl7.js';
import type { MessageParts } from '../message-parts.js';
import type { Work } from '../../interactions/commit-types.js';
import type { Handling } from '../message/arrived.js';

export interface Identity {
  readonly system: string;
  readonly value: string;
}

/** An HL7 v2 message whose header was understood and whose sender may send. */
export interface ArrivedHl7 {
  readonly read: Hl7Message;
  readonly bytes: Uint8Array;
  /** Of the first PID. */
  readonly identity: Identity;
  /** MSH-10 with MSH-7. */
  readonly messageId: string;
  /** Organisation number of the hospital the connection belongs to, where it is one. */
  readonly organisation?: string | undefined;
}

/** One message type: what it does. Throws Failure `unprocessable` (AE) when content that it needs is missing. */
export type TreatHl7 = (
  arrived: ArrivedHl7,
  parts: MessageParts,
) => Handling | (Pick<Work, 'conclude' | 'reaction'> & { readonly decide: Handling });

/** Name of the sender for a person. */
export const senderName = ({ read: { header } }: ArrivedHl7): string =>
  header.sendingFacility || header.sendingApplication || 'ukjent avsender';
