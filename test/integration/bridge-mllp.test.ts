import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { Client, Message } from 'node-hl7-client';
import { MllpDecoder, mllpFrame } from '../../src/bridge/mllp-frame.js';
import { exchangeMllp } from '../../src/bridge/send/mllp-client.js';
import { type MllpHandler, type MllpServer, type MllpSettings, startMllpServer } from '../../src/bridge/mllp-server.js';
import { hl7Receiver } from '../../src/bridge/receive-hl7.js';
import { silentLog } from '../../src/kernel/log.js';
import { carrier, followed, MemoryServer } from '../unit/bridge/memory-server.js';

const message = (id: string): Buffer =>
  Buffer.from(readFileSync('test/fixtures/messages/adt-a01.hl7', 'utf8').replace('MSG00001', id));

let server: MllpServer;
let memory: MemoryServer;
const sockets: Socket[] = [];

async function start(
  handler?: MllpHandler,
  settings: Partial<MllpSettings> = {},
  peers: readonly string[] = [],
): Promise<void> {
  memory = new MemoryServer();
  memory.put(...followed);
  server = await startMllpServer(
    { host: '127.0.0.1', port: 0, ...settings },
    handler ?? hl7Receiver(memory.parts(), { peers, principalOf: () => carrier }),
    silentLog,
  );
}

/** A connection that collects the control ids (MSA-2) of the ACKs it gets. */
async function peer(): Promise<{ socket: Socket; acks: string[]; wait: (count: number) => Promise<void> }> {
  const socket = connect(server.port, '127.0.0.1');
  sockets.push(socket);
  await once(socket, 'connect');
  const decoder = new MllpDecoder(100_000);
  const acks: string[] = [];
  socket.on('error', () => {});
  socket.on('data', (chunk: Buffer) => {
    for (const frame of decoder.push(chunk))
      if (frame.kind === 'message') acks.push(/MSA\|\w+\|([^|\r]*)/.exec(frame.bytes.toString())![1]!);
  });
  const wait = async (count: number): Promise<void> => {
    while (acks.length < count) await once(socket, 'data');
  };
  return { socket, acks, wait };
}

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await server.stop();
});

test('node-hl7-client sends an admission and reads AA for its own control id', async () => {
  await start();
  const client = new Client({ host: '127.0.0.1' });
  try {
    const answer = new Promise<{ code: string; id: string }>((resolve) => {
      const connection = client.createConnection({ port: server.port }, async (response) => {
        const ack = response.getMessage();
        resolve({ code: String(ack.get('MSA.1').toString()), id: String(ack.get('MSA.2').toString()) });
      });
      connection.on(
        'connect',
        () => void connection.sendMessage(new Message({ text: message('PEER0001').toString().trimEnd() })),
      );
    });
    expect(await answer).toEqual({ code: 'AA', id: 'PEER0001' });
  } finally {
    client.closeAll();
  }
  expect(memory.all('Encounter')).toHaveLength(1);
});

test('messages joined in one write, or split byte by byte, are answered in order', async () => {
  await start();
  const { socket, acks, wait } = await peer();
  socket.write(Buffer.concat(['J1', 'J2', 'J3'].map((id) => mllpFrame(message(id)))));
  await wait(3);
  socket.setNoDelay(true);
  for (const byte of mllpFrame(message('S1'))) {
    socket.write(Buffer.of(byte));
    if (byte === 0xc3 || byte === 0x1c) await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await wait(4);
  expect(acks).toEqual(['J1', 'J2', 'J3', 'S1']);
});

test('a slow first message does not let the second one’s ACK past it', async () => {
  const order = ['A', 'B', 'C'];
  await start(async (bytes) => {
    const id = /MSG-(\w)/.exec(Buffer.from(bytes!).toString())![1]!;
    await new Promise((resolve) => setTimeout(resolve, id === 'A' ? 80 : 1));
    return [Buffer.from(`MSA|AA|${id}`)];
  });
  const { socket, acks, wait } = await peer();
  for (const id of order) socket.write(mllpFrame(Buffer.from(`MSG-${id}`)));
  await wait(3);
  expect(acks).toEqual(order);
});

test('rubbish and oversized messages are answered and the connection goes on', async () => {
  await start(undefined, { limit: 2000 });
  const { socket, acks, wait } = await peer();
  socket.write(Buffer.from('rubbish outside a frame'));
  socket.write(mllpFrame(Buffer.from('rubbish inside one')));
  socket.write(mllpFrame(Buffer.alloc(5000, 'x')));
  socket.write(mllpFrame(message('GOOD')));
  await wait(3);
  expect(acks).toEqual(['', '', 'GOOD']);
});

test('a half-closed connection still gets its ACKs', async () => {
  await start();
  const { socket, acks, wait } = await peer();
  socket.end(mllpFrame(message('LAST')));
  await wait(1);
  expect(acks).toEqual(['LAST']);
});

test('an idle connection is closed', async () => {
  await start(undefined, { idle: 50 });
  const { socket } = await peer();
  await once(socket, 'close');
});

test('stop lets what is in flight be answered and takes nothing more', async () => {
  let release = (): void => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  await start(async () => {
    await held;
    return [Buffer.from('MSA|AA|HELD')];
  });
  const { socket, acks, wait } = await peer();
  socket.write(mllpFrame(Buffer.from('first')));
  await new Promise((resolve) => setTimeout(resolve, 30));
  const stopped = server.stop();
  release();
  await wait(1);
  await stopped;
  expect(acks).toEqual(['HELD']);
  await expect(peer()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});

describe('MLLP over TLS', () => {
  const pem = (name: string): string => readFileSync(`test/fixtures/tls/${name}`, 'utf8');
  const identity = { cert: pem('server.pem'), key: pem('server.key') };
  const ca = pem('server.pem');
  const own = (name: string) => ({ cert: pem(`${name}.pem`), key: pem(`${name}.key`) });
  const send = async (id: string, tls: object): Promise<string> => {
    const ack = await exchangeMllp(
      {
        host: 'localhost',
        port: server.port,
        tls: { ca, checkServerIdentity: () => undefined, ...tls } as object,
        timeout: 3000,
      },
      message(id),
    );
    return /MSA\|([^|\r]*)/.exec(Buffer.from(ack).toString())![1]!;
  };
  const refused = expect.objectContaining({ category: 'busy' });

  test('a message goes through, and a plain connection does not', async () => {
    await start(undefined, { tls: identity });
    expect(await send('T1', {})).toBe('AA');
    await expect(exchangeMllp({ host: '127.0.0.1', port: server.port, timeout: 1000 }, message('T2'))).rejects.toEqual(
      refused,
    );
    await expect(exchangeMllp({ host: 'localhost', port: server.port, tls: {} }, message('T3'))).rejects.toEqual(
      refused,
    );
  });

  test('with client certificates nobody else connects, and a peer is tied to the name in its own', async () => {
    await start(undefined, { tls: { ...identity, clientCa: pem('client.pem') } }, ['PAS|NORDVIK|client']);
    expect(await send('T1', own('client'))).toBe('AA');
    await expect(send('T2', {})).rejects.toEqual(refused);
    await expect(send('T3', own('stranger'))).rejects.toEqual(refused);
    await server.stop();
    await start(undefined, { tls: { ...identity, clientCa: pem('client.pem') } }, ['PAS|NORDVIK|another']);
    expect(await send('T4', own('client'))).toBe('AR');
  });

  test('frames that are split anywhere come out whole', async () => {
    await start(undefined, { tls: { ...identity, clientCa: pem('client.pem') } });
    const socket = connectTls({
      host: 'localhost',
      port: server.port,
      ca,
      checkServerIdentity: () => undefined,
      ...own('client'),
    });
    sockets.push(socket);
    await once(socket, 'secureConnect');
    const decoder = new MllpDecoder(100_000);
    let acks = 0;
    const done = new Promise<void>((resolve) =>
      socket.on('data', (chunk: Buffer) => {
        acks += decoder.push(chunk).length;
        if (acks === 3) resolve();
      }),
    );
    const bytes = Buffer.concat(['A', 'B', 'C'].map((id) => mllpFrame(message(id))));
    for (let at = 0; at < bytes.length; at += 37) socket.write(bytes.subarray(at, at + 37));
    await done;
    expect(memory.stored).toHaveLength(3);
  });
});
