import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { decodeJwt } from 'jose';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import type { Principal } from '../access/principal.js';
import { Failure } from '../kernel/failure.js';
import { statusOf } from '../interactions/status.js';
import { type Authenticate, challenge } from './authenticate.js';

/** An opened connection. */
export interface OpenedSocket {
  /** Resolves when the client has answered the ping that went after the text: its side has taken the text in. */
  send(text: string): Promise<void>;
  close(code: number, reason: string): void;
  onText(listener: (text: string) => void): void;
  onClose(listener: () => void): void;
}

export interface UpgradeParts {
  readonly authenticate: Authenticate;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** @param caller absent at `openPath` */
  readonly onSocket: (socket: OpenedSocket, caller?: Principal) => void;
}

/** Where an access token must come with the request. */
export const socketPath = '/fhir/ws';
/** Where none is needed: what is sent first must be a binding token. For browsers, which cannot set a header here. */
export const tokenSocketPath = '/fhir/ws/bound';

const longestText = 32_768;
const answerWithinMs = 10_000;
const aliveEveryMs = 30_000;
const longestLifeMs = 12 * 3600_000;
const mostOfOne = 200;
const mostUnknown = 200;

/** Takes WebSocket connections of subscribers. https://www.rfc-editor.org/rfc/rfc6455 */
export function takeSockets(server: Server, parts: UpgradeParts): void {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: longestText, perMessageDeflate: false });
  const open = new Map<string, number>();

  const upgrade = async (request: IncomingMessage, stream: Duplex, head: Buffer): Promise<void> => {
    const path = (request.url ?? '').split('?')[0];
    if (path !== socketPath && path !== tokenSocketPath)
      throw new Failure('not-found', 'There is no WebSocket at this address.');
    const caller =
      path === socketPath
        ? await parts.authenticate(request.headers, { method: 'GET', path: request.url ?? '/' })
        : undefined;
    const who = caller?.client ?? '';
    const count = open.get(who) ?? 0;
    if (count >= (caller === undefined ? mostUnknown : mostOfOne))
      throw new Failure('too-many', 'Too many connections are open already.');
    const life = Math.min(longestLifeMs, tokenLife(request, parts.now()));
    sockets.handleUpgrade(request, stream, head, (socket) => {
      open.set(who, (open.get(who) ?? 0) + 1);
      socket.once('close', () => open.set(who, (open.get(who) ?? 1) - 1));
      keepAlive(socket, life);
      parts.onSocket(openedSocket(socket), caller);
    });
  };
  server.on('upgrade', (request: IncomingMessage, stream: Duplex, head: Buffer) => {
    stream.on('error', () => stream.destroy());
    upgrade(request, stream, head).catch((error: unknown) => {
      const failure = error instanceof Failure ? error : new Failure('fault', 'An error of the server.');
      const demand = failure.category === 'unauthenticated' ? `WWW-Authenticate: ${challenge(failure)}\r\n` : '';
      stream.end(`HTTP/1.1 ${statusOf(failure)} Refused\r\n${demand}Connection: close\r\nContent-Length: 0\r\n\r\n`);
    });
  });
}

/** Milliseconds for which the token of the request still holds: nothing is told after its end. It was verified already. */
function tokenLife({ headers }: IncomingMessage, now: number): number {
  const token = /^\S+ +(\S+)$/.exec(headers.authorization ?? '')?.[1];
  if (token === undefined) return longestLifeMs;
  const { exp } = decodeJwt(token);
  return exp === undefined ? longestLifeMs : Math.max(0, exp * 1000 - now);
}

function keepAlive(socket: WebSocket, life: number): void {
  let answered = true;
  socket.on('pong', () => (answered = true));
  const beat = setInterval(() => {
    if (!answered) return socket.terminate();
    answered = false;
    socket.ping();
  }, aliveEveryMs);
  const end = setTimeout(() => socket.close(1008, 'the access token has ended; connect again'), life);
  socket.once('close', () => {
    clearInterval(beat);
    clearTimeout(end);
  });
}

function openedSocket(socket: WebSocket): OpenedSocket {
  let sent = 0;
  const waiting = new Map<string, { resolve(): void; reject(error: Error): void }>();
  socket.on('pong', (data: Buffer) => {
    const mark = data.toString();
    waiting.get(mark)?.resolve();
    waiting.delete(mark);
  });
  socket.on('error', () => socket.terminate());
  socket.on('close', () => {
    for (const send of waiting.values()) send.reject(new Error('the connection is closed'));
    waiting.clear();
  });
  return {
    send: (text) =>
      new Promise((resolve, reject) => {
        const mark = String((sent += 1));
        const timer = setTimeout(() => {
          reject(new Error('the client did not answer in time'));
          socket.terminate();
        }, answerWithinMs);
        const done = (error?: Error): void => {
          clearTimeout(timer);
          waiting.delete(mark);
          if (error === undefined) resolve();
          else reject(error);
        };
        waiting.set(mark, { resolve: done, reject: done });
        if (socket.readyState !== socket.OPEN) return done(new Error('the connection is closed'));
        socket.send(text, (error) => error && done(error));
        socket.ping(mark, undefined, (error: Error | undefined) => error && done(error));
      }),
    close: (code, reason) => socket.close(code, reason),
    onText: (listener) =>
      socket.on('message', (data: RawData, isBinary: boolean) => {
        if (isBinary) socket.close(1003, 'text only');
        else listener((data as Buffer).toString('utf8'));
      }),
    onClose: (listener) => socket.on('close', listener),
  };
}
