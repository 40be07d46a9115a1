import type { Request, Response } from 'express';
import { dispatch } from '../interactions/dispatch.js';
import type { FhirRequest, FhirResponse } from '../interactions/request.js';
import { statusOf } from '../interactions/status.js';
import type { Services } from '../interactions/services.js';
import type { Principal } from '../access/principal.js';
import { parseJson, stringifyJson } from '../fhir/json.js';
import { operationOutcome } from '../fhir/operation-outcome.js';
import { Failure } from '../kernel/failure.js';
import { parseQuery } from '../search/parse/query-pairs.js';
import { challenge } from './authenticate.js';
import { readBodyText } from './body-text.js';
import { bytesOf } from './bytes-of.js';
import { type Coding, contentCoding, packed, smallestPacked } from './content-coding.js';
import { demandFormat } from './negotiate.js';
import type { ReadBody } from './read-body.js';

export interface FhirEndpoint {
  readonly services: Services;
  readonly authenticate: (headers: Readonly<Record<string, string | string[] | undefined>>) => Promise<Principal>;
  readonly readBody: ReadBody;
  /** Called once per answer, for the metrics. */
  readonly observe: (what: { readonly method: string; readonly status: number; readonly seconds: number }) => void;
}

const passedHeaders = ['if-match', 'if-none-match', 'if-none-exist', 'if-modified-since', 'prefer'];

/** The FHIR endpoint: parse, authenticate, dispatch, answer. Everything that goes wrong is an OperationOutcome. */
export function fhirEndpoint({ services, authenticate, readBody, observe }: FhirEndpoint) {
  return async (req: Request, res: Response): Promise<void> => {
    const started = performance.now();
    const requestId = services.ids.next();
    res.setHeader('X-Request-Id', requestId);
    // Health data: kept by no cache but the client's own, and there only as long as the server says that it still holds.
    res.setHeader('Cache-Control', 'private, no-cache');
    res.setHeader('X-Content-Type-Options', 'nosniff');
    const pretty = /[?&]_pretty=true(?:&|$)/.test(req.url);
    try {
      const principal = await authenticate(req.headers);
      demandFormat(req);
      if (req.method !== 'GET' && req.method !== 'HEAD') await readBody(req, res);
      const response = await dispatch(await fhirRequest(req), { principal, request: requestId, services, dispatch });
      await send(res, response, req.method, { pretty, coding: contentCoding(req.headers['accept-encoding']) });
    } catch (error) {
      sendFailure(res, asFailure(error, services, requestId), req.method);
    }
    observe({ method: req.method, status: res.statusCode, seconds: (performance.now() - started) / 1000 });
  };
}

async function fhirRequest(req: Request): Promise<FhirRequest> {
  const at = req.url.indexOf('?');
  const path = at === -1 ? req.url : req.url.slice(0, at);
  const query =
    at === -1 ? [] : parseQuery(req.url.slice(at + 1)).filter(([name]) => name !== '_format' && name !== '_pretty');
  const headers: Record<string, string | undefined> = {};
  for (const name of passedHeaders) if (typeof req.headers[name] === 'string') headers[name] = req.headers[name];
  const segments = path
    .split('/')
    .filter((part) => part !== '')
    .map(decodeSegment);
  const isForm = /^application\/x-www-form-urlencoded\b/i.test(req.headers['content-type'] ?? '');
  const last = segments.at(-1);
  const isSearch = last === '_search';
  const takesForm = isSearch || last?.startsWith('$') === true;
  const body =
    req.method === 'GET' || req.method === 'HEAD' || req.method === 'DELETE'
      ? undefined
      : readBodyText(req, { isForm: isForm && takesForm });
  const method = req.method as FhirRequest['method'];
  if (isForm && takesForm)
    return {
      method,
      segments,
      query,
      headers,
      form: parseQuery(body ?? '').filter(([name]) => name !== '_format' && name !== '_pretty'),
    };
  // A search by POST without a body is still one whose links are sealed.
  if (isSearch && body !== undefined && method === 'POST')
    throw new Failure('unsupported-media', 'The body of a search must be application/x-www-form-urlencoded.');
  if (isSearch) return { method, segments, query, headers, form: [] };
  return { method, segments, query, headers, ...(body === undefined ? {} : { body }) };
}

function decodeSegment(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Failure(
      'invalid',
      'The path of the URL cannot be read: a percent sign is not followed by two hexadecimal digits of UTF-8.',
    );
  }
}

interface Form {
  readonly pretty: boolean;
  readonly coding: Coding | undefined;
}

async function send(res: Response, response: FhirResponse, method: string, { pretty, coding }: Form): Promise<void> {
  res.statusCode = response.status;
  for (const [name, value] of Object.entries(response.headers)) res.setHeader(name, value);
  if (response.body === undefined) {
    res.end();
    return;
  }
  const whole = pretty && typeof response.body !== 'string' ? response.body.join('') : response.body;
  const body = typeof whole !== 'string' ? bytesOf(whole) : pretty ? stringifyJson(parseJson(whole), 2) : whole;
  res.setHeader('Content-Type', 'application/fhir+json; charset=utf-8');
  res.setHeader('Vary', 'Accept-Encoding');
  const length = Buffer.byteLength(body);
  if (coding !== undefined && length >= smallestPacked) {
    const small = method === 'HEAD' ? undefined : await packed(body, coding);
    res.setHeader('Content-Encoding', coding);
    if (small !== undefined) res.setHeader('Content-Length', small.length);
    res.end(small);
    return;
  }
  res.setHeader('Content-Length', length);
  // A short string is written in one piece with the head.
  res.end(method === 'HEAD' ? undefined : body);
}

/** Renders a refusal with the headers that belong to its status. */
export function sendFailure(res: Response, failure: Failure, method: string): void {
  if (failure.category === 'unauthenticated') res.setHeader('WWW-Authenticate', challenge(failure));
  if (failure.category === 'busy' || failure.category === 'too-many') res.setHeader('Retry-After', '2');
  if (failure.category === 'not-allowed' && failure.allowed.length > 0)
    res.setHeader('Allow', failure.allowed.join(', '));
  const response = { status: statusOf(failure), headers: {}, body: stringifyJson(operationOutcome(failure)) };
  void send(res, response, method, { pretty: false, coding: undefined });
}

/** Anything that was not meant to be thrown is an error of ours: logged with the request's id, not shown. */
export function asFailure(error: unknown, { log }: Pick<Services, 'log'>, requestId: string): Failure {
  const failure =
    error instanceof Failure
      ? error
      : new Failure('fault', 'An error of the server. Tell its operator the X-Request-Id of this answer.', {
          cause: error,
        });
  if (failure.category === 'fault') {
    const { cause } = failure;
    log.error(
      {
        request: requestId,
        error: cause instanceof Error ? (cause.stack ?? cause.message) : (failure.stack ?? failure.message),
      },
      'request failed',
    );
  } else if (failure.category === 'busy')
    log.warn(
      { request: requestId, error: failure.cause instanceof Error ? failure.cause.message : failure.message },
      'request refused: busy',
    );
  return failure;
}
