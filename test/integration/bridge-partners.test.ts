import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { systemPrincipal } from '../../src/access/principal.js';
import { startMllpServer, type MllpServer } from '../../src/bridge/mllp-server.js';
import { addressRegister } from '../../src/bridge/partner/address-register.js';
import { cachedBook } from '../../src/bridge/partner/cached-book.js';
import type { AddressBook } from '../../src/bridge/partner/partner.js';
import { ebxmlReceiver } from '../../src/bridge/receive-ebxml.js';
import { ploReceiver } from '../../src/bridge/receive-message.js';
import { readPartners } from '../../src/bridge/partner/partner-file.js';
import type { Config } from '../../src/config/config.js';
import { startMessageSender } from '../../src/delivery/message-sender.js';
import { startMeasurementSender } from '../../src/delivery/measurement-sender.js';
import { ManualClock } from '../../src/kernel/clock.js';
import { silentLog } from '../../src/kernel/log.js';
import { readHl7 } from '../../src/mapping/hl7/read-hl7.js';
import { writeAck } from '../../src/mapping/hl7/write-ack.js';
import { buildMeasurement } from '../../src/mapping/outbound/measurement-message.js';
import { claimInstance } from '../../src/storage/instance.js';
import { openSession } from '../../src/storage/session.js';
import { partnerTransport } from '../../src/system/message-transports.js';
import { openMailbox } from '../support/mailbox.js';
import { carrier, followed, MemoryServer } from '../unit/bridge/memory-server.js';
import { openStage, type Stage } from './bridge-stage.js';
import { hl7, ola, pid } from './hl7-messages.js';
import { until } from './delivery/stage.js';

const file = (name: string): Buffer => readFileSync(`test/fixtures/messages/${name}`);
const clock = new ManualClock(Date.parse('2026-03-02T09:05:00Z'));
const config = { MESSAGE_SENDER_HER_ID: '8990002', baseUrl: 'http://localhost:8080/fhir' } as Config;
const sendable = (receiver: string, msgType: string, raw: Uint8Array) => ({
  id: '9b7a0000-0000-4000-8000-000000000001',
  msgId: '9b7a0000-0000-4000-8000-000000000001',
  msgType,
  receiver,
  sender: '8990002',
  conversation: null,
  raw,
});
let folder: string;
const closing: (() => Promise<unknown>)[] = [];
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'hjemmebro-partners-'));
});
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
  await rm(folder, { recursive: true, force: true });
});

/** The outbox's transport with PARTNERS_FILE of this content. */
async function transportFor(content: object, more?: AddressBook) {
  const name = path.join(folder, 'partners.json');
  await writeFile(name, JSON.stringify(content));
  const partners = readPartners(name);
  const otherwise: string[] = [];
  const transport = partnerTransport(
    {
      send: async ({ receiver }) => {
        otherwise.push(receiver!);
        return undefined;
      },
    },
    { partners, book: more ?? partners.book },
    config,
    { clock, log: silentLog },
  );
  return { transport, otherwise };
}

async function listen(handler: Parameters<typeof createServer>[1]): Promise<string> {
  const server: Server = createServer(handler!);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => new Promise((resolve) => server.close(resolve)));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const bodyOf = async (request: AsyncIterable<unknown>): Promise<Buffer> => {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts);
};

describe('a receiver over MLLP', () => {
  let peer: MllpServer;
  let verdict: { code: 'AA' | 'AE' | 'AR' | 'CA'; error?: string };
  let got: string[];
  const oru = hl7('ORU^R01', { id: 'OUT1' }, pid(ola.value), 'OBR|1', 'OBX|1|NM|8867-4^Puls^LN||70|/min');
  beforeEach(async () => {
    got = [];
    peer = await startMllpServer(
      { host: '127.0.0.1', port: 0 },
      async (bytes) => {
        const { header } = readHl7(bytes!);
        got.push(header.controlId);
        return [Buffer.from(writeAck(header, { ...verdict, text: 'Nei', id: 'A', at: 0 }))];
      },
      silentLog,
    );
    closing.push(() => peer.stop());
  });
  const hospital = () => ({
    partners: [
      {
        name: 'Nordvik',
        application: 'EPJ',
        facility: 'NORDVIK',
        way: { kind: 'mllp', host: '127.0.0.1', port: peer.port },
      },
    ],
  });

  const outcomes: readonly [code: 'AA' | 'AE' | 'AR' | 'CA', error: string | undefined, expected: object][] = [
    ['AA', undefined, { receiptCode: 'AA' }],
    ['CA', undefined, { receiptCode: 'CA' }],
    ['AE', '101', { category: 'unprocessable', receiptCode: 'AE', receipt: expect.any(Buffer) }],
    ['AR', '207', { category: 'busy' }],
    ['AR', '200', { category: 'unprocessable' }],
  ];
  test.each(outcomes)('%s with error %s: %j', async (code, error, expected) => {
    verdict = { code, ...(error && { error }) };
    const { transport } = await transportFor(hospital());
    const outcome = await transport.send(sendable('NORDVIK|EPJ', 'ORU^R01', oru)).catch((failure: unknown) => failure);
    expect(outcome).toMatchObject(expected);
    expect(String((outcome as Error).message ?? '')).not.toContain('Nei');
    expect(got).toEqual(['OUT1']);
  });

  test('an acknowledgment of something else is none, and HL7 v2 never goes another way', async () => {
    verdict = { code: 'AA' };
    const { transport, otherwise } = await transportFor(hospital());
    await peer.stop();
    await expect(transport.send(sendable('NORDVIK|EPJ', 'ORU^R01', oru))).rejects.toMatchObject({ category: 'busy' });
    await expect(transport.send(sendable('OTHER|EPJ', 'ORU^R01', oru))).rejects.toMatchObject({
      category: 'unprocessable',
    });
    await transport.send(sendable('8990011', 'LOG_DOD', file('log-dod.xml')));
    expect(otherwise).toEqual(['8990011']);
  });
});

describe('a receiver over ebXML', () => {
  test('gets the envelope with the message, acknowledges it, and knows it again', async () => {
    const server = new MemoryServer();
    server.put(...followed);
    const answers = new Map<string, Uint8Array>();
    const receipts: string[] = [];
    const receive = ebxmlReceiver({
      parts: server.parts(),
      receive: ploReceiver(server.parts()),
      answers: {
        find: async (party, id) => answers.get(`${party}|${id}`),
        keep: async (party, id, answer) => (answers.set(`${party}|${id}`, answer), answer),
      },
      sendReceipt: async ({ body }) => void receipts.push(Buffer.from(body).toString()),
    });
    let lose = true;
    const url = await listen((request, response) => {
      void (async () => {
        const taken = await receive(request.headers['content-type']!, await bodyOf(request), carrier);
        // The first acknowledgment is lost on its way.
        if (lose) response.destroy();
        else response.writeHead(taken.status, { 'content-type': taken.contentType! }).end(taken.body);
        lose = false;
      })();
    });
    const { transport } = await transportFor({
      partners: [{ name: 'N', herId: '8990003', way: { kind: 'ebxml', url } }],
    });
    const message = sendable('8990003', 'LOG_INNLAGT', file('log-innlagt.xml'));
    await expect(transport.send(message)).rejects.toMatchObject({ category: 'busy' });
    expect(await transport.send(message)).toBeUndefined();
    expect(answers.size).toBe(1);
    expect(server.all('Encounter')).toHaveLength(1);
    expect(receipts).toHaveLength(1);
    // A receipt is a message under the service of what it answers.
    const receipt = sendable('8990003', 'APPREC', Buffer.from(receipts[0]!));
    await transport.send({ ...receipt, id: '9b7a0000-0000-4000-8000-000000000002' });
    expect(server.stored.map(({ msgType }) => msgType)).toEqual(['LOG_INNLAGT', 'APPREC']);
  });

  test('a refused envelope ends it, a receiver that is away does not', async () => {
    let status = 500;
    const url = await listen((request, response) => {
      void bodyOf(request).then(() => response.writeHead(status).end());
    });
    const { transport } = await transportFor({ partners: [{ name: 'N', herId: '1', way: { kind: 'ebxml', url } }] });
    const send = () => transport.send(sendable('1', 'LOG_DOD', file('log-dod.xml')));
    await expect(send()).rejects.toMatchObject({ category: 'busy' });
    status = 400;
    await expect(send()).rejects.toMatchObject({ category: 'unprocessable' });
    status = 202;
    expect(await send()).toBeUndefined();
  });

  test('by mail: one MIME message for the address, the same MessageId at every attempt', async () => {
    const mailbox = await openMailbox();
    closing.push(() => mailbox.close());
    const { transport, otherwise } = await transportFor({
      partners: [
        { name: 'N', herId: '8990011', types: ['LOG_DOD'], way: { kind: 'ebxml', url: 'mailto:n@edi.example' } },
      ],
      ebxml: { smtp: `smtp://127.0.0.1:${mailbox.port}`, from: 'hjemmebro@edi.example' },
    });
    const message = sendable('8990011', 'LOG_DOD', file('log-dod.xml'));
    await transport.send(message);
    await transport.send(message);
    const [first, second] = mailbox.mails;
    expect(first).toMatch(/^To: <n@edi\.example>$/m);
    expect(first).toMatch(/^Content-Type: multipart\/related; type="text\/xml";/m);
    expect(first).toContain('<eb:Action>LOG_DOD</eb:Action>');
    expect(first).toContain('<eb:CPAId>8990002_8990011</eb:CPAId>');
    const id = /<eb:MessageId>(.*?)</.exec(first!)![1]!;
    expect(second).toContain(id);
    const payload = Buffer.from(/base64\n\n([\s\S]*?)\n--/.exec(first!)![1]!, 'base64');
    expect(payload.equals(message.raw as Buffer)).toBe(true);
    await expect(transport.send(sendable('8990011', 'EPIKRISE', file('epikrise.xml')))).rejects.toMatchObject({
      category: 'unprocessable',
    });
    expect(otherwise).toEqual([]);
  });
});

describe('the address register', () => {
  let asked: string[];
  let away: boolean;
  const answer = (operation: string, result: string): string =>
    `<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body><${operation}Response xmlns="http://register.nhn.no/CommunicationParty">${result}</${operation}Response></s:Body></s:Envelope>`;
  const fault = (code: string): string =>
    `<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body><s:Fault><s:Detail><GenericFault xmlns="http://register.nhn.no/Common"><ErrorCode>${code}</ErrorCode></GenericFault></s:Detail></s:Fault></s:Body></s:Envelope>`;
  const party = (herId: string): string =>
    `<GetCommunicationPartyDetailsResult xmlns:b="http://register.nhn.no/Common"><Active>true</Active><ElectronicAddresses>
       <b:ElectronicAddress><b:Address>24200000</b:Address><b:TypeCodeValue>E_TLF</b:TypeCodeValue></b:ElectronicAddress>
       <b:ElectronicAddress><b:Address> lunge@edi.example </b:Address><b:TypeCodeValue>E_EDI</b:TypeCodeValue></b:ElectronicAddress></ElectronicAddresses>
       <HerId>${herId}</HerId><IsValidCommunicationParty>${herId !== '8990099'}</IsValidCommunicationParty><Name>Lungesykdommer</Name>
       <ParentHerId>8990010</ParentHerId><ParentOrganizationNumber>310000027</ParentOrganizationNumber></GetCommunicationPartyDetailsResult>`;

  async function register(): Promise<AddressBook> {
    asked = [];
    away = false;
    const url = await listen((request, response) => {
      void bodyOf(request).then((body) => {
        const text = body.toString();
        const [, operation = '', herId = ''] = /<s:Body><(\w+) [^>]*><communicationPartyHerId>(\d+)</.exec(text) ?? [];
        const trusted = request.headers.authorization === `Basic ${Buffer.from('bro:hemmelig').toString('base64')}`;
        const named = request.headers['content-type']?.includes(`ICommunicationPartyService/${operation}"`);
        if (away || !trusted || named !== true) return response.writeHead(503).end();
        asked.push(`${operation} ${herId}`);
        const isDetails = operation === 'GetCommunicationPartyDetails';
        if (herId === '404') return response.writeHead(500).end(fault('InvalidHerIdSupplied'));
        return response.end(
          isDetails
            ? answer(operation, party(herId))
            : answer(operation, `<${operation}Result><Certificate>TUlJ</Certificate></${operation}Result>`),
        );
      });
    });
    return addressRegister({ url, username: 'bro', password: 'hemmelig' });
  }

  test('tells name, organisation, mail address and certificate of a HER-id, and what is nobody’s', async () => {
    const book = await register();
    expect(await book.find('8990011')).toEqual({
      name: 'Lungesykdommer',
      organisation: '310000027',
      valid: true,
      way: { kind: 'ebxml', url: 'mailto:lunge@edi.example' },
      certificate: '-----BEGIN CERTIFICATE-----\nTUlJ\n-----END CERTIFICATE-----\n',
    });
    expect(await book.find('404')).toBeUndefined();
    expect(await book.find('NORDVIK|EPJ')).toBeUndefined();
    away = true;
    await expect(book.find('8990011')).rejects.toMatchObject({ category: 'busy' });
  });

  test('is asked once for what is fresh, anew afterwards, and an old answer serves while it is away', async () => {
    const book = cachedBook(await register(), { freshMs: 1000, staleMs: 5000 }, { clock, log: silentLog });
    await Promise.all([book.find('8990011'), book.find('8990011'), book.find('404')]);
    await Promise.all([book.find('8990011'), book.find('404')]);
    const details = (): string[] => asked.filter((one) => one.startsWith('GetCommunicationPartyDetails'));
    expect(details().toSorted()).toEqual(['GetCommunicationPartyDetails 404', 'GetCommunicationPartyDetails 8990011']);
    clock.advance(1500);
    await book.find('8990011');
    expect(details()).toHaveLength(3);
    away = true;
    clock.advance(1500);
    expect((await book.find('8990011'))?.name).toBe('Lungesykdommer');
    clock.advance(5000);
    await expect(book.find('8990011')).rejects.toMatchObject({ category: 'busy' });
  });

  test('nothing is sent to a party that it calls invalid', async () => {
    const { transport, otherwise } = await transportFor({}, await register());
    await expect(transport.send(sendable('8990099', 'LOG_DOD', file('log-dod.xml')))).rejects.toMatchObject({
      category: 'unprocessable',
    });
    away = true;
    await transport.send(sendable('8990011', 'LOG_DOD', file('log-dod.xml')));
    expect(otherwise).toEqual(['8990011']);
    // Where mail is the way, only the register knows the address: the message waits.
    const mail = { ebxml: { smtp: 'smtp://127.0.0.1:1', from: 'hjemmebro@edi.example' } };
    const { transport: byMail } = await transportFor(mail, await register().then((book) => ((away = true), book)));
    await expect(byMail.send(sendable('8990011', 'LOG_DOD', file('log-dod.xml')))).rejects.toMatchObject({
      category: 'busy',
    });
  });
});

test.each([
  ['{', 'a file that is no JSON'],
  ['{"partners":[{"name":"N","way":{"kind":"mllp","host":"h","port":0}}]}', 'a port that is none'],
  ['{"partners":[{"name":"N","herId":"1","certificateFile":"absent.pem"}]}', 'a certificate that is not there'],
  ['{"partners":[{"name":"N","herId":"1","measurements":["vital-signs"]}]}', 'measurements to nobody’s system'],
])('PARTNERS_FILE %s is refused at start: %s', async (content) => {
  const name = path.join(folder, 'partners.json');
  await writeFile(name, content);
  expect(() => readPartners(name)).toThrow(/^PARTNERS_FILE: /);
});

describe('measurements of its patients to a hospital', () => {
  let stage: Stage;
  beforeEach(async () => {
    stage = await openStage();
    closing.push(() => stage.close());
  });

  test('go out once each, in order, to who may have them, and what the hospital sent does not come back', async () => {
    const { pool } = stage.database;
    const session = openSession(pool, silentLog);
    closing.push(() => session.close());
    const got: string[] = [];
    const peer = await startMllpServer(
      { host: '127.0.0.1', port: 0 },
      async (bytes) => {
        const { header, tree } = readHl7(bytes!);
        const obx = tree.children.find(({ name }) => name === 'OBX')!;
        got.push(obx.children.find(({ name }) => name === 'OBX.5')!.children[0]!.text);
        return [Buffer.from(writeAck(header, { code: 'AA', id: 'A', at: 0 }))];
      },
      silentLog,
    );
    closing.push(() => peer.stop());
    const ownSystem = 'http://hjemmebro.no/fhir/result-number/NORDVIK';
    const observation = (value: number, more: object = {}) => ({
      resourceType: 'Observation',
      status: 'final',
      category: [
        { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/observation-category', code: 'vital-signs' }] },
      ],
      code: { coding: [{ system: 'http://loinc.org', code: '8867-4' }] },
      subject: { reference: 'Patient/ola' },
      effectiveDateTime: '2026-03-02T08:15:00+01:00',
      valueQuantity: { value, unit: '/min', system: 'http://unitsofmeasure.org', code: '/min' },
      ...more,
    });
    const { transport } = await transportFor({
      partners: [
        {
          name: 'N',
          application: 'EPJ',
          facility: 'NORDVIK',
          way: { kind: 'mllp', host: '127.0.0.1', port: peer.port },
        },
      ],
    });
    const audience = (facility: string, allowed: boolean) => ({
      principal: { ...systemPrincipal('310000019'), client: String(allowed) },
      categories: new Set(['vital-signs']),
      ownSystem,
      build: (told: Parameters<Parameters<typeof startMeasurementSender>[0]['audiences'][0]['build']>[0]) =>
        buildMeasurement(
          {
            ...told,
            ends: { sendingFacility: '310000019', application: 'EPJ', facility, processing: 'T' },
            id: `5f0c0000-0000-4000-8000-${String(told.observation.valueQuantity && (told.observation.valueQuantity as { value: unknown }).value).padStart(12, '0')}`,
          },
          stage.parts.maps,
        ),
    });
    const start = () =>
      startMeasurementSender({
        pool,
        session,
        clock: stage.parts.clock,
        log: silentLog,
        access: { mayReceive: async ({ client }) => client === 'true' },
        audiences: [audience('NORDVIK', true), audience('SORVIK', false)],
        pollMs: 20,
      });
    await stage.put({
      resourceType: 'Patient',
      id: 'ola',
      identifier: [{ ...ola }],
      name: [{ family: 'Prøvepasient' }],
    });
    await stage.put(observation(1));
    let sender = start();
    await until(
      async () => (await pool.query(`select from log_position where reader = 'measurement-messages'`)).rowCount === 1,
      'a position',
    );
    const instance = await claimInstance(session);
    const outbox = startMessageSender({
      pool,
      session,
      instance,
      clock: stage.parts.clock,
      log: silentLog,
      transport,
      alarm: async () => {},
      backoff: { firstMs: 20, longestMs: 50 },
      retryForMs: 60_000,
      receiptWithinMs: 60_000,
      leaseMs: 20_000,
      pollMs: 20,
    });
    closing.push(() => outbox.stop());
    for (const value of [70, 71]) await stage.put(observation(value));
    await stage.put(observation(72, { identifier: [{ system: ownSystem, value: 'F-1/8867-4' }] }));
    await stage.put(observation(73, { category: [{ text: 'annet' }] }));
    await until(() => got.length === 2, 'two messages');
    await sender.stop();
    for (const value of [74, 75, 76]) await stage.put(observation(value));
    sender = start();
    await until(() => got.length === 5, 'five messages');
    await sender.stop();
    expect(got).toEqual(['70', '71', '74', '75', '76']);
    // The receiver has a message before the sender has its acknowledgment.
    const queued = `select from message where direction = 'out' and state = 'queued'`;
    await until(async () => (await pool.query(queued)).rowCount === 0, 'the last acknowledgment');
    const { rows } = await pool.query(
      `select transport, receiver, state, receipt_code from message where direction = 'out'`,
    );
    expect(new Set(rows.map((row) => JSON.stringify(row)))).toEqual(
      new Set([
        JSON.stringify({ transport: 'mllp', receiver: 'NORDVIK|EPJ', state: 'acknowledged', receipt_code: 'AA' }),
      ]),
    );
  });
});
