import type { Principal } from '../access/principal.js';
import type { Services } from './services.js';

/** A FHIR request free of any HTTP framework; also what an entry of a Bundle becomes. */
export interface FhirRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS';
  /** Path below the base, split at `/` and decoded: `['Patient', '1', '_history', '2']`. */
  readonly segments: readonly string[];
  /** Decoded query pairs of the URL, in their order. */
  readonly query: readonly (readonly [string, string])[];
  /** Pairs of a form body (POST _search). What is here never comes into a link in the clear (decision 19). */
  readonly form?: readonly (readonly [string, string])[];
  /** Header values by lower-case name. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** The body as text. */
  readonly body?: string;
  /** The body where it is parsed already (a Bundle entry). */
  readonly resource?: unknown;
}

/** All parameters, wherever they stood: a Bundle entry has those of its URL in `form`. */
export const parametersOf = ({ query, form }: FhirRequest): readonly (readonly [string, string])[] =>
  form === undefined ? query : [...query, ...form];

/** https://hl7.org/fhir/R4/search.html#errors – what is not understood is left out, not refused. */
export const isLenient = ({ headers }: FhirRequest): boolean =>
  /(?:^|[,;\s])handling=lenient/.test(headers['prefer'] ?? '');

export interface FhirResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON text; a page of stored texts comes in pieces (text, or UTF-8 of it), which are put together only as bytes. */
  readonly body?: string | readonly (string | Uint8Array)[];
  /** Where it is not FHIR: the body goes out as it is, under this media type. */
  readonly contentType?: string;
  /** Instead of a body: pieces that are sent as they come. */
  readonly stream?: AsyncIterable<string>;
}

/** The body as one text. */
export function bodyText(body: NonNullable<FhirResponse['body']>): string {
  if (typeof body === 'string') return body;
  return body.map((piece) => (typeof piece === 'string' ? piece : Buffer.from(piece).toString())).join('');
}

/** Who asks, under which request id, and what the house offers. */
export interface Context {
  readonly principal: Principal;
  /** Request id: in the log, the audit and the `X-Request-Id` header. */
  readonly request: string;
  readonly services: Services;
  /** The request is part of a transaction, after all that the transaction changes: it may change nothing more. */
  readonly inTransaction?: true;
  /** Any request by the same caller: entries of a batch go the way of every other request. */
  readonly dispatch: Handler;
}

export type Handler = (request: FhirRequest, context: Context) => Promise<FhirResponse>;
