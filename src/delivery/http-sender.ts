import { lookup as askNames, type LookupAddress } from 'node:dns';
import { Agent as PlainAgent, type ClientRequest, type IncomingMessage, request as plainRequest } from 'node:http';
import { Agent as TlsAgent, request as tlsRequest } from 'node:https';
import type { LookupFunction } from 'node:net';
import { Failure } from '../kernel/failure.js';
import type { EndpointPolicy } from '../subscriptions/endpoint-policy.js';
import type { Notification } from '../subscriptions/rest-hook.js';

/** How a receiver answered. */
export interface Answer {
  readonly status: number;
}

export interface Sender {
  /** @throws Failure when there was no answer, or the endpoint may not be reached; says nothing that is secret */
  send(notification: Notification, timeoutMs?: number): Promise<Answer>;
  close(): void;
}

export interface SenderOptions {
  readonly endpoints: EndpointPolicy;
  /** Longest time for one attempt, in milliseconds. */
  readonly timeoutMs: number;
  /** Finds the addresses of a name; default the system's own. */
  readonly names?: typeof askNames;
}

const longestAnswer = 65_536;

/**
 * Sends over HTTP/1.1 with kept-alive connections. node:http rather than fetch, because only it lets the address behind a
 * name be judged before the connection is made. Redirects are not followed: where they lead was never approved.
 */
export function httpSender(options: SenderOptions): Sender {
  const agentOptions = { keepAlive: true, keepAliveMsecs: 15_000, maxSockets: 64, maxFreeSockets: 8, timeout: 60_000 };
  const agents = { 'http:': new PlainAgent(agentOptions), 'https:': new TlsAgent(agentOptions) };
  const lookup = guardedLookup(options.endpoints, options.names ?? askNames);
  const once = (notification: Notification, signal: AbortSignal, again: boolean): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const url = new URL(notification.url);
      const secure = url.protocol === 'https:';
      const request: ClientRequest = (secure ? tlsRequest : plainRequest)(url, {
        method: notification.method,
        headers: { ...headersOf(notification.headers), 'content-length': Buffer.byteLength(notification.body ?? '') },
        agent: agents[secure ? 'https:' : 'http:'],
        lookup,
        signal,
      });
      request.on('response', (response) => resolve(finish(response)));
      request.on('error', (error: NodeJS.ErrnoException) => {
        // A kept connection may be closed by the receiver at the very moment it is used: nothing was handled then.
        if (request.reusedSocket && !again && (error.code === 'ECONNRESET' || error.code === 'EPIPE'))
          resolve(once(notification, signal, true));
        else reject(noAnswer(error, signal));
      });
      request.end(notification.body ?? '');
    });

  return {
    async send(notification, timeoutMs = options.timeoutMs) {
      const refusal = options.endpoints.check(notification.url);
      if (refusal !== undefined) throw refusal;
      return once(notification, AbortSignal.timeout(timeoutMs), false);
    },
    close() {
      agents['http:'].destroy();
      agents['https:'].destroy();
    },
  };
}

function headersOf(headers: Notification['headers']): Record<string, string[]> {
  const all: Record<string, string[]> = {};
  for (const [name, value] of headers) (all[name.toLowerCase()] ??= []).push(value);
  return all;
}

function finish(response: IncomingMessage): Answer {
  let size = 0;
  response.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size > longestAnswer) response.destroy();
  });
  response.on('error', () => {}); // the status has been read; what follows does not matter
  return { status: response.statusCode ?? 0 };
}

/** What is judged is the very address that is then connected to: a name may lead elsewhere from one moment to the next. */
function guardedLookup(endpoints: EndpointPolicy, names: typeof askNames): LookupFunction {
  return (host, options, done) => {
    names(host, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
      if (error) return done(error, '', 0);
      const allowed = addresses.filter(({ address }) => endpoints.allowsAddress(host, address));
      if (allowed.length === 0)
        return done(
          Object.assign(new Error('the name leads to an address that may not be notified'), { code: 'EACCES' }),
          '',
          0,
        );
      return options.all === true ? done(null, allowed) : done(null, allowed[0]!.address, allowed[0]!.family);
    });
  };
}

function noAnswer(error: NodeJS.ErrnoException, signal: AbortSignal): Failure {
  if (signal.aborted)
    return new Failure('busy', 'The endpoint did not answer in time.', { code: 'timeout', cause: error });
  if (error.code === 'EACCES')
    return new Failure('forbidden', 'The name of the endpoint leads to an address that may not be notified.', {
      cause: error,
    });
  return new Failure('busy', `The endpoint could not be reached (${error.code ?? 'no connection'}).`, { cause: error });
}
