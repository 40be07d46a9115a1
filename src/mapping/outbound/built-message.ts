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
