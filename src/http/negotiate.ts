// https://hl7.org/fhir/R4/http.html#mime-type, https://hl7.org/fhir/R4/http.html#general
import type { Request } from 'express';
import { Failure } from '../kernel/failure.js';

export type Format = 'json' | 'xml' | 'html';

/** How an answer is to be written. */
export interface Wanted {
  readonly format: Format;
  readonly pretty: boolean;
  /** Media types that the caller would take a Binary's own content as; none where FHIR is asked for. */
  readonly native: readonly string[];
}

export const asJson: Wanted = { format: 'json', pretty: false, native: [] };

const names: readonly (readonly [RegExp, Format])[] = [
  // Whoever asks for lines (bulk data) reads JSON.
  [/^(json|(application\/(fhir\+json|json\+fhir|json|(fhir\+)?ndjson))|text\/json)$/, 'json'],
  [/^(xml|(application\/(fhir\+xml|xml\+fhir|xml))|text\/xml)$/, 'xml'],
  [/^(html|text\/html|application\/xhtml\+xml)$/, 'html'],
];

/** The format that a media type, or a short name of `_format`, stands for. */
export function formatOf(type: string): Format | undefined {
  const [name = '', ...parameters] = type.split(';').map((part) => part.trim().toLowerCase());
  const version = parameters.find((part) => part.startsWith('fhirversion='))?.slice(12);
  if (version !== undefined && !/^"?4\.0(\.\d+)?"?$/.test(version)) return undefined;
  return names.find(([pattern]) => pattern.test(name))?.[1];
}

const takesAny = (type: string): boolean => /^(\*(\/\*)?|application\/\*)$/.test(type.split(';')[0]!.trim());

/**
 * The format of the answer: `_format` first, then Accept by its weights. Where the caller takes anything it is the format of
 * what was sent, else JSON.
 *
 * @param isBinary a Binary is read: any media type may ask for its content
 * @throws Failure('not-acceptable')
 */
export function wantedFormat(
  req: Pick<Request, 'url' | 'headers'>,
  { isBinary = false, form = [] }: { isBinary?: boolean; form?: readonly (readonly [string, string])[] } = {},
): Wanted {
  const pretty = parameter(req.url, '_pretty', form) === 'true';
  const asked = parameter(req.url, '_format', form);
  if (asked !== undefined) {
    const format = formatOf(asked.replaceAll(' ', '+'));
    if (format === undefined) throw notAcceptable();
    return { format, pretty, native: [] };
  }
  const usual = formatOf(req.headers['content-type'] ?? '') === 'xml' ? 'xml' : 'json';
  const ranges = weighted(req.headers.accept ?? '*/*');
  const native = isBinary && !ranges.some((type) => /^application\/fhir\+/i.test(type)) ? ranges : [];
  for (const type of ranges) {
    const format = takesAny(type) ? usual : formatOf(type);
    if (format !== undefined) return { format, pretty, native };
  }
  if (native.length > 0) return { format: usual, pretty, native };
  throw notAcceptable();
}

const notAcceptable = (): Failure =>
  new Failure(
    'not-acceptable',
    'This server answers in FHIR R4 as JSON or XML: use Accept: application/fhir+json or application/fhir+xml, or _format=json or _format=xml.',
  );

/** The media ranges of an Accept header that are taken at all, the best first. https://www.rfc-editor.org/rfc/rfc9110#name-accept */
function weighted(accept: string): readonly string[] {
  return accept
    .split(',')
    .map((part) => {
      const weight = /;\s*q\s*=\s*([\d.]+)/i.exec(part)?.[1];
      return { type: part.replace(/;\s*q\s*=.*$/i, '').trim(), weight: weight === undefined ? 1 : Number(weight) };
    })
    .filter(({ type, weight }) => type !== '' && weight > 0)
    .sort((a, b) => b.weight - a.weight)
    .map(({ type }) => type);
}

function parameter(
  url: string,
  name: '_format' | '_pretty',
  form: readonly (readonly [string, string])[],
): string | undefined {
  const inForm = form.find(([key]) => key === name)?.[1];
  if (inForm !== undefined) return inForm;
  const inUrl = new RegExp(`[?&]${name}=([^&]*)`).exec(url)?.[1];
  return inUrl === undefined ? undefined : safeDecode(inUrl);
}

function safeDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
