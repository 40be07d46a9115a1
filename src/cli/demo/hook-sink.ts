import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Resource } from '../../fhir/resource.js';
import { eventually } from './expected.js';

/** A notification that reached the nurse's system. */
export interface HookCall {
  /** `performance.now()` at its arrival. */
  readonly at: number;
  readonly resource: Resource;
}

/** The nurse's system, as far as it receives notifications: an HTTP server on this machine. */
export interface HookSink {
  readonly url: string;
  /** The first notification that fits, now or later. */
  wait(what: string, fits: (call: HookCall) => boolean): Promise<HookCall>;
  stop(): Promise<void>;
}

export async function openHookSink(): Promise<HookSink> {
  const calls: HookCall[] = [];
  const server = createServer((request, response) => {
    const at = performance.now();
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const text = Buffer.concat(parts).toString();
      if (text !== '') calls.push({ at, resource: JSON.parse(text) as Resource });
      response.writeHead(200).end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/varsler`,
    wait: (what, fits) => eventually(what, () => calls.find(fits), 10_000),
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
