import { addressOf } from '../plo/party.js';
import type { Markup } from '../xml/write-xml.js';
import { type Envelope, writeMsgHead } from './write-msg-head.js';

/** A message that is ready to be queued (`storage/messages.ts`, queueMessage). */
export interface BuiltMessage {
  /** Its MsgId, a UUID. */
  readonly id: string;
  readonly msgType: string;
  readonly conversation?: string;
  readonly parent?: string;
  /** HER-ids of the communication parties. */
  readonly sender: string;
  readonly receiver: string;
  readonly raw: Uint8Array;
}

/** The document as a message in its envelope. */
export function builtMessage(envelope: Envelope, content: Markup | undefined): BuiltMessage {
  const { type, id, sender, receiver, conversation } = envelope;
  return {
    id,
    msgType: type,
    ...conversation,
    sender: addressOf(sender),
    receiver: addressOf(receiver),
    raw: Buffer.from(writeMsgHead(envelope, content)),
  };
}
