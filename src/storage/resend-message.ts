import { Failure } from '../kernel/failure.js';
import { controlIdOf } from '../mapping/outbound/measurement-message.js';
import type { Queryable } from './pool.js';

/**
 * Queues a message that was sent from here once more. One that its receiver refused goes under a new MsgId, as the standard
 * demands (HIS 80415); one that was never receipted keeps its own, so that the receiver knows it again.
 *
 * @param fresh.id a new UUID, used where a new MsgId is needed
 * @param fresh.at milliseconds since 1970
 * @returns id of the queued message
 * @throws Failure `not-found`; `conflict` for a message that came in, waits already, or was accepted by its receiver
 */
export async function resendMessage(
  tx: Queryable,
  id: string,
  fresh: { readonly id: string; readonly at: number },
): Promise<string> {
  const { rows } = await tx.query<{
    direction: string;
    state: string;
    msg_id: string;
    refused: boolean;
    raw: Buffer;
  }>(
    `select direction, state, msg_id, receipt is not null as refused, raw from message where id::text = $1 for update`,
    [id],
  );
  const [row] = rows;
  if (row === undefined) throw new Failure('not-found', 'There is no message with that id.');
  if (row.direction !== 'out') throw new Failure('conflict', 'Only a message that was sent from here is sent again.');
  if (row.state !== 'dead' && row.state !== 'sent')
    throw new Failure('conflict', `The message is ${row.state}; only one that is dead or unanswered is sent again.`);
  const queued = row.refused ? fresh.id : id;
  if (row.refused) {
    await tx.query(
      `insert into message (id, direction, transport, msg_id, msg_type, conversation, parent, sender, receiver, received_at, raw, state, patients)
       select $2::uuid, 'out', transport, $2::text, msg_type, conversation, parent, sender, receiver, $3, $4, 'queued', patients
       from message where id = $1`,
      [id, fresh.id, new Date(fresh.at), withMsgId(row.raw, row.msg_id, fresh.id)],
    );
  } else {
    await tx.query(`update message set state = 'queued', error = null where id = $1`, [id]);
    await tx.query('delete from message_delivery where message = $1', [id]);
  }
  await tx.query(`select pg_notify('hjemmebro_message', '')`);
  return queued;
}

/** The same bytes with another MsgId, or with another MSH-10 made of it. */
function withMsgId(raw: Buffer, from: string, to: string): Buffer {
  // Every character set of HL7 v2 that is written here has ASCII in its lower half.
  if (raw.subarray(0, 3).toString('latin1') === 'MSH')
    return Buffer.from(raw.toString('latin1').replace(controlIdOf(from), controlIdOf(to)), 'latin1');
  return Buffer.from(raw.toString('utf8').replace(`<MsgId>${from}</MsgId>`, `<MsgId>${to}</MsgId>`));
}
