import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request that came in. */
export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly body: any;
}

/** A subscriber's endpoint on this machine. */
export interface NotificationSink {
  readonly url: string;
  readonly received: Received[];
  /** What came in below this path, handshakes and heartbeats left out. */
  events(path: string): Received[];
  /** The status that is answered from now on. */
  answer: (received: Received) => number;
  close(): Promise<void>;
}

export async function openSink(): Promise<NotificationSink> {
  const received: Received[] = [];
  const server: Server = createServer((request, response) => {
    let text = '';
    request.on('data', (part: Buffer) => (text += part.toString()));
    request.on('end', () => {
      const one = {
        method: request.method!,
        path: request.url!,
        headers: request.headers,
        text,
        body: text === '' ? undefined : JSON.parse(text),
      };
      received.push(one);
      response.writeHead(sink.answer(one)).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const sink: NotificationSink = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    events: (path) => received.filter((one) => one.path.startsWith(path) && one.headers['x-event-number'] !== '0'),
    answer: () => 200,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  return sink;
}

/** Waits until the condition holds; fails after a while. */
export async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (const end = Date.now() + 15_000; !(await condition()); ) {
    if (Date.now() > end) throw new Error(`still waiting: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
