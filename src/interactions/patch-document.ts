// https://hl7.org/fhir/R4/http.html#patch
import { applyJsonPatch, readJsonPatch } from '../fhir/json-patch.js';
import { parseJson, parseJsonObject, stringifyJson } from '../fhir/json.js';
import type { Resource } from '../fhir/resource.js';
import { Failure } from '../kernel/failure.js';
import { redactSubscription } from '../subscriptions/redact-subscription.js';
import type { FhirRequest } from './request.js';

/** What a patch makes of a resource. @throws Failure `unprocessable` where it does not fit */
export type PatchDocument = (resource: Resource) => Resource;

/**
 * The patch in a request's body; in a Bundle entry it is a Binary that holds a JSON Patch.
 * https://hl7.org/fhir/R4/http.html#patch – "PATCH operations … in a batch or transaction"
 *
 * @throws Failure `invalid`, `unsupported-media`
 */
export function patchDocument(request: FhirRequest): PatchDocument {
  const operations = readJsonPatch(
    request.resource === undefined ? parseJson(request.body ?? '') : inBinary(request.resource as Resource),
  );
  return (resource) => patched(resource, (content) => applyJsonPatch(content, operations));
}

function inBinary(binary: Resource): unknown {
  const { resourceType, contentType, data } = binary;
  if (
    resourceType !== 'Binary' ||
    typeof data !== 'string' ||
    typeof contentType !== 'string' ||
    !/^application\/(json-patch\+)?json\s*(;|$)/i.test(contentType)
  ) {
    throw new Failure(
      'unsupported-media',
      'A patch in a Bundle is a Binary with contentType application/json-patch+json and the JSON Patch as its data.',
      { expression: 'Binary' },
    );
  }
  return parseJson(Buffer.from(data, 'base64').toString('utf8'));
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
