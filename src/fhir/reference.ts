import type { Resource } from './resource.js';

/** What a literal reference means. https://hl7.org/fhir/R4/references.html#literal */
export type ParsedReference =
  /** A resource of this server: `Patient/1`, `Patient/1/_history/2`, or the same under the server's base. */
  | { readonly kind: 'local'; readonly type: string; readonly id: string; readonly version?: string }
  /** `Patient?identifier=…` inside a transaction. */
  | { readonly kind: 'conditional'; readonly type: string; readonly query: string }
  /** Elsewhere. `type` and `id` where the URL has the form of a RESTful read. */
  | {
      readonly kind: 'absolute';
      readonly url: string;
      readonly type?: string;
      readonly id?: string;
      readonly version?: string;
    }
  /** `urn:uuid:…`, `urn:oid:…`. */
  | { readonly kind: 'urn'; readonly urn: string }
  /** `#id` of a contained resource; `#` alone is the container. */
  | { readonly kind: 'contained'; readonly id: string }
  | { readonly kind: 'invalid' };

const invalid: ParsedReference = { kind: 'invalid' };
const restful = /^([A-Z][A-Za-z]{1,63})\/([A-Za-z0-9\-.]{1,64})(?:\/_history\/([A-Za-z0-9\-.]{1,64}))?(?:#.*)?$/;
const restfulTail = /\/([A-Z][A-Za-z]{1,63})\/([A-Za-z0-9\-.]{1,64})(?:\/_history\/([A-Za-z0-9\-.]{1,64}))?(?:#.*)?$/;

/**
 * @param text `Reference.reference`
 * @param base the server's own base URL, with or without `/` at its end: absolute references below it are local
 */
export function parseReference(text: string, base?: string): ParsedReference {
  const relative = base === undefined ? text : relativeTo(text, base);
  const match = restful.exec(relative);
  if (match !== null)
    return { kind: 'local', type: match[1]!, id: match[2]!, ...(match[3] !== undefined && { version: match[3] }) };
  if (text.startsWith('#'))
    return /^#[A-Za-z0-9\-.]{0,64}$/.test(text) ? { kind: 'contained', id: text.slice(1) } : invalid;
  if (/^urn:(uuid|oid):\S+$/.test(text)) return { kind: 'urn', urn: text };
  const conditional = /^([A-Z][A-Za-z]{1,63})\?(\S+)$/.exec(relative);
  if (conditional !== null) return { kind: 'conditional', type: conditional[1]!, query: conditional[2]! };
  if (!/^[a-z][a-z0-9+.-]*:\S+$/i.test(text)) return invalid;
  const tail = /^https?:/i.test(text) ? restfulTail.exec(text) : null;
  if (tail === null) return { kind: 'absolute', url: text };
  return {
    kind: 'absolute',
    url: text,
    type: tail[1]!,
    id: tail[2]!,
    ...(tail[3] !== undefined && { version: tail[3] }),
  };
}

function relativeTo(text: string, base: string): string {
  const folder = base.endsWith('/') ? base : `${base}/`;
  return text.startsWith(folder) ? text.slice(folder.length) : text;
}

/** `url|version#fragment` → its parts. https://hl7.org/fhir/R4/references.html#canonical */
export function parseCanonical(canonical: string): {
  readonly url: string;
  readonly version?: string;
  readonly fragment?: string;
} {
  const [beforeFragment = '', fragment] = split(canonical, '#');
  const [url = '', version] = split(beforeFragment, '|');
  return { url, ...(version !== undefined && { version }), ...(fragment !== undefined && { fragment }) };
}

function split(text: string, separator: string): string[] {
  const at = text.indexOf(separator);
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

/** https://hl7.org/fhir/R4/references.html#Reference */
export interface ReferenceElement {
  reference?: string;
  type?: string;
  identifier?: { system?: string; value?: string; [element: string]: unknown };
  display?: string;
  [element: string]: unknown;
}

/** Called per Reference; `where()` gives its FHIRPath, such as `Observation.performer[0]`. */
export type ReferenceVisitor = (reference: ReferenceElement, where: () => string) => void;

const elementsOfReference = new Set([
  'reference',
  'type',
  'identifier',
  'display',
  'id',
  'extension',
  '_reference',
  '_type',
  '_display',
]);

/** Elements that have the form of a Reference but are none: `Immunization.education.reference` is a uri. */
const otherElements = new Set(['education']);

/**
 * Visits every Reference of a resource, those of contained resources and nested resources too. A Reference is known by its
 * form: an object with a literal or logical reference and nothing but a Reference's elements. The visitor may change it.
 */
export function visitReferences(resource: Resource, visit: ReferenceVisitor): void {
  const path: (string | number)[] = [resource.resourceType];
  const where = (): string =>
    path.map((step, index) => (typeof step === 'number' ? `[${step}]` : index === 0 ? step : `.${step}`)).join('');
  const walk = (value: object, name: string): void => {
    if (Array.isArray(value)) {
      for (let index = 0; index < value.length; index += 1) descend(value[index], index, name);
      return;
    }
    if (isReference(value) && !otherElements.has(name)) visit(value as ReferenceElement, where);
    for (const key in value) descend((value as Record<string, unknown>)[key], key, key);
  };
  const descend = (value: unknown, step: string | number, name: string): void => {
    if (typeof value !== 'object' || value === null) return;
    path.push(step);
    walk(value, name);
    path.pop();
  };
  walk(resource, '');
}

function isReference(value: object): boolean {
  const { reference, identifier } = value as { reference?: unknown; identifier?: unknown };
  if (
    typeof reference !== 'string' &&
    (typeof identifier !== 'object' || identifier === null || Array.isArray(identifier))
  )
    return false;
  for (const key in value) if (!elementsOfReference.has(key)) return false;
  return true;
}
