/** What a transport needs of a queued message (`storage/outbound-messages.ts` has it). */
export interface Sendable {
  readonly id: string;
  readonly msgId: string | null;
  readonly msgType: string | null;
  readonly receiver: string | null;
  readonly sender?: string | null;
  readonly conversation?: string | null;
  readonly raw: Uint8Array;
}

/**
 * Carries a message to its receiver; the sender in `delivery/` retries.
 *
 * @returns the receipt when it came with the answer; undefined when it comes later, as a message
 * @throws Failure `busy` to be tried again, `unprocessable` when the receiver refused it for good
 */
export interface Transport {
  send(message: Sendable): Promise<{ readonly receipt: Uint8Array; readonly receiptCode: string } | undefined>;
}
