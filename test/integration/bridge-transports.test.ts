import { exportJWK, generateKeyPair, importJWK, type JWK, jwtVerify } from 'jose';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo, Server as NetServer } from 'node:net';
import rhea, { type EventContext } from 'rhea';
import { openAmqpLink, type AmqpArrival, type AmqpLink } from '../../src/bridge/amqp-link.js';
import { ediClient, type EdiAppRec } from '../../src/bridge/edi-client.js';
import { pollEdi } from '../../src/bridge/edi-poller.js';
import { ploReceiver } from '../../src/bridge/receive-message.js';
import { amqpTransport } from '../../src/bridge/send/amqp-transport.js';
import { ediTransport } from '../../src/bridge/send/edi-transport.js';
import { helseIdAuthorisation } from '../../src/bridge/send/helseid-token.js';
import { Failure } from '../../src/kernel/failure.js';
import { systemClock } from '../../src/kernel/clock.js';
import { uuidv7 } from '../../src/kernel/ids.js';
import { silentLog } from '../../src/kernel/log.js';
import { carrier, followed, MemoryServer } from '../unit/bridge/memory-server.js';

const file = (name: string): Buffer => readFileSync(`test/fixtures/messages/${name}`);
const clock = systemClock;
const ids = uuidv7(clock);
const sendable = {
  id: '9b7a',
  msgId: '9b7a',
  msgType: 'DIALOG_HELSEFAGLIG',
  receiver: '8990011',
  raw: file('log-innlagt.xml'),
};

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
};

describe('NHN message service (EDI 2.0), as a local peer that checks tokens and proofs', () => {
  let peer: Server;
  let origin: string;
  let clientKey: JWK;
  let tokens: number;
  const waiting = new Map<
    string,
    { readonly document: Buffer; readonly isAppRec: boolean; read: boolean; answers: EdiAppRec[] }
  >();
  const sent: string[] = [];
  let failWith: number | undefined;
  let failRead = false;

  beforeAll(async () => {
    const pair = await generateKeyPair('PS256', { extractable: true });
    clientKey = { ...(await exportJWK(pair.privateKey)), alg: 'PS256', kid: 'k1' };
    const seen = new Set<unknown>();
    peer = createServer((request, response) => {
      const answer = (status: number, body?: unknown, headers: Record<string, string> = {}): void => {
        response.writeHead(status, { 'content-type': 'application/json', ...headers });
        response.end(body === undefined ? '' : JSON.stringify(body));
      };
      const demandProof = async (url: string, ath: boolean): Promise<void> => {
        const proof = String(request.headers['dpop']);
        const { jwk } = JSON.parse(Buffer.from(proof.split('.')[0]!, 'base64url').toString()) as { jwk: JWK };
        const { payload, protectedHeader } = await jwtVerify(proof, await importJWK(jwk, 'ES256'));
        if (
          protectedHeader.typ !== 'dpop+jwt' ||
          payload['htm'] !== request.method ||
          payload['htu'] !== url ||
          seen.has(payload.jti)
        )
          throw new Error('proof');
        if (ath !== (payload['ath'] !== undefined)) throw new Error('ath');
        seen.add(payload.jti);
      };
      void (async () => {
        const body = await bodyOf(request);
        const url = new URL(request.url!, origin);
        const place = `${origin}${url.pathname}`;
        if (url.pathname === '/token') {
          await demandProof(place, false);
          const { client_assertion: assertion } = Object.fromEntries(new URLSearchParams(body));
          await jwtVerify(assertion!, pair.publicKey, {
            issuer: 'client-1',
            audience: origin,
            typ: 'client-authentication+jwt',
          });
          tokens++;
          return answer(200, { access_token: `token-${tokens}`, expires_in: 600, token_type: 'DPoP' });
        }
        if (request.headers['authorization'] !== `DPoP token-${tokens}`) return answer(401, { error: 'token' });
        await demandProof(place, true);
        if (request.headers['api-version'] !== 'v2' || request.headers['nhn-source-system'] === undefined)
          return answer(400, { error: 'header' });
        if (failWith !== undefined) return answer(failWith, { error: 'no', errorCode: 1, requestId: 'r1' });
        const [, , id = '', what] = url.pathname.split('/');
        const message = waiting.get(id);
        if (request.method === 'POST' && id === '') {
          sent.push(
            Buffer.from((JSON.parse(body) as { businessDocument: string }).businessDocument, 'base64').toString(),
          );
          return answer(201, 'c0ffee00-0000-4000-8000-000000000001');
        }
        if (id === '')
          return answer(
            200,
            [...waiting]
              .filter(([, one]) => !one.read)
              .map(([key, one]) => ({ id: key, receiverHerId: 8990003, senderHerId: 8990011, isAppRec: one.isAppRec })),
          );
        if (what === 'business-document')
          return answer(200, {
            businessDocument: message!.document.toString('base64'),
            contentType: 'application/xml',
            contentTransferEncoding: 'base64',
          });
        if (what === 'apprec') {
          if (message!.answers.length > 0) return answer(400, { error: 'answered already' });
          message!.answers.push(JSON.parse(body) as EdiAppRec);
          return answer(201, 'c0ffee00-0000-4000-8000-000000000002');
        }
        if (failRead) return answer(500, {});
        message!.read = true;
        return answer(204);
      })().catch(() => answer(401, { error: 'proof' }));
    });
    await new Promise<void>((resolve) => peer.listen(0, '127.0.0.1', resolve));
    origin = `http://127.0.0.1:${(peer.address() as AddressInfo).port}`;
  });
  afterAll(() => new Promise((resolve) => peer.close(resolve)));
  beforeEach(() => {
    tokens = 0;
    waiting.clear();
    sent.length = 0;
    failWith = undefined;
    failRead = false;
  });

  const client = async () =>
    ediClient({
      url: origin,
      sourceSystem: 'Hjemmebro',
      authorise: await helseIdAuthorisation(
        { tokenUrl: `${origin}/token`, issuer: origin, clientId: 'client-1', scope: 'nhn:edi', key: clientKey },
        { clock, ids },
      ),
    });

  test('a message is sent whole, and one token serves many requests', async () => {
    const transport = ediTransport(await client());
    expect(await transport.send(sendable)).toBeUndefined();
    await Promise.all([transport.send(sendable), transport.send(sendable)]);
    expect(sent).toEqual(Array(3).fill(sendable.raw.toString()));
    expect(tokens).toBe(1);
  });

  test.each([
    [500, 'busy'],
    [429, 'busy'],
    [403, 'busy'],
    [400, 'unprocessable'],
  ])('an answer %i is %s for the outbox', async (status, category) => {
    const transport = ediTransport(await client());
    failWith = status;
    await expect(transport.send(sendable)).rejects.toMatchObject({
      category,
      message: expect.stringContaining('request r1'),
    });
  });

  test('what waits is taken in, answered and marked as read; an AppRec is not answered', async () => {
    const server = new MemoryServer();
    server.put(...followed);
    waiting.set('m1', { document: file('log-innlagt.xml'), isAppRec: false, read: false, answers: [] });
    waiting.set('m2', { document: file('ikke-uuid.xml'), isAppRec: false, read: false, answers: [] });
    waiting.set('m3', { document: file('apprec-ok.xml'), isAppRec: true, read: false, answers: [] });
    const receive = (bytes: Uint8Array) => ploReceiver(server.parts())(bytes, carrier, 'edi');
    expect(await pollEdi({ client: await client(), receivers: ['8990003'], receive, log: silentLog })).toBe(3);
    expect(
      [...waiting.values()].map(({ read, answers }) => [
        read,
        answers.map((one) => [one.appRecStatus, one.appRecErrorList?.[0]?.errorCode]),
      ]),
    ).toEqual([
      [true, [['Ok', undefined]]],
      [true, [['Rejected', 'E10']]],
      [true, []],
    ]);
    expect(server.all('EpisodeOfCare')[0]!.status).toBe('onhold');
  });

  test('a message that could not be marked as read comes again without a second effect', async () => {
    const server = new MemoryServer();
    server.put(...followed);
    waiting.set('m1', { document: file('log-innlagt.xml'), isAppRec: false, read: false, answers: [] });
    const receive = (bytes: Uint8Array) => ploReceiver(server.parts())(bytes, carrier, 'edi');
    const polling = { client: await client(), receivers: ['8990003'], receive, log: silentLog };
    failRead = true;
    expect(await pollEdi(polling)).toBe(0);
    failRead = false;
    expect(await pollEdi(polling)).toBe(1);
    expect([server.all('Encounter').length, server.stored.length, waiting.get('m1')]).toEqual([
      1,
      1,
      expect.objectContaining({ read: true }),
    ]);
  });

  test('one that fails does not stop the next', async () => {
    waiting.set('m1', { document: file('log-innlagt.xml'), isAppRec: false, read: false, answers: [] });
    waiting.set('m2', { document: file('dialog-helsefaglig.xml'), isAppRec: false, read: false, answers: [] });
    let first = true;
    const receive = async () => {
      if (first) {
        first = false;
        throw new Failure('busy', 'away');
      }
      return { status: 204, accepted: true } as const;
    };
    expect(await pollEdi({ client: await client(), receivers: ['8990003'], receive, log: silentLog })).toBe(1);
    expect([...waiting.values()].map(({ read }) => read)).toEqual([false, true]);
  });
});

describe('AMQP 1.0, with a local broker', () => {
  let broker: NetServer;
  let link: AmqpLink;
  const queues = new Map<string, { body: unknown; subject?: string; properties: unknown; id: unknown }[]>();
  const outcomes: string[] = [];
  let outgoing: object[];
  let refuse = false;

  beforeEach(async () => {
    queues.clear();
    outcomes.length = 0;
    outgoing = [];
    refuse = false;
    const container = rhea.create_container({ autoaccept: false } as object);
    container.on('message', ({ message, delivery, receiver }: EventContext) => {
      if (refuse) {
        delivery!.reject({ condition: 'amqp:not-allowed', description: 'no' });
        return;
      }
      const name = String((receiver!.target as unknown as { address: string }).address);
      const list = queues.get(name) ?? [];
      list.push({
        body: message!.body,
        subject: message!.subject as string,
        properties: message!.application_properties,
        id: message!.message_id,
      });
      queues.set(name, list);
      delivery!.accept();
    });
    container.on('sendable', ({ sender }: EventContext) => {
      for (let next = outgoing.shift(); next !== undefined && sender!.sendable(); next = outgoing.shift())
        sender!.send(next as never);
    });
    for (const outcome of ['accepted', 'rejected', 'released']) container.on(outcome, () => outcomes.push(outcome));
    broker = container.listen({ port: 0, host: '127.0.0.1' }) as NetServer;
    await new Promise((resolve) => broker.once('listening', resolve));
    link = openAmqpLink(
      { url: `amqp://127.0.0.1:${(broker.address() as AddressInfo).port}`, timeout: 3000 },
      silentLog,
    );
  });
  afterEach(async () => {
    await link.close();
    await new Promise((resolve) => broker.close(resolve));
  });

  test('a message lies on the queue of its receiver with the properties of Helsenorge', async () => {
    await amqpTransport(link, { fromHerId: '8990002' }, { clock }).send(sendable);
    await amqpTransport(link, { fromHerId: '8990002' }, { clock }).send({ ...sendable, msgId: '9b7b' });
    const lying = queues.get('8990011_async')!;
    expect(lying.map(({ id, subject }) => [id, subject])).toEqual([
      ['9b7a', 'DIALOG_HELSEFAGLIG'],
      ['9b7b', 'DIALOG_HELSEFAGLIG'],
    ]);
    expect(lying[0]!.properties).toEqual({
      fromHerId: '8990002',
      toHerId: '8990011',
      applicationTimestamp: expect.stringMatching(/^\d{4}-.*Z$/),
    });
    const { content } = lying[0]!.body as { content: Buffer };
    expect(Buffer.from(content).equals(sendable.raw)).toBe(true);
  });

  test('a message that the broker rejects is given up, and without a broker it is tried again', async () => {
    refuse = true;
    await expect(amqpTransport(link, { fromHerId: '1' }, { clock }).send(sendable)).rejects.toMatchObject({
      category: 'unprocessable',
    });
    const nobody = openAmqpLink({ url: 'amqp://127.0.0.1:9', timeout: 200 }, silentLog);
    await expect(amqpTransport(nobody, { fromHerId: '1' }, { clock }).send(sendable)).rejects.toMatchObject({
      category: 'busy',
    });
    await nobody.close();
  });

  test('what comes is taken in order and settled by what became of it', async () => {
    const came: AmqpArrival[] = [];
    outgoing = ['one', 'busy', 'broken'].map((text) => ({
      subject: text,
      body: rhea.message.data_section(Buffer.from(text)),
    }));
    await new Promise<void>((resolve) => {
      link.receive('8990002_async', async (arrival) => {
        came.push(arrival);
        if (came.length === 3) setTimeout(resolve, 50);
        if (arrival.subject === 'busy') throw new Failure('busy', 'later');
        if (arrival.subject === 'broken') throw new Failure('invalid', 'never');
      });
    });
    expect(came.map(({ body }) => Buffer.from(body).toString())).toEqual(['one', 'busy', 'broken']);
    expect(outcomes).toEqual(['accepted', 'released', 'rejected']);
  });
});
