import { readFileSync } from 'node:fs';
import { ebxmlReceiver, type EbxmlReceipt } from '../../../src/bridge/receive-ebxml.js';
import { ploReceiver } from '../../../src/bridge/receive-message.js';
import { readMultipart, writeMultipart } from '../../../src/mapping/ebxml/multipart.js';
import { readEbxml } from '../../../src/mapping/ebxml/read-ebxml.js';
import { type EbxmlToSend, writeEbxml } from '../../../src/mapping/ebxml/write-ebxml.js';
import { readXml } from '../../../src/mapping/xml/read-xml.js';
import { carrier, followed, MemoryServer } from './memory-server.js';

const innlagt = readFileSync('test/fixtures/messages/log-innlagt.xml');
const header: EbxmlToSend = {
  action: 'LOG_INNLAGT',
  from: '8990011',
  to: '8990003',
  conversationId: '4b1d0000-0000-4000-8000-000000000001',
  messageId: '4b1d0000-0000-4000-8000-000000000002',
  at: Date.parse('2026-03-02T09:00:00Z'),
  payload: 'payload-1@hospital.example',
};

function stage() {
  const server = new MemoryServer();
  server.put(...followed);
  const kept = new Map<string, Uint8Array>();
  const receipts: EbxmlReceipt[] = [];
  const receive = ebxmlReceiver({
    parts: server.parts(),
    receive: ploReceiver(server.parts()),
    answers: {
      find: async (party, id) => kept.get(`${party} ${id}`),
      keep: async (party, id, answer) => {
        if (!kept.has(`${party} ${id}`)) kept.set(`${party} ${id}`, answer);
        return kept.get(`${party} ${id}`)!;
      },
    },
    sendReceipt: async (receipt) => void receipts.push(receipt),
  });
  const send = async (message: EbxmlToSend, payload?: { body: Uint8Array; contentType?: string }) => {
    const parts = [{ contentType: 'text/xml', contentId: 'soap@x', body: Buffer.from(writeEbxml(message)) }];
    if (payload)
      parts.push({
        contentType: payload.contentType ?? 'application/xml',
        contentId: header.payload,
        body: Buffer.from(payload.body),
      });
    const whole = writeMultipart(parts, 'grense');
    const answer = await receive(whole.contentType, whole.body, carrier);
    return { ...answer, read: answer.body && readEbxml(readXml(answer.body)) };
  };
  return { server, receive, send, receipts };
}

test('the payload has its effect, the envelope is acknowledged, and the AppRec goes as a message of its own', async () => {
  const { server, send, receipts } = stage();
  const answer = await send(header, { body: innlagt });
  expect(answer.read).toMatchObject({
    kind: 'acknowledgment',
    refToMessageId: header.messageId,
    conversationId: header.conversationId,
    cpaId: '8990003_8990011',
    from: { id: '8990003', type: 'HER', role: undefined },
    to: { id: '8990011', type: 'HER' },
  });
  expect(answer.contentType).toMatch(/^text\/xml/);
  expect(server.all('Encounter')).toHaveLength(1);
  expect(receipts.map(({ sender, receiver, body }) => [sender, receiver, Buffer.from(body).toString()])).toEqual([
    ['8990003', '8990011', expect.stringContaining('<Status V="1"')],
  ]);
});

test('the same MessageId again: the same acknowledgment, byte for byte, and nothing more', async () => {
  const { server, send, receipts } = stage();
  const first = await send(header, { body: innlagt });
  const again = await send(header, { body: innlagt });
  expect(Buffer.from(again.body!).equals(Buffer.from(first.body!))).toBe(true);
  expect([server.stored.length, receipts.length]).toEqual([1, 1]);
});

test.each<[string, { body: Uint8Array; contentType?: string } | undefined, string]>([
  ['without its payload', undefined, 'MimeProblem'],
  [
    'encrypted',
    { body: Buffer.from('x'), contentType: 'application/pkcs7-mime; smime-type=enveloped-data' },
    'SecurityFailure',
  ],
  ['with a payload that is no XML', { body: Buffer.from('x') }, 'OtherXml'],
])('%s → MessageError, and the sender may try again', async (_name, payload, code) => {
  const { send } = stage();
  const answer = await send(header, payload);
  expect(answer.read).toMatchObject({ kind: 'error', refToMessageId: header.messageId, errors: [{ code }] });
  expect((await send(header, { body: innlagt })).read?.kind).toBe('acknowledgment');
});

test('an acknowledgment or error of another is not answered', async () => {
  const { receive, send } = stage();
  const { body } = await send(header, { body: innlagt });
  expect(await receive('text/xml', body!, carrier)).toEqual({ status: 204, accepted: true });
  const failed = await send({ ...header, messageId: '4b1d0000-0000-4000-8000-000000000009' });
  expect(await receive('text/xml', failed.body!, carrier)).toEqual({ status: 204, accepted: true });
});

test('only the sender or its carrier may deliver', async () => {
  const { receive } = stage();
  const body = Buffer.from(writeEbxml(header));
  await expect(receive('text/xml', body, { ...carrier, carries: ['1'] })).rejects.toMatchObject({
    category: 'forbidden',
  });
});

test('what a receipt is sent as: the service of its message, roles swapped', () => {
  const read = readEbxml(readXml(Buffer.from(writeEbxml({ ...header, action: 'APPREC', answers: 'LOG_INNLAGT' }))));
  expect(read).toMatchObject({
    service: 'S-LOG_INNLAGT',
    action: 'APPREC',
    from: { role: 'LOG_INNLAGTreceiver' },
    to: { role: 'LOG_INNLAGTsender' },
    duplicateElimination: true,
    ackRequested: true,
    payloads: [header.payload],
  });
});

test.each([
  ['no boundary', 'multipart/related', 'x'],
  ['cut off', 'multipart/related; boundary=b', '--b\r\nContent-Type: text/xml\r\n\r\n<x/>'],
  ['no end of headers', 'multipart/related; boundary=b', '--b\r\nContent-Type: text/xml\r\n--b--'],
])('multipart with %s is refused', (_name, type, body) => {
  expect(() => readMultipart(type, Buffer.from(body))).toThrow(expect.objectContaining({ category: 'invalid' }));
});
