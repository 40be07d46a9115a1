import { readFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { Socket } from 'node:net';
import { Failure } from '../kernel/failure.js';
import { answerUnreadable } from './client-error.js';

export interface ListenSettings {
  /** Files in PEM; with a key, the server speaks TLS. */
  readonly certificate?: string | undefined;
  readonly key?: string | undefined;
  /** Authorities of client certificates; without one of theirs nobody connects (mutual TLS). */
  readonly clientAuthorities?: string | undefined;
  /** Longest time for a whole request to arrive, milliseconds. */
  readonly requestTimeout: number;
}

/** Bytes of request line and headers: a sealed paging link holds a whole search. */
const longestHead = 65_536;
/** Longest time for the head of a request to arrive, milliseconds: who sends it drop by drop holds no connection. */
const headersTimeout = 15_000;
const checkEvery = 5000;
const mostHeaders = 100;

/**
 * The HTTP or HTTPS server, not listening yet. What is not HTTP, comes too slowly or is ambiguous in its length is refused
 * before any handler sees it.
 *
 * @throws Failure fault naming the TLS setting that is wrong
 */
export function httpServer(settings: ListenSettings, app: RequestListener): Server {
  const { requestTimeout } = settings;
  const options = {
    maxHeaderSize: longestHead,
    requestTimeout,
    headersTimeout: Math.min(headersTimeout, requestTimeout),
    connectionsCheckingInterval: Math.min(checkEvery, requestTimeout),
    insecureHTTPParser: false,
    // Asked below: Node.js would answer, but still hand on what follows on the same connection.
    requireHostHeader: false,
  };
  const listener = demandHost(app);
  const tls = tlsOptions(settings);
  const server =
    tls === undefined ? createServer(options, listener) : createSecureServer({ ...options, ...tls }, listener);
  server.maxHeadersCount = mostHeaders;
  server.keepAliveTimeout = 65_000;
  server.on('clientError', answerUnreadable);
  return server;
}

/**
 * A request without Host is refused, and with it all that came behind it on the connection: it may be no request of the same
 * caller. https://www.rfc-editor.org/rfc/rfc9112#section-3.2
 */
function demandHost(app: RequestListener): RequestListener {
  const ended = new WeakSet<Socket>();
  return (req, res) => {
    if (ended.has(req.socket)) return;
    if (req.headers.host !== undefined || req.httpVersion === '1.0') return app(req, res);
    ended.add(req.socket);
    answerUnreadable(new Error('no Host'), req.socket);
  };
}

function tlsOptions({ certificate, key, clientAuthorities }: ListenSettings) {
  if (certificate === undefined && key === undefined) {
    if (clientAuthorities !== undefined)
      throw new Failure('fault', 'TLS_CLIENT_CA_FILE needs TLS_CERT_FILE and TLS_KEY_FILE.');
    return undefined;
  }
  if (certificate === undefined || key === undefined)
    throw new Failure('fault', 'TLS_CERT_FILE and TLS_KEY_FILE belong together.');
  return {
    cert: readFileSync(certificate),
    key: readFileSync(key),
    minVersion: 'TLSv1.2' as const,
    ...(clientAuthorities !== undefined && {
      ca: readFileSync(clientAuthorities),
      requestCert: true,
      rejectUnauthorized: true,
    }),
  };
}
