import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { mllpFrame, MllpDecoder } from '../../bridge/mllp-frame.js';
import { identityNumber } from '../../fhir/national-identifiers.js';
import type { Child } from './child-process.js';

/** HL7 v2 over MLLP: results of a laboratory, one value each, about as many patients as a service has. */
export interface MessageFigures {
  readonly messages: number;
  readonly patients: number;
  /** Messages a second, each durable with its effects before it is acknowledged. */
  readonly rates: readonly { readonly connections: number; readonly perSecond: number; readonly p50: number }[];
  /** Resident memory of the server in megabytes after each tenth of the messages in a row. */
  readonly memory: readonly number[];
}

export interface MessageBench {
  readonly server: Child;
  readonly mllpPort: number;
  /** Messages in a row. */
  readonly count: number;
}

const patients = 100;
const atOnce = 8;

/** A port that nobody listens on now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/**
 * Refers the patients, then sends results: a tenth over one connection, one after the other; the rest over eight, while the
 * memory is looked at.
 */
export async function benchMessages({ server, mllpPort, count }: MessageBench): Promise<MessageFigures> {
  const numbers = syntheticNumbers(patients);
  const lanes = await Promise.all(Array.from({ length: atOnce }, () => Lane.open(mllpPort)));
  try {
    for (const [index, number] of numbers.entries()) await lanes[0]!.send(order(number, index));
    const alone = await spread(lanes.slice(0, 1), 0, count / 10, numbers);
    const memory: number[] = [];
    const together: Run[] = [];
    for (let tenth = 1; tenth <= 10; tenth++) {
      together.push(await spread(lanes, (tenth * count) / 10, count / 10, numbers));
      memory.push(Math.round(await server.memory()));
    }
    return {
      messages: count,
      patients,
      rates: [figures(1, [alone]), figures(atOnce, together)],
      memory,
    };
  } finally {
    for (const lane of lanes) lane.close();
  }
}

interface Run {
  readonly milliseconds: number;
  readonly waits: readonly number[];
}

async function spread(lanes: readonly Lane[], from: number, count: number, numbers: readonly string[]): Promise<Run> {
  const waits: number[] = [];
  const began = performance.now();
  let next = 0;
  const send = async (lane: Lane): Promise<void> => {
    while (next < count) {
      const at = from + next++;
      const started = performance.now();
      await lane.send(result(numbers[at % numbers.length]!, at));
      waits.push(performance.now() - started);
    }
  };
  await Promise.all(lanes.map(send));
  return { milliseconds: performance.now() - began, waits };
}

function figures(connections: number, runs: readonly Run[]): MessageFigures['rates'][number] {
  const waits = runs.flatMap((run) => run.waits).toSorted((a, b) => a - b);
  const milliseconds = runs.reduce((sum, run) => sum + run.milliseconds, 0);
  return {
    connections,
    perSecond: Math.round(waits.length / (milliseconds / 1000)),
    p50: waits[Math.floor(waits.length / 2)] ?? 0,
  };
}

export const messageLines = ({ messages, rates, memory }: MessageFigures): string =>
  [
    ...rates.map(
      ({ connections, perSecond, p50 }) =>
        `messages: ORU^R01 over ${connections} MLLP connection${connections === 1 ? '' : 's'}: ${perSecond} a second, acknowledged after ${p50.toFixed(1)} ms (p50)`,
    ),
    `messages: resident memory during ${messages} in a row: ${memory.join(', ')} MB`,
  ].join('\n');

const header = (type: string, id: string): string =>
  `MSH|^~\\&|LAB|BENCH|HJEMMEBRO|FJORDHEIM|20260302101501||${type}|${id}|P|2.5.1||||||UNICODE UTF-8`;
const person = (number: string): string => `PID|1||${number}^^^NIN||Prøvepasient^Nummer||19800101|M`;

const order = (number: string, at: number): string =>
  [
    header('ORM^O01', `O${at}`),
    person(number),
    `ORC|NW|P-${at}`,
    `OBR|1|P-${at}||DHO^Digital hjemmeoppfølging^L`,
    '',
  ].join('\r');

const result = (number: string, at: number): string =>
  [
    header('ORU^R01', `R${at}`),
    person(number),
    `OBR|1|R-${at}|F-${at}|LAB^Laboratorieprøver^L|||20260302080000|||||||||||||||20260302101000||CH|F`,
    `OBX|1|NM|1988-5^CRP^LN||${(at % 50) + 0.5}|mg/L^^UCUM|<5||||F|||20260302081500`,
    '',
  ].join('\r');

/** Numbers with 80 added to the month, as in the test population of Skatteetaten. */
function syntheticNumbers(count: number): readonly string[] {
  const found: string[] = [];
  for (let serial = 0; found.length < count; serial++) {
    const number = `01818${String(serial).padStart(6, '0')}`;
    if (identityNumber(number) !== undefined) found.push(number);
  }
  return found;
}

class Lane {
  private readonly decoder = new MllpDecoder(1024 * 1024);
  private answered: ((ack: string) => void) | undefined;

  private constructor(private readonly socket: Socket) {
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => {
      for (const frame of this.decoder.push(chunk))
        if (frame.kind === 'message') this.answered?.(frame.bytes.toString());
    });
  }

  static async open(port: number): Promise<Lane> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    return new Lane(socket);
  }

  /** @throws Error with the acknowledgment where it is not AA: figures of refused messages would mean nothing */
  async send(message: string): Promise<void> {
    const answer = new Promise<string>((resolve) => (this.answered = resolve));
    this.socket.write(mllpFrame(Buffer.from(message)));
    const ack = await answer;
    if (!ack.includes('MSA|AA|')) throw new Error(`The server answered ${ack}`);
  }

  close(): void {
    this.socket.destroy();
  }
}
