import type { IncomingMessage } from 'node:http';
import type { Definitions } from '../fhir/definitions.js';
import type { Resource } from '../fhir/resource.js';
import { readFhirXml } from '../fhir/xml/read-resource.js';
import { Failure } from '../kernel/failure.js';
import { formatOf } from './negotiate.js';

type ContentRequest = Pick<IncomingMessage, 'headers' | 'method'> & { readonly url: string; readonly body?: unknown };

/** What a request carries: JSON or a patch as text, or a resource that was read already. */
export interface RequestContent {
  readonly body?: string;
  readonly resource?: Resource;
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false });
const patchTypes = /^application\/(json-patch\+json|json|xml-patch\+xml|xml)\s*(;|$)/i;
/** https://github.com/ndjson/ndjson-spec */
const lines = /^application\/(fhir\+|x-)?ndjson\b/i;
/** https://hl7.org/fhir/R4/graphql.html */
const query = /^application\/graphql\s*(;|$)/i;
const general = /^(application|text)\/(json|xml)\s*(;|$)/i;

/**
 * The content of a request that is no form. FHIR is always UTF-8.
 *
 * @param isBinary it is written to a Binary, so bytes of any other type are that Binary's content
 * @throws Failure unsupported-media (another content type), invalid (not UTF-8, or no FHIR XML)
 */
export function requestContent(
  req: ContentRequest,
  { isBinary, definitions }: { readonly isBinary: boolean; readonly definitions: Definitions },
): RequestContent {
  const body: unknown = req.body;
  if (!Buffer.isBuffer(body) || body.length === 0) return {};
  const type = req.headers['content-type'];
  if (lines.test(type ?? '')) {
    if (/^\/\$import(\?|$)/.test(req.url)) return { body: textOf(body, type) };
    throw new Failure('unsupported-media', 'Newline-delimited JSON is taken by $import only.');
  }
  if (query.test(type ?? '') && /\/\$graphql(\?|$)/.test(req.url)) return { body: textOf(body, type) };
  if (isBinary && type !== undefined && isNative(type, body)) return { resource: binaryOf(type, body, req) };
  const isPatch = req.method === 'PATCH' && patchTypes.test(type ?? '');
  const format = formatOf(type ?? '');
  if (!isPatch && (format === undefined || format === 'html' || !type!.includes('/'))) {
    const wanted =
      req.method === 'PATCH'
        ? 'A patch must be application/json-patch+json, application/xml-patch+xml, or a Parameters resource as application/fhir+json or application/fhir+xml'
        : 'The body must be application/fhir+json or application/fhir+xml of FHIR R4';
    throw new Failure(
      'unsupported-media',
      `${wanted}${type === undefined ? '; it has no Content-Type' : `, not ${type.slice(0, 80)}`}.`,
    );
  }
  const text = textOf(body, type);
  return !isPatch && format === 'xml' ? { resource: readFhirXml(text, definitions) } : { body: text };
}

/** The body as text. @throws Failure unsupported-media (another character set), invalid (not UTF-8) */
export function textOf(body: Buffer, type: string | undefined): string {
  const charset = /charset\s*=\s*"?([^\s;"]+)/i.exec(type ?? '')?.[1];
  if (charset !== undefined && !/^utf-?8$/i.test(charset))
    throw new Failure('unsupported-media', `The body must be in UTF-8, not ${charset.slice(0, 40)}.`);
  try {
    return decoder.decode(body);
  } catch {
    throw new Failure('invalid', 'The body is not valid UTF-8.', { code: 'structure' });
  }
}

/** FHIR's own media types mean the resource; a general one means it where that is what the body holds. */
function isNative(type: string, body: Buffer): boolean {
  if (!general.test(type)) return formatOf(type) === undefined || formatOf(type) === 'html';
  const head = body.subarray(0, 2000).toString('utf8');
  return !/"resourceType"\s*:\s*"Binary"/.test(head) && !/<Binary\b[^>]*http:\/\/hl7\.org\/fhir/.test(head);
}

/** https://hl7.org/fhir/R4/binary.html#rest */
function binaryOf(type: string, body: Buffer, req: ContentRequest): Resource {
  const context = req.headers['x-security-context'];
  const id = req.method === 'PUT' ? /^\/Binary\/([^/?]+)/.exec(req.url)?.[1] : undefined;
  return {
    resourceType: 'Binary',
    ...(id === undefined ? {} : { id }),
    contentType: type,
    ...(typeof context === 'string' ? { securityContext: { reference: context } } : {}),
    data: body.toString('base64'),
  };
}
