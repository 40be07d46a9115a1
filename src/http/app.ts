import type { IncomingMessage, RequestListener } from 'node:http';
import express, { type ErrorRequestHandler, type RequestHandler } from 'express';
import { Failure } from '../kernel/failure.js';
import { provenRequest } from './dpop-proof.js';
import { crossOrigin } from './cors.js';
import { securityHeaders } from './security-headers.js';
import { type Limits, notTooManyAtOnce, throttled } from './throttle.js';
import { type FhirEndpoint, type FhirHttpRequest, asFailure, fhirEndpoint, sendFailure } from './fhir-endpoint.js';
import { asJson } from './negotiate.js';
import { bodyReader } from './read-body.js';
import { type IssuerEndpoint, issuerEndpoint } from './issuer/issuer-endpoint.js';
import { type SmartEndpoints, smartEndpoint } from './issuer/smart-configuration.js';
import { type PloEndpoint, ploEndpoint } from './plo-endpoint.js';

export interface AppParts extends Omit<FhirEndpoint, 'readBody'> {
  /** Largest body, bytes. */
  readonly maxBody: number;
  readonly health: { live(): Promise<HealthAnswer>; ready(): Promise<HealthAnswer> };
  readonly metrics: () => Promise<{ contentType: string; text: string }>;
  /** Where SMART apps log in. */
  readonly smart?: SmartEndpoints;
  readonly limits: Limits;
  /** Requests under way at once. */
  readonly mostAtOnce: number;
  readonly trustedProxies: readonly string[];
  readonly corsOrigins: readonly string[];
  readonly receivePlo: PloEndpoint['receive'];
  /** The embedded token issuer; absent in production. */
  readonly issuer?: Omit<IssuerEndpoint, 'authenticate'>;
  /** The pages for people; what they do not know is passed on. */
  readonly pages?: RequestHandler;
}

export interface HealthAnswer {
  readonly ok: boolean;
  readonly checks: object;
}

/** The HTTP side of the server. Health, the login and the files of the pages are open; everything else needs a token. */
export function createApp(parts: AppParts): RequestListener {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('trust proxy', parts.trustedProxies.length === 0 ? false : [...parts.trustedProxies]);
  const readBody = bodyReader(parts.maxBody);
  const authenticate = throttled(parts.authenticate, parts.limits);

  app.use(crossOrigin(parts.corsOrigins));
  const counted = notTooManyAtOnce(parts.mostAtOnce);
  app.use(/^(?!\/health\/)/, counted);

  if (parts.smart !== undefined) app.get('/fhir/.well-known/smart-configuration', smartEndpoint(parts.smart));
  if (parts.issuer !== undefined) {
    app.use('/auth', issuerEndpoint({ ...parts.issuer, authenticate }));
  }
  const fhir = fhirEndpoint({ ...parts, authenticate, readBody });
  app.use('/fhir', fhir);
  app.use(securityHeaders);
  if (parts.pages !== undefined) app.use(parts.pages);
  app.get('/health/live', async (_req, res) => sendHealth(res, await parts.health.live()));
  app.get('/health/ready', async (_req, res) => sendHealth(res, await parts.health.ready()));
  app.post(
    '/messages/plo',
    ploEndpoint({ readBody, services: parts.services, authenticate, receive: parts.receivePlo }),
  );
  app.get('/metrics', async (req, res) => {
    const principal = await authenticate(req.headers, provenRequest(req));
    if (principal.role !== 'admin')
      throw new Failure('forbidden', 'The metrics are for the operator: they need a token of an administrator.');
    const { contentType, text } = await parts.metrics();
    res.type(contentType).send(text);
  });
  app.use((_req, _res) => {
    throw new Failure(
      'not-found',
      'There is nothing at this address. The pages are at /, FHIR is at /fhir, messages at /messages/plo, health at /health/ready.',
    );
  });
  app.use(((error: unknown, req, res, _next) => {
    const id = parts.services.ids.next();
    res.setHeader('X-Request-Id', id);
    sendFailure(res, asFailure(routeFailure(error), parts.services, id), req.method, {
      wanted: asJson,
      services: parts.services,
    });
  }) satisfies ErrorRequestHandler);
  if (parts.trustedProxies.length > 0) return app;
  return (req, res) => {
    if (!isForFhirAlone(req)) return app(req, res);
    counted(req, res, (refused) => {
      if (refused === undefined) void fhir(belowFhir(req), res);
      else app(req, res);
    });
  };
}

/**
 * What no other part has to look at goes straight to the FHIR endpoint. Measured: Express's routing and the headers one by one
 * were a quarter of the CPU of a read (0.121 → 0.092 ms).
 */
function isForFhirAlone({ url = '', headers }: IncomingMessage): boolean {
  return url.startsWith('/fhir/') && !url.startsWith('/fhir/.well-known/') && headers.origin === undefined;
}

/** As Express would give it, below the place where the endpoint is mounted. */
function belowFhir(req: IncomingMessage): FhirHttpRequest {
  const url = req.url!;
  return Object.assign(req as FhirHttpRequest, {
    originalUrl: url,
    url: url.slice('/fhir'.length),
    ip: req.socket.remoteAddress,
  });
}

function sendHealth(res: express.Response, answer: HealthAnswer): void {
  res.status(answer.ok ? 200 : 503).json({ status: answer.ok ? 'ok' : 'failing', ...answer.checks });
}

/** What the router refuses: an address that it cannot decode. */
function routeFailure(error: unknown): unknown {
  const { status } = (error ?? {}) as { status?: unknown };
  return typeof status === 'number' && status >= 400 && status < 500
    ? new Failure('invalid', 'The request could not be read.', { cause: error })
    : error;
}
