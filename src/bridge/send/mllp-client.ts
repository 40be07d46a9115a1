// MLLP release 1: https://www.hl7.org/documentcenter/public/wg/inm/mllp_transport_specification.PDF
import { connect as connectPlain, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { Failure } from '../../kernel/failure.js';
import { mllpFrame, MllpDecoder } from '../mllp-frame.js';

export interface MllpTarget {
  readonly host: string;
  readonly port: number;
  /** MLLP over TLS; PEM. `cert` and `key` where the other end asks who we are. */
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string };
  /** Milliseconds to wait for the acknowledgment. */
  readonly timeout?: number;
}

const largestAck = 1024 * 1024;

/**
 * Sends one message on a connection of its own and waits for its acknowledgment.
 *
 * @throws Failure `busy` when there is no connection or no acknowledgment in time
 */
export async function exchangeMllp(target: MllpTarget, message: Uint8Array): Promise<Uint8Array> {
  const socket = open(target);
  try {
    return await answerOn(socket, message, target.timeout ?? 30_000);
  } catch (cause) {
    throw new Failure('busy', 'The receiver of HL7 v2 messages did not answer.', { cause });
  } finally {
    socket.destroy();
  }
}

function open({ host, port, tls }: MllpTarget): Socket {
  if (tls === undefined) return connectPlain({ host, port });
  return connectTls({ host, port, servername: /^[\d.:]+$/.test(host) ? '' : host, minVersion: 'TLSv1.2', ...tls });
}

function answerOn(socket: Socket, message: Uint8Array, timeout: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const decoder = new MllpDecoder(largestAck);
    const patience = setTimeout(() => reject(new Error('no acknowledgment in time')), timeout);
    const over = (error?: Error): void => {
      clearTimeout(patience);
      if (error !== undefined) reject(error);
    };
    socket.on('error', over);
    socket.on('close', () => over(new Error('closed without an acknowledgment')));
    socket.on('data', (chunk: Buffer) => {
      for (const frame of decoder.push(chunk)) {
        over();
        if (frame.kind === 'message') resolve(frame.bytes);
        else reject(new Error('the acknowledgment is too large'));
      }
    });
    socket.write(mllpFrame(message));
  });
}
