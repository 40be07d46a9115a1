import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Principal } from '../access/principal.js';
import { dispatch } from '../interactions/dispatch.js';
import { operations } from '../interactions/operations/index.js';
import { patchFormats } from '../interactions/patch-document.js';
import { bodyText, type FhirRequest, type FhirResponse } from '../interactions/request.js';
import { statusOf } from '../interactions/status.js';
import type { Services } from '../interactions/services.js';
import { stringifyJson } from '../fhir/json.js';
import { operationOutcome } from '../fhir/operation-outcome.js';
import { Failure } from '../kernel/failure.js';
import { parseQuery } from '../search/parse/query-pairs.js';
import { type Authenticate, challenge } from './authenticate.js';
import { type Coding, contentCoding, packed, smallestPacked } from './content-coding.js';
import { provenRequest } from './dpop-proof.js';
import { dataPolicy } from './security-headers.js';
import { Throttled } from './throttle.js';
import { TokenRefused } from './token-failure.js';
import { asJson, type Wanted, wantedFormat } from './negotiate.js';
import type { ReadBody } from './read-body.js';
import { type Rendered, rendered } from './render.js';
import { requestContent, textOf } from './request-content.js';
import { sendStream } from './stream.js';

/** Methods whose body, if there is one, says nothing. */
const bodiless: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

export interface FhirEndpoint {
  readonly services: Services;
  /** The services as a caller has them; absent: as everyone. */
  readonly servicesOf?: (principal: Principal) => Services;
  readonly authenticate: Authenticate;
  readonly readBody: ReadBody;
  /** Called once per answer, for the metrics. */
  readonly observe: (what: { readonly method: string; readonly status: number; readonly seconds: number }) => void;
}

const passedHeaders = ['if-match', 'if-none-match', 'if-none-exist', 'if-modified-since', 'prefer', 'content-type'];

/** A request below `/fhir`: `url` without that, `originalUrl` with it. Express's Request is one. */
export interface FhirHttpRequest extends IncomingMessage {
  url: string;
  method: string;
  readonly originalUrl: string;
  /** Whence it came. */
  readonly ip?: string | undefined;
  /** Bytes, once they are read. */
  body?: unknown;
}

/** The FHIR endpoint: parse, authenticate, dispatch, answer. Everything that goes wrong is an OperationOutcome. */
export function fhirEndpoint({ services, servicesOf = () => services, authenticate, readBody, observe }: FhirEndpoint) {
  return async (req: FhirHttpRequest, res: ServerResponse): Promise<void> => {
    const started = performance.now();
    const requestId = services.ids.next();
    const standing = { ...standingHeaders, 'X-Request-Id': requestId };
    let wanted = asJson;
    try {
      const isBinary = answersBinary(req);
      wanted = wantedFormat(req, { isBinary });
      const principal = await authenticate(req.headers, provenRequest(req));
      if (!bodiless.has(req.method)) await readBody(req, res);
      const { request, form } = fhirRequest(req, services);
      if (form !== undefined) wanted = wantedFormat(req, { form });
      const response = await dispatch(request, {
        principal,
        request: requestId,
        services: servicesOf(principal),
        dispatch,
      });
      await send(res, response, req.method, {
        wanted,
        services,
        coding: contentCoding(req.headers['accept-encoding']),
        standing,
      });
    } catch (error) {
      sendFailure(res, asFailure(error, services, requestId), req.method, { wanted, services, standing });
    }
    observe({ method: req.method, status: res.statusCode, seconds: (performance.now() - started) / 1000 });
  };
}

const standingHeaders = {
  // Health data: kept by no cache but the client's own, and there only as long as the server says that it still holds.
  'Cache-Control': 'private, no-cache',
  'X-Content-Type-Options': 'nosniff',
  'Content-Security-Policy': dataPolicy,
};

/** A Binary is read, or an operation is called that may answer with one. */
function answersBinary({ url, method }: Pick<FhirHttpRequest, 'url' | 'method'>): boolean {
  const name = /\/\$([a-z-]+)(?:\?|$)/.exec(url)?.[1];
  if (name !== undefined) return operations.some((one) => one.name === name && one.answersBinary === true);
  return url.startsWith('/Binary/') && (method === 'GET' || method === 'HEAD');
}

type Pairs = readonly (readonly [string, string])[];

const withoutFormat = (pairs: Pairs): Pairs => pairs.filter(([name]) => name !== '_format' && name !== '_pretty');

/** The request without HTTP, and all pairs of its form where it has one. */
function fhirRequest(
  req: FhirHttpRequest,
  { definitions }: Pick<Services, 'definitions'>,
): { readonly request: FhirRequest; readonly form?: Pairs } {
  const at = req.url.indexOf('?');
  const path = at === -1 ? req.url : req.url.slice(0, at);
  const query = at === -1 ? [] : withoutFormat(parseQuery(req.url.slice(at + 1)));
  const headers: Record<string, string | undefined> = {};
  for (const name of passedHeaders) if (typeof req.headers[name] === 'string') headers[name] = req.headers[name];
  const segments = path
    .split('/')
    .filter((part) => part !== '')
    .map(decodeSegment);
  const method = req.method as FhirRequest['method'];
  const last = segments.at(-1);
  const isSearch = last === '_search';
  const isForm = /^application\/x-www-form-urlencoded\b/i.test(req.headers['content-type'] ?? '');
  const raw: unknown = req.body;
  const hasBody = Buffer.isBuffer(raw) && raw.length > 0;
  if (isForm && (isSearch || last?.startsWith('$') === true)) {
    const form = parseQuery(hasBody ? textOf(raw, req.headers['content-type']) : '');
    return { request: { method, segments, query, headers, form: withoutFormat(form) }, form };
  }
  // A search by POST without a body is still one whose links are sealed.
  if (isSearch && hasBody && method === 'POST')
    throw new Failure('unsupported-media', 'The body of a search must be application/x-www-form-urlencoded.');
  if (isSearch) return { request: { method, segments, query, headers, form: [] } };
  if (bodiless.has(method) || method === 'DELETE') return { request: { method, segments, query, headers } };
  const isBinary = segments[0] === 'Binary' && last?.startsWith('$') !== true && method !== 'PATCH';
  return { request: { method, segments, query, headers, ...requestContent(req, { isBinary, definitions }) } };
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
  readonly wanted: Wanted;
  readonly services: Pick<Services, 'definitions'>;
  readonly coding: Coding | undefined;
  /** Headers that every answer has. */
  readonly standing: Readonly<Record<string, string>>;
}

/** The head is written in one go: header by header would take a tenth of the time of a read. */
async function send(res: ServerResponse, response: FhirResponse, method: string, form: Form): Promise<void> {
  const { wanted, services, coding, standing } = form;
  const answer = response.body === undefined ? undefined : contentOf(response.body, response, wanted, services);
  const head: Record<string, string | number> = {
    ...standing,
    ...response.headers,
    ...answer?.headers,
    Vary: vary(res),
  };
  if (response.stream !== undefined && method !== 'HEAD') {
    res.statusCode = response.status;
    for (const name in head) res.setHeader(name, head[name]!);
    await sendStream(res, response.stream, { contentType: response.contentType ?? 'application/octet-stream', coding });
    return;
  }
  if (answer === undefined) {
    res.writeHead(response.status, head).end();
    return;
  }
  const body = answer.content;
  head['Content-Type'] = answer.contentType;
  const length = Buffer.byteLength(body);
  if (coding !== undefined && length >= smallestPacked) {
    const small = method === 'HEAD' ? undefined : await packed(body, coding);
    head['Content-Encoding'] = coding;
    if (small !== undefined) head['Content-Length'] = small.length;
    res.writeHead(response.status, head).end(small);
    return;
  }
  head['Content-Length'] = length;
  // A short string is written in one piece with the head.
  res.writeHead(response.status, head).end(method === 'HEAD' ? undefined : body);
}

/** What answers to other origins vary by is said before. */
function vary(res: ServerResponse): string {
  const given = res.getHeader('Vary');
  return given === undefined ? 'Accept, Accept-Encoding' : `${String(given)}, Accept, Accept-Encoding`;
}

const contentOf = (
  body: NonNullable<FhirResponse['body']>,
  { contentType }: FhirResponse,
  wanted: Wanted,
  { definitions }: Form['services'],
): Rendered =>
  contentType === undefined ? rendered(body, wanted, definitions) : { contentType, content: bodyText(body) };

/** Renders a refusal with the headers that belong to its status, in the format that was asked for. */
export function sendFailure(
  res: ServerResponse,
  failure: Failure,
  method: string,
  { wanted, services, standing = {} }: Pick<Form, 'wanted' | 'services'> & Partial<Pick<Form, 'standing'>>,
): void {
  const headers: Record<string, string> = {};
  if (failure.category === 'unauthenticated') headers['WWW-Authenticate'] = challenge(failure);
  if (failure instanceof TokenRefused && failure.nonce !== undefined) headers['DPoP-Nonce'] = failure.nonce;
  if (failure.category === 'busy' || failure.category === 'too-many')
    headers['Retry-After'] = String(failure instanceof Throttled ? failure.retryAfter : 2);
  if (failure.category === 'not-allowed' && failure.allowed.length > 0) headers['Allow'] = failure.allowed.join(', ');
  // https://www.rfc-editor.org/rfc/rfc5789#section-2.2
  if (failure.category === 'unsupported-media' && method === 'PATCH') headers['Accept-Patch'] = patchFormats.join(', ');
  const response = { status: statusOf(failure), headers, body: stringifyJson(operationOutcome(failure)) };
  void send(res, response, method, { wanted, services, coding: undefined, standing });
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
