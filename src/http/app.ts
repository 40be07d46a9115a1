import express, { type ErrorRequestHandler, type Express } from 'express';
import helmet from 'helmet';
import { Failure } from '../kernel/failure.js';
import { type FhirEndpoint, asFailure, fhirEndpoint, sendFailure } from './fhir-endpoint.js';
import { type PloEndpoint, ploEndpoint } from './plo-endpoint.js';

export interface AppParts extends FhirEndpoint {
  /** Largest body, bytes. */
  readonly maxBody: number;
  readonly health: { live(): Promise<HealthAnswer>; ready(): Promise<HealthAnswer> };
  readonly metrics: () => Promise<{ contentType: string; text: string }>;
  readonly receivePlo: PloEndpoint['receive'];
}

export interface HealthAnswer {
  readonly ok: boolean;
  readonly checks: object;
}

/** The HTTP side of the server. Nothing but health is open: everything else needs a token. */
export function createApp(parts: AppParts): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  // Bodies are read raw, whatever their type: what they must be is said by the endpoint, with a proper answer.
  const body = express.raw({ type: () => true, limit: parts.maxBody });

  app.use('/fhir', body, fhirEndpoint(parts));
  app.use(helmet());
  app.get('/health/live', async (_req, res) => sendHealth(res, await parts.health.live()));
  app.get('/health/ready', async (_req, res) => sendHealth(res, await parts.health.ready()));
  app.post('/messages/plo', body, ploEndpoint({ services: parts.services, authenticate: parts.authenticate, receive: parts.receivePlo }));
  app.get('/metrics', async (req, res) => {
    const principal = await parts.authenticate(req.headers);
    if (principal.role !== 'admin') throw new Failure('forbidden', 'The metrics are for the operator: they need a token of an administrator.');
    const { contentType, text } = await parts.metrics();
    res.type(contentType).send(text);
  });
  app.use((_req, _res) => {
    throw new Failure('not-found', 'There is nothing at this address. FHIR is at /fhir, messages at /messages/plo, health at /health/ready.');
  });
  app.use(((error: unknown, req, res, _next) => {
    const id = parts.services.ids.next();
    res.setHeader('X-Request-Id', id);
    sendFailure(res, asFailure(bodyFailure(error, parts.maxBody), parts.services, id), req.method);
  }) satisfies ErrorRequestHandler);
  return app;
}

function sendHealth(res: express.Response, answer: HealthAnswer): void {
  res.status(answer.ok ? 200 : 503).json({ status: answer.ok ? 'ok' : 'failing', ...answer.checks });
}

/** What the body parser and the router refuse, as Failures. https://github.com/expressjs/body-parser#errors */
function bodyFailure(error: unknown, limit: number): unknown {
  const { type, status } = (error ?? {}) as { type?: unknown; status?: unknown };
  if (type === 'entity.too.large') return new Failure('too-large', `The body is larger than ${limit} bytes; send it in parts.`);
  if (type === 'encoding.unsupported') return new Failure('unsupported-media', 'Content-Encoding must be gzip, deflate, br or none.');
  if (typeof status === 'number' && status >= 400 && status < 500) return new Failure('invalid', 'The request could not be read.', { cause: error });
  return error;
}
