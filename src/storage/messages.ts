import { Failure } from '../kernel/failure.js';
import type { Queryable } from './pool.js';
import { sqlState } from './transaction.js';

/** A message as it lies in table `message`, without its raw bytes. */
export interface StoredMessage {
  readonly id: string;
  readonly direction: 'in' | 'out';
  readonly msgId?: string;
  readonly msgType?: string;
  readonly conversation?: string;
  readonly parent?: string;
  readonly sender?: string;
  readonly receiver?: string;
  /** In: accepted, rejected, held, failed. Out: queued, sent, acknowledged, dead. */
  readonly state: string;
  readonly receipt?: Uint8Array;
  readonly receiptCode?: string;
  readonly error?: string;
  /** Milliseconds since 1970. */
  readonly receivedAt: number;
}

/** An inbound message as `commit` stores it (`interactions/commit-types.ts`). */
export interface InboundRow {
  readonly id: string;
  readonly transport: string;
  readonly msgId?: string;
  readonly msgType?: string;
  readonly conversation?: string;
  readonly parent?: string;
  readonly sender?: string;
  readonly receiver?: string;
  readonly raw: Uint8Array;
  readonly state: string;
  readonly receipt?: Uint8Array;
  readonly receiptCode?: string;
  readonly error?: string;
}

/** A message to be sent, as the builders of `mapping/outbound/` make it. */
export interface MessageToSend {
  /** Row id, a UUID; also its MsgId. */
  readonly id: string;
  readonly msgType: string;
  readonly conversation?: string;
  readonly parent?: string;
  /** HER-ids of the communication parties. */
  readonly sender: string;
  readonly receiver: string;
  readonly raw: Uint8Array;
}

/** What the receiver of a message of ours answered. */
export interface FinalReceipt {
  readonly accepted: boolean;
  /** 8258. */
  readonly code: string;
  readonly error?: string;
  readonly raw: Uint8Array;
}

export interface MessageStore {
  /** The inbound message of that sender and id. */
  find(sender: string, msgId: string): Promise<StoredMessage | undefined>;
  /** A message in or out by the id of its row. */
  byId(id: string): Promise<StoredMessage | undefined>;
  /** Has an accepted message of that sender and conversation come, of one of the types? */
  came(query: {
    readonly sender: string;
    readonly conversation: string;
    readonly types: readonly string[];
  }): Promise<boolean>;
  /** Newest first. */
  list(query: {
    readonly direction: 'in' | 'out';
    readonly state?: string;
    readonly limit: number;
  }): Promise<readonly StoredMessage[]>;
  /** The bytes as received or sent. */
  raw(id: string): Promise<Uint8Array | undefined>;
  /**
   * Cancellations that came before what they cancel, oldest first.
   *
   * @param of only those of this message
   */
  held(query: {
    readonly of?: { readonly sender: string; readonly msgId: string };
    readonly limit: number;
  }): Promise<readonly StoredMessage[]>;
  /**
   * Notes the receipt of a message we sent. A positive one that comes late still counts; after it nothing changes.
   *
   * @param by HER-ids of who answers; one must be the message's receiver
   * @returns the message, or undefined when we sent none with that MsgId to that receiver
   */
  settle(msgId: string, by: readonly string[], receipt: FinalReceipt): Promise<StoredMessage | undefined>;
}

/**
 * Stores a message that arrived, in the transaction of its effects.
 *
 * @throws Failure `conflict` when that sender has sent one with the same id before
 */
export async function insertInboundMessage(
  tx: Queryable,
  message: InboundRow,
  done: {
    readonly by: { readonly client: string };
    readonly now: number;
    readonly effects: readonly string[];
    readonly patients: readonly number[];
  },
): Promise<void> {
  try {
    await tx.query(
      `insert into message (id, direction, transport, msg_id, msg_type, conversation, parent, sender, receiver, party, received_at, raw, state,
         receipt, receipt_code, error, effects, patients)
       values ($1, 'in', $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16::text[], $17::bigint[])`,
      [
        message.id,
        message.transport,
        message.msgId ?? null,
        message.msgType ?? null,
        message.conversation ?? null,
        message.parent ?? null,
        message.sender ?? null,
        message.receiver ?? null,
        `client:${done.by.client}`,
        new Date(done.now),
        Buffer.from(message.raw),
        message.state,
        message.receipt === undefined ? null : Buffer.from(message.receipt),
        message.receiptCode ?? null,
        message.error ?? null,
        [...done.effects],
        [...done.patients],
      ],
    );
  } catch (error) {
    if (sqlState(error) !== '23505') throw error;
    throw new Failure('conflict', 'This sender has sent a message with the same id before.', {
      code: 'duplicate',
      cause: error,
    });
  }
}

/** Stores what a message was answered with, in the transaction of its effects. */
export async function keepReceipt(
  tx: Queryable,
  id: string,
  receipt: { readonly code: string; readonly bytes: Uint8Array },
): Promise<void> {
  await tx.query('update message set receipt = $2, receipt_code = $3 where id = $1', [
    id,
    Buffer.from(receipt.bytes),
    receipt.code,
  ]);
}

/** Queues a message for delivery, in the transaction that caused it. The same id twice adds nothing. */
export async function queueMessage(
  tx: Queryable,
  message: MessageToSend,
  cause: { readonly now: number; readonly patients: readonly number[] },
  transport: 'plo' | 'mllp' = 'plo',
): Promise<void> {
  await tx.query(
    `insert into message (id, direction, transport, msg_id, msg_type, conversation, parent, sender, receiver, received_at, raw, state, patients)
     values ($1::uuid, 'out', $10, $1::text, $2, $3, $4, $5, $6, $7, $8, 'queued', $9::bigint[]) on conflict (id) do nothing`,
    [
      message.id,
      message.msgType,
      message.conversation ?? null,
      message.parent ?? null,
      message.sender,
      message.receiver,
      new Date(cause.now),
      Buffer.from(message.raw),
      [...cause.patients],
      transport,
    ],
  );
  await tx.query(`select pg_notify('hjemmebro_message', '')`);
}

/**
 * A held message has had its effect, or been shown to a person; in the transaction of that.
 *
 * @throws Failure `conflict` when somebody else has done it
 */
export async function releaseHeld(tx: Queryable, id: string): Promise<void> {
  const { rowCount } = await tx.query(`update message set state = 'accepted' where id = $1 and state = 'held'`, [id]);
  if (rowCount !== 1) throw new Failure('conflict', 'The held message has been released already.');
}

const columns = `id, direction, msg_id, msg_type, conversation, parent, sender, receiver, state, receipt, receipt_code, error,
  received_at as at`;

interface Row {
  readonly id: string;
  readonly direction: 'in' | 'out';
  readonly msg_id: string | null;
  readonly msg_type: string | null;
  readonly conversation: string | null;
  readonly parent: string | null;
  readonly sender: string | null;
  readonly receiver: string | null;
  readonly state: string;
  readonly receipt: Buffer | null;
  readonly receipt_code: string | null;
  readonly error: string | null;
  readonly at: Date;
}

function stored(row: Row): StoredMessage {
  const named = {
    msgId: row.msg_id,
    msgType: row.msg_type,
    conversation: row.conversation,
    parent: row.parent,
    sender: row.sender,
    receiver: row.receiver,
    receipt: row.receipt,
    receiptCode: row.receipt_code,
    error: row.error,
  };
  const present = Object.fromEntries(Object.entries(named).filter(([, value]) => value !== null));
  return { id: row.id, direction: row.direction, state: row.state, receivedAt: row.at.getTime(), ...present };
}

/** Messages in and out. Inbound rows are written by `commit`, in the transaction of their effects. */
export function messageStore(db: Queryable): MessageStore {
  return {
    async find(sender, msgId) {
      const { rows } = await db.query<Row>(
        `select ${columns} from message where direction = 'in' and sender = $1 and msg_id = $2`,
        [sender, msgId],
      );
      return rows[0] && stored(rows[0]);
    },
    async came({ sender, conversation, types }) {
      const { rows } = await db.query<{ came: boolean }>(
        `select exists (select from message where direction = 'in' and sender = $1 and conversation = $2 and msg_type = any ($3::text[])
           and state = 'accepted') as came`,
        [sender, conversation, [...types]],
      );
      return rows[0]!.came;
    },
    async list({ direction, state, limit }) {
      const { rows } = await db.query<Row>(
        `select ${columns} from message where direction = $1 and ($2::text is null or state = $2) order by received_at desc, id limit $3`,
        [direction, state ?? null, limit],
      );
      return rows.map(stored);
    },
    async byId(id) {
      const { rows } = await db.query<Row>(`select ${columns} from message where id::text = $1`, [id]);
      return rows[0] && stored(rows[0]);
    },
    async held({ of, limit }) {
      const { rows } = await db.query<Row>(
        `select ${columns} from message where direction = 'in' and state = 'held' and receipt is not null
           and ($1::text is null or (sender = $1 and $2::text in (parent, conversation))) order by received_at, id limit $3`,
        [of?.sender ?? null, of?.msgId ?? null, limit],
      );
      return rows.map(stored);
    },
    async raw(id) {
      const { rows } = await db.query<{ raw: Buffer }>('select raw from message where id = $1', [id]);
      return rows[0]?.raw;
    },
    async settle(msgId, by, receipt) {
      const { rows } = await db.query<Row>(
        `update message set state = case when state = 'acknowledged' then state when $3 then 'acknowledged' else 'dead' end,
           receipt = case when state = 'acknowledged' then receipt else $4 end,
           receipt_code = case when state = 'acknowledged' then receipt_code else $5 end,
           error = case when state = 'acknowledged' then error else $6 end
         where direction = 'out' and lower(msg_id) = lower($1) and receiver = any ($2::text[]) returning ${columns}`,
        [msgId, [...by], receipt.accepted, Buffer.from(receipt.raw), receipt.code, receipt.error ?? null],
      );
      return rows[0] && stored(rows[0]);
    },
  };
}
