import { connect, type Socket } from 'node:net';

export interface Answer {
  readonly status: number;
  readonly body: Buffer;
}

const headEnd = Buffer.from('\r\n\r\n');

/**
 * One keep-alive connection that sends ready-made bytes and waits for the whole answer: a load generator takes its CPU from
 * the same machine as what it measures, so it does as little as it can. Answers must have a Content-Length.
 */
export class HttpConnection {
  private received: Buffer[] = [];
  private length = 0;
  private expected: { readonly status: number; readonly head: number; readonly total: number } | undefined;
  private waiting: { readonly resolve: (answer: Answer) => void; readonly reject: (error: Error) => void } | undefined;

  private constructor(private readonly socket: Socket) {
    socket.setNoDelay(true);
    socket.on('data', (chunk) => this.take(chunk));
    socket.on('error', (error) => this.waiting?.reject(error));
    socket.on('close', () => this.waiting?.reject(new Error('the connection was closed')));
  }

  static open(port: number): Promise<HttpConnection> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1');
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.off('error', reject);
        resolve(new HttpConnection(socket));
      });
    });
  }

  send(request: string | Buffer): Promise<Answer> {
    if (this.socket.destroyed) return Promise.reject(new Error('the connection was closed'));
    return new Promise((resolve, reject) => {
      this.waiting = { resolve, reject };
      this.socket.write(request);
    });
  }

  close(): void {
    this.waiting = undefined;
    this.socket.destroy();
  }

  private take(chunk: Buffer): void {
    this.received.push(chunk);
    this.length += chunk.length;
    this.expected ??= this.readHead();
    const { expected } = this;
    if (expected === undefined || this.length < expected.total) return;
    const body = Buffer.concat(this.received).subarray(expected.head, expected.total);
    this.received = [];
    this.length = 0;
    this.expected = undefined;
    const { waiting } = this;
    this.waiting = undefined;
    waiting?.resolve({ status: expected.status, body });
  }

  private readHead(): typeof this.expected {
    const bytes = this.received.length === 1 ? this.received[0]! : Buffer.concat(this.received);
    const end = bytes.indexOf(headEnd);
    if (end < 0) return undefined;
    const head = bytes.toString('latin1', 0, end);
    const length = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0);
    return { status: Number(head.slice(9, 12)), head: end + 4, total: end + 4 + length };
  }
}

/** The bytes of a request; `headers` without Host and Content-Length. */
export function requestText(
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  headers: Readonly<Record<string, string>>,
  body = '',
): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const length = method === 'GET' ? '' : `content-length: ${Buffer.byteLength(body)}\r\n`;
  return `${method} ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\n${lines.join('')}${length}\r\n${body}`;
}
