import { Failure } from '../kernel/failure.js';
import type { Queryable } from './pool.js';
import type { Lease } from './subscription-delivery.js';

/** A message on its way out. */
export interface OutboundMessage {
  readonly id: string;
  readonly transport: string;
  readonly msgId: string | null;
  readonly msgType: string | null;
  readonly conversation: string | null;
  readonly sender: string | null;
  readonly receiver: string | null;
  readonly raw: Uint8Array;
  /** Failed attempts so far. */
  readonly attempts: number;
  /** Milliseconds since 1970 of the first failure. */
  readonly failingSince: number | undefined;
}

const columns = `m.id, m.transport, m.msg_id as "msgId", m.msg_type as "msgType", m.conversation, m.sender, m.receiver, m.raw`;

/**
 * Claims the oldest queued message of each receiver, where it is due: messages of one receiver go in order, those of
 * different receivers do not wait for each other. Not to be called while this instance still sends what it has claimed.
 *
 * @param wanted.now milliseconds since 1970
 */
export async function claimOutbound(
  db: Queryable,
  lease: Lease,
  wanted: { readonly now: number; readonly limit: number },
): Promise<readonly OutboundMessage[]> {
  await db.query(
    `insert into message_delivery (message) select id from message m where direction = 'out' and state = 'queued'
       and not exists (select from message_delivery d where d.message = m.id) on conflict do nothing`,
  );
  const { rows } = await db.query<Omit<OutboundMessage, 'failingSince'> & { since: Date | null }>(
    `update message_delivery d set lease_owner = $1, lease_until = clock_timestamp() + $2::float8 * interval '1 millisecond'
     from (
       select w.message from (
         select distinct on (receiver) id from message where direction = 'out' and state = 'queued' order by receiver, received_at, queued
       ) head
       join message_delivery w on w.message = head.id
       where (w.next_attempt is null or w.next_attempt <= $3) and (w.lease_until is null or w.lease_until < clock_timestamp() or w.lease_owner = $1)
       order by w.next_attempt nulls first limit $4 for update of w skip locked
     ) due
     join message m on m.id = due.message
     where d.message = due.message
     returning ${columns}, d.attempts, d.failing_since as since`,
    [String(lease.owner), lease.milliseconds, new Date(wanted.now), wanted.limit],
  );
  return rows.map(({ since, ...row }) => ({ ...row, failingSince: since?.getTime() }));
}

/** The receiver has the message and wants it not: its answer is kept as the receipt. */
export class RefusedByReceiver extends Failure {
  constructor(
    message: string,
    readonly receipt: Uint8Array,
    readonly receiptCode: string,
  ) {
    super('unprocessable', message);
  }
}

/** How an attempt to send ended. */
export type SendResult =
  | { readonly state: 'sent' }
  /** The receiver's receipt came with the answer. */
  | { readonly state: 'acknowledged'; readonly receipt: Uint8Array; readonly receiptCode: string }
  | { readonly state: 'dead'; readonly error: string; readonly receipt?: Uint8Array; readonly receiptCode?: string }
  | { readonly state: 'queued'; readonly error: string; readonly nextAttempt: number };

/** Notes how an attempt ended, where the claim still holds. */
export async function settleOutbound(
  tx: Queryable,
  lease: Lease,
  settled: { readonly message: string; readonly now: number; readonly result: SendResult },
): Promise<void> {
  const { message, now, result } = settled;
  const failed = result.state === 'queued' || result.state === 'dead';
  const held = await tx.query(
    `update message_delivery set lease_owner = null, lease_until = null, attempts = attempts + $3, next_attempt = $4,
       failing_since = case when $3 = 1 then coalesce(failing_since, $5) end, sent_at = case when $3 = 0 then $5::timestamptz end
     where message = $1 and lease_owner = $2`,
    [
      message,
      String(lease.owner),
      failed ? 1 : 0,
      result.state === 'queued' ? new Date(result.nextAttempt) : null,
      new Date(now),
    ],
  );
  if (held.rowCount !== 1) return;
  await tx.query(
    `update message set state = $2, error = $3, receipt = coalesce($4, receipt), receipt_code = coalesce($5, receipt_code)
     where id = $1 and state = 'queued'`,
    [
      message,
      result.state,
      failed ? result.error : null,
      'receipt' in result && result.receipt !== undefined ? Buffer.from(result.receipt) : null,
      ('receiptCode' in result && result.receiptCode) || null,
    ],
  );
}

/** A message that needs a person: given up, or sent long ago without an answer. */
export interface StuckMessage {
  readonly id: string;
  readonly state: 'dead' | 'sent';
  readonly msgType: string | null;
  readonly receiver: string | null;
  readonly error: string | null;
  readonly patients: readonly number[];
}

/**
 * Messages for which nobody has been alarmed yet.
 *
 * @param sentBefore milliseconds since 1970: sent earlier than this and not acknowledged (a receipt never is)
 */
export async function stuckMessages(db: Queryable, sentBefore: number): Promise<readonly StuckMessage[]> {
  const { rows } = await db.query<StuckMessage>(
    `select m.id, m.state, m.msg_type as "msgType", m.receiver, m.error, m.patients
     from message m join message_delivery d on d.message = m.id
     where d.alarmed_at is null and m.direction = 'out' and (m.state = 'dead' or (m.state = 'sent' and m.msg_type is distinct from 'APPREC' and d.sent_at <= $1))
     order by m.received_at limit 100`,
    [new Date(sentBefore)],
  );
  return rows;
}

export async function noteAlarm(db: Queryable, message: string, now: number): Promise<void> {
  await db.query('update message_delivery set alarmed_at = $2 where message = $1', [message, new Date(now)]);
}

/**
 * Notes the receipt (AppRec, ACK) of a message sent earlier, in the transaction of the receipt's own message. A receipt may
 * be quicker than the sender's own note that it has sent.
 *
 * @returns the id of the message, or undefined when none with this MsgId was sent to that receiver
 */
export async function acknowledgeMessage(
  tx: Queryable,
  receipt: { readonly msgId: string; readonly receiver?: string; readonly raw: Uint8Array; readonly code: string },
): Promise<string | undefined> {
  const { rows } = await tx.query<{ id: string }>(
    `update message set state = 'acknowledged', receipt = $3, receipt_code = $4
     where direction = 'out' and msg_id = $1 and ($2::text is null or receiver = $2) returning id`,
    [receipt.msgId, receipt.receiver ?? null, Buffer.from(receipt.raw), receipt.code],
  );
  return rows[0]?.id;
}
