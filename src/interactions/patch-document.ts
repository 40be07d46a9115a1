// https://hl7.org/fhir/R4/http.html#patch
import { applyJsonPatch, readJsonPatch } from '../fhir/json-patch.js';
import { applyFhirPathPatch, readFhirPathPatch } from '../fhir/fhirpath-patch.js';
import { parseJson, parseJsonObject, stringifyJson } from '../fhir/json.js';
import type { Resource } from '../fhir/resource.js';
import { applyXmlPatch, readXmlPatch } from '../fhir/xml/xml-patch.js';
import { Failure } from '../kernel/failure.js';
import { redactSubscription } from '../subscriptions/redact-subscription.js';
import { demandValid } from './commit/validity.js';
import type { Context, FhirRequest } from './request.js';

/** Media types of the patches that are taken. */
export const patchFormats: readonly string[] = [
  'application/json-patch+json',
  'application/fhir+json',
  'application/fhir+xml',
  'application/xml-patch+xml',
];

/** What a patch makes of a resource. @throws Failure `unprocessable` where it does not fit */
export type PatchDocument = (resource: Resource) => Resource;

/**
 * The patch in a request's body: a JSON Patch, an XML Patch, or a FHIRPath Patch, which is a Parameters resource. In a Bundle
 * entry the first two are the data of a Binary. https://hl7.org/fhir/R4/http.html#patch
 *
 * @throws Failure `invalid`, `unsupported-media`
 */
export function patchDocument(request: FhirRequest, { services }: Pick<Context, 'services'>): PatchDocument {
  const { definitions } = services;
  const type = request.headers['content-type'] ?? '';
  const resource = (request.resource ?? (/fhir\+json/i.test(type) ? parseJsonObject(request.body ?? '') : undefined)) as
    | Resource
    | undefined;
  if (resource?.resourceType === 'Parameters') {
    demandValid(resource, services.validator);
    const operations = readFhirPathPatch(resource);
    return (target) => patched(target, (content) => applyFhirPathPatch(content, operations, definitions));
  }
  const [kind, text] = resource === undefined ? [type, request.body ?? ''] : inBinary(resource);
  if (/^application\/(xml-patch\+)?xml\s*(;|$)/i.test(kind)) {
    const operations = readXmlPatch(text);
    return (target) => patched(target, (content) => applyXmlPatch(content, operations, definitions));
  }
  const operations = readJsonPatch(parseJson(text));
  return (target) => patched(target, (content) => applyJsonPatch(content, operations));
}

/** Media type and text of the patch in a Binary. */
function inBinary({ resourceType, contentType, data }: Resource): [string, string] {
  if (
    resourceType === 'Binary' &&
    typeof data === 'string' &&
    typeof contentType === 'string' &&
    /^application\/((json|xml)-patch\+)?(json|xml)\s*(;|$)/i.test(contentType)
  )
    return [contentType, textOf(Buffer.from(data, 'base64'))];
  throw new Failure(
    'unsupported-media',
    'A patch is a JSON Patch (application/json-patch+json), an XML Patch (application/xml-patch+xml) or a Parameters resource; in a Bundle the first two are the data of a Binary of that contentType.',
    { expression: resourceType === 'Binary' ? 'Binary' : 'Parameters' },
  );
}

const decoder = new TextDecoder('utf-8', { fatal: true });

function textOf(data: Buffer): string {
  try {
    return decoder.decode(data);
  } catch {
    throw new Failure('invalid', 'The patch is not valid UTF-8.', { expression: 'Binary.data', code: 'structure' });
  }
}

function patched(resource: Resource, apply: (content: Resource) => unknown): Resource {
  // A Subscription's secrets are not shown, not even to a test: https://hl7.org/fhir/R4/subscription.html#safety
  const content =
    resource.resourceType === 'Subscription'
      ? { ...redactSubscription(resource), meta: resource.meta ?? {} }
      : resource;
  const { resourceType, id } = resource;
  const result = asObject(withoutEmpty(apply(content)));
  if (result.resourceType !== resourceType || result.id !== id)
    throw new Failure('unprocessable', 'A patch may change neither resourceType nor id.', {
      expression: `${resourceType}.id`,
    });
  return result;
}

/** Read again as text: what cannot be stored (too deep, for one) is refused here. */
function asObject(value: unknown): Resource {
  try {
    return parseJsonObject(stringifyJson(value)) as Resource;
  } catch (error) {
    throw error instanceof Failure ? new Failure('unprocessable', error.issues) : error;
  }
}

/** FHIR knows no empty lists and objects: where the last item was removed, the element goes. https://hl7.org/fhir/R4/json.html */
function withoutEmpty(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutEmpty);
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  const kept: Record<string, unknown> = {};
  for (const [name, one] of Object.entries(value)) {
    const content = withoutEmpty(one);
    if (typeof content === 'object' && content !== null && isEmpty(content)) continue;
    kept[name] = content;
  }
  return kept;
}

const isEmpty = (value: object): boolean =>
  (Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype) && Object.keys(value).length === 0;
