import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { writeMultipart } from '../../src/mapping/ebxml/multipart.js';
import { writeEbxml } from '../../src/mapping/ebxml/write-ebxml.js';
import { root } from '../architecture/source-files.js';
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
  await rm(dataFolder, { recursive: true, force: true });
});
const start = async (): Promise<RunningServer> => (server = await startServer({ embedded: true, dataFolder }));

const post = (to: RunningServer, body: string, contentType = 'application/xml'): Promise<Response> =>
  to.request('admin', '/messages/plo', { method: 'POST', headers: { 'content-type': contentType }, body });

async function total(of: RunningServer, query: string): Promise<number> {
  const answer = (await (await of.request('admin', `${query}&_summary=count`)).json()) as { total: number };
  return answer.total;
}

/** https://en.wikipedia.org/wiki/Linear_congruential_generator : the same places every time. */
function numbers(seed: number): () => number {
  let at = seed;
  return () => (at = (Math.imul(at, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32;
}

test(
  'killed in the middle of messages, at several places: whatever was receipted is there, and everything once',
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
        await Promise.race(answers);
        await running.kill();
        await Promise.all(answers);
        running = await start();
      } else await Promise.all(answers);
      for (const message of batch) if (receipts.has(message)) waiting.splice(waiting.indexOf(message), 1);
    }
    for (const [message, receipt] of receipts) expect(await (await post(running, message)).text()).toBe(receipt);
    expect(await total(running, 'ServiceRequest?status=active')).toBe(messages.length);
    expect(await total(running, 'Communication?category=urn:oid:2.16.578.1.12.4.1.1.8279|HENVISNING_NYTILSTAND')).toBe(
      messages.length,
    );

    // The memory of messages, from the command line beside the running server.
    const messagesCommand = async (...words: string[]): Promise<string> => {
      const script = path.join(root, 'dist/cli/messages.js');
      const env = { ...process.env, HJEMMEBRO_DATA: dataFolder, DATABASE_URL: undefined, NODE_OPTIONS: undefined };
      return (await run(process.execPath, [script, ...words], { cwd: root, env })).stdout;
    };
    const lines = (await messagesCommand('list', '--in', '--state', 'accepted')).trim().split('\n');
    expect(lines).toHaveLength(messages.length);
    const id = lines[0]!.split(' ')[0]!;
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
