// https://hl7.org/fhir/R4/http.html#transaction
import { parseJsonObject } from '../fhir/json.js';
import type { Resource } from '../fhir/resource.js';
import { Failure } from '../kernel/failure.js';
import { parseQuery } from '../search/parse/query-pairs.js';
import { batch } from './batch.js';
import type { BundleEntry } from './bundle-entry.js';
import type { Context, FhirRequest, FhirResponse } from './request.js';
import { transaction } from './transaction.js';

/** More would hold locks for too long, and memory. */
const mostEntries = 20_000;

/** A batch or transaction Bundle at the base. */
export async function bundle(request: FhirRequest, context: Context): Promise<FhirResponse> {
  const content = (request.resource ?? parseJsonObject(request.body ?? '')) as Resource;
  if (content.resourceType !== 'Bundle')
    throw new Failure('invalid', 'POST to the base takes a Bundle of type batch or transaction.', {
      expression: 'Resource.resourceType',
    });
  const type = content['type'];
  if (type !== 'batch' && type !== 'transaction')
    throw new Failure('invalid', 'The Bundle must be of type batch or transaction.', { expression: 'Bundle.type' });
  const entries = entriesOf(content, request, context);
  return type === 'batch' ? batch(entries, request, context) : transaction(entries, request, context);
}

function entriesOf(content: Resource, outer: FhirRequest, context: Context): readonly BundleEntry[] {
  const list = content['entry'] ?? [];
  if (!Array.isArray(list))
    throw new Failure('invalid', 'Bundle.entry must be a list.', { expression: 'Bundle.entry' });
  if (list.length > mostEntries)
    throw new Failure('too-costly', `A Bundle may have at most ${mostEntries} entries; split it.`, {
      expression: 'Bundle.entry',
    });
  return list.map((entry: unknown, index) => entryOf(entry, index, outer, context));
}

function entryOf(entry: unknown, index: number, outer: FhirRequest, { services }: Context): BundleEntry {
  const place = `Bundle.entry[${index}]`;
  if (entry === null || typeof entry !== 'object')
    throw new Failure('invalid', 'An entry must be an object.', { expression: place });
  const { fullUrl, resource, request } = entry as {
    fullUrl?: unknown;
    resource?: unknown;
    request?: Record<string, unknown>;
  };
  const method = request?.['method'];
  const url = request?.['url'];
  if (typeof method !== 'string' || !/^(GET|HEAD|POST|PUT|DELETE|PATCH)$/.test(method)) {
    throw new Failure('invalid', 'The entry needs a request.method: GET, POST, PUT, PATCH or DELETE.', {
      expression: `${place}.request.method`,
      code: 'required',
    });
  }
  if (typeof url !== 'string')
    throw new Failure('invalid', 'The entry needs a request.url.', {
      expression: `${place}.request.url`,
      code: 'required',
    });
  const relative = url.startsWith(`${services.base}/`) ? url.slice(services.base.length + 1) : url.replace(/^\//, '');
  const [path, query] = splitOnce(relative, '?');
  const header = (name: string): Record<string, string> =>
    typeof request?.[name] === 'string' ? { [kebab(name)]: request[name] } : {};
  // A conditional entry may carry what must not be in a URL (decision 19), so its query counts as a form.
  const pairs = query === '' ? [] : within(place, () => parseQuery(query));
  return {
    index,
    ...(typeof fullUrl === 'string' ? { fullUrl } : {}),
    request: {
      method: method as FhirRequest['method'],
      segments: within(place, () =>
        path
          .split('/')
          .filter((part) => part !== '')
          .map(decodeURIComponent),
      ),
      query: [],
      ...(query === '' ? {} : { form: pairs }),
      headers: {
        ...header('ifMatch'),
        ...header('ifNoneMatch'),
        ...header('ifNoneExist'),
        ...header('ifModifiedSince'),
        ...(outer.headers['prefer'] === undefined ? {} : { prefer: outer.headers['prefer'] }),
      },
      ...(resource === undefined ? {} : { resource }),
    },
  };
}

function within<T>(place: string, parse: () => T): T {
  try {
    return parse();
  } catch {
    throw new Failure('invalid', 'The request.url of the entry cannot be read; write % as %25.', {
      expression: `${place}.request.url`,
    });
  }
}

const kebab = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}
