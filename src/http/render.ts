import type { Definitions } from '../fhir/definitions.js';
import { parseJson, stringifyJson } from '../fhir/json.js';
import type { Resource } from '../fhir/resource.js';
import { writeFhirXml } from '../fhir/xml/write-resource.js';
import { bodyText, type FhirResponse } from '../interactions/request.js';
import { bytesOf } from './bytes-of.js';
import { htmlPage } from './html-page.js';
import type { Wanted } from './negotiate.js';

export interface Rendered {
  readonly contentType: string;
  readonly content: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The JSON of an answer in the format that was asked for; JSON itself goes out as it is stored. */
export function rendered(body: NonNullable<FhirResponse['body']>, wanted: Wanted, definitions: Definitions): Rendered {
  const { format, pretty } = wanted;
  if (format === 'json' && !pretty && wanted.native.length === 0)
    return { contentType: types.json, content: typeof body === 'string' ? body : bytesOf(body) };
  const resource = parseJson(bodyText(body)) as Resource;
  const own = wanted.native.length === 0 ? undefined : nativeContent(resource, wanted.native);
  if (own !== undefined) return own;
  if (format === 'xml')
    return { contentType: types.xml, content: writeFhirXml(resource, definitions, pretty ? 2 : undefined) };
  const text = stringifyJson(resource, pretty || format === 'html' ? 2 : undefined);
  if (format === 'json') return { contentType: types.json, content: text };
  return { contentType: types.html, content: htmlPage(resource, text), headers: noScripts };
}

const types = {
  json: 'application/fhir+json; charset=utf-8',
  xml: 'application/fhir+xml; charset=utf-8',
  html: 'text/html; charset=utf-8',
} as const;

const noScripts = { 'Content-Security-Policy': "default-src 'none'; style-src 'unsafe-inline'; sandbox" };

/**
 * The content of a Binary, for whoever does not ask for FHIR; undefined where it is to be shown as a resource: it has no content,
 * or a general type of JSON or XML is asked for that it is not of itself. What a browser would run is not run.
 * https://hl7.org/fhir/R4/binary.html#rest
 */
export function nativeContent(resource: Resource, accepted: readonly string[]): Rendered | undefined {
  const { resourceType, contentType, data } = resource;
  if (resourceType !== 'Binary' || typeof contentType !== 'string' || typeof data !== 'string') return undefined;
  if (!/^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(\s*;[\x20-\x7e]*)?$/.test(contentType)) return undefined;
  const base = contentType.split(';')[0]!.trim().toLowerCase();
  const general = accepted.every((type) => /^(application|text)\/(json|xml)$/i.test(type.split(';')[0]!.trim()));
  if (general && !accepted.some((type) => type.split(';')[0]!.trim().toLowerCase() === base)) return undefined;
  return {
    contentType,
    content: Buffer.from(data, 'base64'),
    headers: { 'Content-Security-Policy': "default-src 'none'; sandbox", 'Content-Disposition': 'attachment' },
  };
}
