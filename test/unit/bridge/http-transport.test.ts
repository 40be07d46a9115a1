import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { httpTransport } from '../../../src/bridge/send/http-transport.js';

const receipt = (name: string): Buffer => readFileSync(`test/fixtures/messages/${name}`);
const message = {
  id: '9b7a0000-0000-4000-8000-000000000001',
  msgId: '9b7a0000-0000-4000-8000-000000000001',
  msgType: 'DIALOG_HELSEFAGLIG',
  receiver: '8990021',
  raw: Buffer.from('<MsgHead/>'),
};

let server: Server;
let answer: { readonly status: number; readonly body: string | Buffer };
let seen: { readonly type: string | undefined; readonly authorization: string | undefined; readonly body: string };
let url: string;

beforeAll(async () => {
  server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      seen = {
        type: request.headers['content-type'],
        authorization: request.headers.authorization,
        body: Buffer.concat(parts).toString(),
      };
      response
        .writeHead(answer.status, answer.status === 302 ? { location: 'http://127.0.0.1:1/' } : {})
        .end(answer.body);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/messages`;
});
afterAll(() => server.close());

const send = () =>
  httpTransport({ url, headers: async () => ({ authorization: 'Bearer t' }), timeout: 2000 }).send(message);

test('a message is posted as XML with the caller’s token; its AppRec is the receipt', async () => {
  answer = { status: 200, body: receipt('apprec-ok.xml') };
  expect(await send()).toEqual({ receipt: new Uint8Array(receipt('apprec-ok.xml')), receiptCode: '1' });
  expect(seen).toEqual({ type: 'application/xml; charset=utf-8', authorization: 'Bearer t', body: '<MsgHead/>' });
});

const cases: readonly [what: string, status: number, body: string | Buffer, outcome: string][] = [
  ['no body', 204, '', 'sent'],
  ['a body that is no receipt', 200, 'OK', 'sent'],
  ['a negative AppRec', 200, receipt('apprec-avvist.xml'), 'unprocessable'],
  ['an AppRec for another message', 200, receipt('apprec-ok.xml').toString().replace('9b7a0000', '9b7a9999'), 'sent'],
  ['overload', 503, '', 'busy'],
  ['too many requests', 429, '', 'busy'],
  ['a refusal', 400, '', 'unprocessable'],
  ['a redirect', 302, '', 'busy'],
];
test.each(cases)('%s (%i)', async (_what, status, body, outcome) => {
  answer = { status, body };
  if (outcome === 'sent') expect(await send()).toBeUndefined();
  else await expect(send()).rejects.toMatchObject({ category: outcome });
});

test('a receiver that is not there is tried again', async () => {
  await expect(httpTransport({ url: 'http://127.0.0.1:1/' }).send(message)).rejects.toMatchObject({ category: 'busy' });
});
