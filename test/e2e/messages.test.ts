import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { connect } from 'node:net';
import path from 'node:path';
import { promisify } from 'node:util';
import { mllpFrame, MllpDecoder } from '../../src/bridge/mllp-frame.js';
import { exchangeMllp } from '../../src/bridge/send/mllp-client.js';
import { writeMultipart } from '../../src/mapping/ebxml/multipart.js';
import { writeEbxml } from '../../src/mapping/ebxml/write-ebxml.js';
import { root } from '../architecture/source-files.js';
import { hl7, ola, pid } from '../integration/hl7-messages.js';
import { type RunningServer, startServer } from '../support/server.js';

const minutes = 60_000;
const run = promisify(execFile);
let dataFolder: string;
let server: RunningServer | undefined;
beforeEach(async () => {
  dataFolder = await mkdtemp(path.join(tmpdir(), 'hjemmebro-messages-'));
});
afterEach(async () => {
  await server?.kill();
  server = undefined;
  await rm(dataFolder, { recursive: true, force: true });
});
const start = async (): Promise<RunningServer> => (server = await startServer({ embedded: true, dataFolder }));

const post = (to: RunningServer, body: string, contentType = 'application/xml'): Promise<Response> =>
  to.request('admin', '/messages/plo', { method: 'POST', headers: { 'content-type': contentType }, body });

async function total(of: RunningServer, query: string): Promise<number> {
  const answer = (await (await of.request('admin', `${query}&_summary=count`)).json()) as { total: number };
  return answer.total;
}

const exchanged = async ({ mllpPort: port }: RunningServer, message: Buffer): Promise<string> =>
  Buffer.from(await exchangeMllp({ host: '127.0.0.1', port, timeout: 10_000 }, message)).toString();

/** An HL7 v2 message and its control id. */
interface Hl7ToSend {
  readonly id: string;
  readonly kind: 'ORU' | 'ORM' | 'ADT';
  readonly bytes: Buffer;
}

/** Results, orders and changes of the patient, in turn. */
function hl7Messages(count: number): readonly Hl7ToSend[] {
  const person = pid(ola.value);
  return Array.from({ length: count }, (_, number) => {
    const id = `K${String(number).padStart(5, '0')}`;
    const kind = (['ORU', 'ORM', 'ADT'] as const)[number % 3]!;
    const segments = {
      ORU: [
        person,
        `OBR|1||F-${id}|LAB^Prøver^L|||20260302080000`,
        `OBX|1|NM|8867-4^Puls^LN||${60 + number}|/min|||||F`,
      ],
      ORM: [person, `ORC|NW|P-${id}`, `OBR|1|P-${id}||DHO^Digital hjemmeoppfølging^L`],
      ADT: ['EVN|A31|20260302100000', `${person}|||Vei ${number}^^Fjordheim^^9999`],
    }[kind];
    const type = { ORU: 'ORU^R01', ORM: 'ORM^O01', ADT: 'ADT^A31' }[kind];
    return { id, kind, bytes: hl7(type, { id }, ...segments) };
  });
}

/**
 * Sends in order over one connection at a time, and again whatever was not acknowledged when the connection broke: as an
 * integration engine of a hospital does.
 *
 * @param port of the server that runs now; undefined while none does
 * @returns the acknowledgments by control id, filled as they come, and the end of it all
 */
function mllpPeer(messages: readonly Hl7ToSend[], port: () => number | undefined) {
  const acks = new Map<string, string>();
  const sendRest = async (): Promise<void> => {
    const socket = connect(port() ?? 1, '127.0.0.1');
    const broken = new Promise<undefined>((resolve) => socket.once('close', () => resolve(undefined)));
    socket.on('error', () => {});
    const decoder = new MllpDecoder(100_000);
    for (const { id, bytes } of messages.filter((one) => !acks.has(one.id))) {
      const answered = new Promise<string>((resolve) => {
        socket.removeAllListeners('data').on('data', (chunk: Buffer) => {
          for (const frame of decoder.push(chunk)) if (frame.kind === 'message') resolve(frame.bytes.toString());
        });
      });
      socket.write(mllpFrame(bytes));
      const ack = await Promise.race([answered, broken]);
      if (ack === undefined) return;
      acks.set(id, ack);
    }
    socket.destroy();
  };
  const all = async (): Promise<void> => {
    while (acks.size < messages.length && server !== undefined) {
      await sendRest();
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  return { acks, all };
}

/** https://en.wikipedia.org/wiki/Linear_congruential_generator : the same places every time. */
function numbers(seed: number): () => number {
  let at = seed;
  return () => (at = (Math.imul(at, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32;
}

test(
  'killed in the middle of messages over HTTP and MLLP, at several places: whatever was receipted is there, and everything once',
  async () => {
    const referral = await readFile('mappings/examples/henvisning-nytilstand.xml', 'utf8');
    const original = /<MsgId>(.*?)<\/MsgId>/.exec(referral)![1]!;
    const messages = Array.from({ length: 30 }, (_, index) => {
      const number = String(index).padStart(8, '0');
      return referral
        .replaceAll(original, `${number}-0000-4000-8000-000000000000`)
        .replace(/(<DocumentId>).*?(<)/, `$1${number}-1111-4000-8000-000000000000$2`);
    });
    const next = numbers(20260302);
    const places = [3 + Math.floor(next() * 8), 14 + Math.floor(next() * 8)];
    const receipts = new Map<string, string>();
    let running = await start();
    const waiting = [...messages];
    // The first referral makes the patient whom the changes over MLLP are about.
    receipts.set(waiting[0]!, await (await post(running, waiting.shift()!)).text());
    const hospital = hl7Messages(60);
    const peer = mllpPeer(hospital, () => (running.child.killed ? undefined : running.mllpPort));
    const peerDone = peer.all();
    // As far as the hospital is, when the server dies in its midst.
    const hospitalAt = (count: number): Promise<void> =>
      new Promise((resolve) => {
        const look = setInterval(() => {
          if (peer.acks.size < count) return;
          clearInterval(look);
          resolve();
        }, 1);
      });
    const deaths = [5 + Math.floor(next() * 15), 30 + Math.floor(next() * 20)];
    while (waiting.length > 0) {
      // Four at once; the kill comes while they are under way.
      const batch = waiting.slice(0, 4);
      const answers = batch.map((message) =>
        post(running, message).then(
          async (answer) => (answer.status === 200 ? receipts.set(message, await answer.text()) : undefined),
          () => undefined,
        ),
      );
      if (places[0] !== undefined && messages.length - waiting.length >= places[0]) {
        places.shift();
        await Promise.all([Promise.race(answers), hospitalAt(deaths.shift()!)]);
        await running.kill();
        await Promise.all(answers);
        running = await start();
      } else await Promise.all(answers);
      for (const message of batch) if (receipts.has(message)) waiting.splice(waiting.indexOf(message), 1);
    }
    for (const [message, receipt] of receipts) expect(await (await post(running, message)).text()).toBe(receipt);
    await peerDone;
    for (const { id, bytes } of hospital)
      expect([id, await exchanged(running, bytes)]).toEqual([id, peer.acks.get(id)]);
    expect([...peer.acks.values()].filter((ack) => !ack.includes('MSA|AA|'))).toEqual([]);
    const ofKind = (kind: Hl7ToSend['kind']): number => hospital.filter((one) => one.kind === kind).length;
    expect(await total(running, 'Observation?code=http://loinc.org|8867-4')).toBe(ofKind('ORU'));
    expect(await total(running, 'DiagnosticReport?status=final')).toBe(ofKind('ORU'));
    for (const { id } of hospital)
      expect([id, await total(running, `DocumentReference?identifier=${id}/20260302100000`)]).toEqual([id, 1]);
    expect(await total(running, 'ServiceRequest?status=active')).toBe(messages.length + ofKind('ORM'));
    expect(await total(running, 'Patient?active=true')).toBe(1);
    expect(await total(running, 'Communication?category=urn:oid:2.16.578.1.12.4.1.1.8279|HENVISNING_NYTILSTAND')).toBe(
      messages.length,
    );

    // The memory of messages, from the command line beside the running server.
    const messagesCommand = async (...words: string[]): Promise<string> => {
      const script = path.join(root, 'dist/cli/messages.js');
      const env = { ...process.env, HJEMMEBRO_DATA: dataFolder, DATABASE_URL: undefined, NODE_OPTIONS: undefined };
      return (await run(process.execPath, [script, ...words], { cwd: root, env })).stdout;
    };
    const lines = (await messagesCommand('list', '--in', '--state', 'accepted', '--limit', '500')).trim().split('\n');
    expect(lines.filter((line) => line.includes('HENVISNING'))).toHaveLength(messages.length);
    const id = lines.find((line) => line.includes('HENVISNING'))!.split(' ')[0]!;
    expect(await messagesCommand('show', id)).toMatch(/msgType: +HENVISNING_NYTILSTAND/);
    expect(await messagesCommand('show', id, '--raw')).toContain('<MsgHead');
    await expect(messagesCommand('resend', id)).rejects.toMatchObject({
      stderr: expect.stringContaining('Only a message that was sent from here'),
    });

    // ebXML at the same door: an acknowledgment, and the AppRec as a message of its own.
    const innlagt = await readFile('mappings/examples/log-innlagt.xml');
    const payload = 'payload-1@hospital.example';
    const envelope = writeEbxml({
      action: 'LOG_INNLAGT',
      from: '8990011',
      to: '8990003',
      conversationId: '4b1d0000-0000-4000-8000-000000000001',
      messageId: '4b1d0000-0000-4000-8000-000000000002',
      at: Date.now(),
      payload,
    });
    const { contentType, body } = writeMultipart(
      [
        { contentType: 'text/xml', contentId: 'soap@x', body: Buffer.from(envelope) },
        { contentType: 'application/xml', contentId: payload, body: innlagt },
      ],
      'grense',
    );
    const answer = await post(running, body.toString(), contentType);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/xml; charset=utf-8']);
    expect(await answer.text()).toContain('<eb:Action>Acknowledgment</eb:Action>');
    expect(await messagesCommand('list', '--out')).toContain('APPREC');
  },
  3 * minutes,
);
