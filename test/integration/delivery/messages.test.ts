import { randomUUID } from 'node:crypto';
import { type OutboundTransport, startMessageSender } from '../../../src/delivery/message-sender.js';
import { Failure, silentLog, systemClock } from '../../../src/kernel/index.js';
import { controlIdOf } from '../../../src/mapping/outbound/measurement-message.js';
import { queueMessage } from '../../../src/storage/messages.js';
import { acknowledgeMessage, RefusedByReceiver, type StuckMessage } from '../../../src/storage/outbound-messages.js';
import { resendMessage } from '../../../src/storage/resend-message.js';
import { claimInstance } from '../../../src/storage/instance.js';
import { openSession, type Session } from '../../../src/storage/session.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { until } from './stage.js';

let database: TestDatabase;
const sessions: Session[] = [];
const parts: { stop(): Promise<void> }[] = [];
let count = 0;

const queue = async (receiver: string, msgId: string): Promise<string> => {
  const id = randomUUID();
  await database.pool.query(
    `insert into message (id, direction, transport, msg_id, msg_type, receiver, received_at, raw, state)
     values ($1, 'out', 'http', $2, 'DIALOG', $3, now() + $4 * interval '1 millisecond', '\\x3c78', 'queued')`,
    [id, msgId, receiver, count++],
  );
  return id;
};
const states = async () =>
  Object.fromEntries(
    (await database.pool.query('select msg_id, state from message')).rows.map((row) => [row.msg_id, row.state]),
  );

async function start(
  send: OutboundTransport['send'],
  more: { retryForMs?: number; receiptWithinMs?: number; alarms?: StuckMessage[] } = {},
) {
  const session = openSession(database.pool, silentLog);
  sessions.push(session);
  const instance = await claimInstance(session);
  const part = startMessageSender({
    pool: database.pool,
    session,
    instance,
    clock: systemClock,
    log: silentLog,
    transport: { send },
    alarm: async (message) => void more.alarms?.push(message),
    backoff: { firstMs: 30, longestMs: 60 },
    retryForMs: more.retryForMs ?? 60_000,
    receiptWithinMs: more.receiptWithinMs ?? 60_000,
    leaseMs: 20_000,
    pollMs: 15,
  });
  parts.push(part);
}

beforeEach(async () => {
  database = await createTestDatabase();
});
afterEach(async () => {
  await Promise.all(parts.splice(0).map((part) => part.stop()));
  await Promise.all(sessions.splice(0).map((session) => session.close()));
  await database.drop();
});

test('messages go to each receiver in order, once, though two instances send; a receiver that fails holds up only itself', async () => {
  let failures = 3;
  const sent: string[] = [];
  const send: OutboundTransport['send'] = async (message) => {
    if (message.msgId === 'a1' && failures-- > 0) throw new Failure('busy', 'The receiver does not answer.');
    sent.push(message.msgId!);
    return undefined;
  };
  for (const at of [1, 2, 3]) for (const receiver of ['a', 'b']) await queue(receiver, `${receiver}${at}`);
  await start(send);
  await start(send);
  await until(() => sent.length >= 6, 'all six');
  expect(sent.filter((one) => one.startsWith('a'))).toEqual(['a1', 'a2', 'a3']);
  expect(sent.filter((one) => one.startsWith('b'))).toEqual(['b1', 'b2', 'b3']);
  expect(sent.indexOf('b3')).toBeLessThan(sent.indexOf('a1'));
  await until(async () => Object.values(await states()).every((state) => state === 'sent'), 'all noted');
});

test('a receipt that comes with the answer, or later, acknowledges the message', async () => {
  await start(async (message) =>
    message.msgId === 'now' ? { receipt: Buffer.from('<AppRec/>'), receiptCode: '1' } : undefined,
  );
  await queue('a', 'now');
  const later = await queue('a', 'later');
  await until(async () => (await states())['later'] === 'sent', 'sent');
  expect((await states())['now']).toBe('acknowledged');
  expect(
    await acknowledgeMessage(database.pool, {
      msgId: 'later',
      receiver: 'a',
      raw: Buffer.from('<AppRec/>'),
      code: '1',
    }),
  ).toBe(later);
  expect(
    await acknowledgeMessage(database.pool, {
      msgId: 'later',
      receiver: 'b',
      raw: Buffer.from('<AppRec/>'),
      code: '1',
    }),
  ).toBeUndefined();
  expect(await states()).toEqual({ now: 'acknowledged', later: 'acknowledged' });
});

test('a message that cannot be sent for too long, or never can be, is dead, gives one alarm, and lets the next go', async () => {
  const alarms: StuckMessage[] = [];
  await queue('a', 'late');
  await queue('a', 'hopeless');
  await queue('a', 'good');
  await start(
    async (message) => {
      if (message.msgId === 'late') throw new Failure('busy', 'No answer.');
      if (message.msgId === 'hopeless') throw new Failure('unprocessable', 'No such receiver.');
      return undefined;
    },
    { retryForMs: 100, alarms },
  );
  await until(async () => (await states())['good'] === 'sent', 'the good one');
  await until(() => alarms.length === 2, 'alarms');
  await new Promise((resolve) => setTimeout(resolve, 60));
  expect(alarms.map((alarm) => [alarm.state, alarm.error])).toEqual([
    ['dead', 'No answer.'],
    ['dead', 'No such receiver.'],
  ]);
});

test('a message without receipt gives an alarm after its time', async () => {
  const alarms: StuckMessage[] = [];
  await start(async () => undefined, { receiptWithinMs: 80, alarms });
  await queue('a', 'unanswered');
  await until(() => alarms.length === 1, 'alarm');
  await new Promise((resolve) => setTimeout(resolve, 60));
  expect(alarms).toHaveLength(1);
  expect(alarms[0]).toMatchObject({ state: 'sent', msgType: 'DIALOG', receiver: 'a' });
});

test('sent again: under its own id when nobody has answered, under a new one when it was refused, and not when it was accepted', async () => {
  const again = async (id: string): Promise<string> => {
    const fresh = { id: randomUUID(), at: Date.now() };
    return (await resendMessage(database.pool, id, fresh)) === id ? 'same' : 'new';
  };
  const [unanswered, refused, accepted] = [await queue('a', 'm1'), await queue('b', 'm2'), await queue('c', 'm3')];
  const set = (id: string, state: string, receipt: string | null): Promise<unknown> =>
    database.pool.query(
      `update message set state = $2, receipt = $3, raw = convert_to('<MsgId>' || msg_id || '</MsgId>', 'UTF8') where id = $1`,
      [id, state, receipt === null ? null : Buffer.from(receipt)],
    );
  await set(unanswered, 'sent', null);
  await set(refused, 'dead', '<AppRec/>');
  await set(accepted, 'acknowledged', '<AppRec/>');
  expect([await again(unanswered), await again(refused)]).toEqual(['same', 'new']);
  await expect(again(accepted)).rejects.toMatchObject({ category: 'conflict' });
  await expect(again(unanswered)).rejects.toMatchObject({ category: 'conflict' });
  const { rows } = await database.pool.query<{ id: string; raw: Buffer }>(
    `select id, raw from message where state = 'queued'`,
  );
  expect(rows.map(({ id }) => id)).toContain(unanswered);
  const fresh = rows.find(({ id }) => id !== unanswered)!;
  expect(fresh.raw.toString()).toBe(`<MsgId>${fresh.id}</MsgId>`);
});

test('what a receiver answers when it refuses is kept; sent again, an HL7 v2 message has another control id', async () => {
  const sent: string[] = [];
  await start(async (message) => {
    sent.push(Buffer.from(message.raw).toString());
    if (sent.length === 1) throw new RefusedByReceiver('The receiver answered AE.', Buffer.from('MSA|AE'), 'AE');
    return { receipt: Buffer.from('MSA|AA'), receiptCode: 'AA' };
  });
  const id = randomUUID();
  const raw = Buffer.from(`MSH|^~\\&|HJEMMEBRO|1|EPJ|2|2026||ORU^R01|${controlIdOf(id)}|P|2.5.1\r`);
  const message = { id, msgType: 'ORU^R01', sender: 'us', receiver: 'them', raw };
  await queueMessage(database.pool, message, { now: Date.now(), patients: [] }, 'mllp');
  await until(async () => (await states())[id] === 'dead', 'refused');
  const { rows } = await database.pool.query('select receipt, receipt_code from message where id = $1', [id]);
  expect([rows[0].receipt.toString(), rows[0].receipt_code]).toEqual(['MSA|AE', 'AE']);
  const again = await resendMessage(database.pool, id, { id: randomUUID(), at: Date.now() });
  await until(async () => (await states())[again] === 'acknowledged', 'acknowledged');
  expect(sent[1]).toContain(`|${controlIdOf(again)}|`);
  expect(sent[1]).not.toContain(controlIdOf(id));
});
