// https://hl7.org/fhir/R4/composition-operation-document.html
import { absent } from '../../access/decide.js';
import { parseJsonObject, stringifyJson } from '../../fhir/json.js';
import { visitReferences } from '../../fhir/reference.js';
import { keyOf, type Resource, type ResourceKey } from '../../fhir/resource.js';
import { Failure } from '../../kernel/failure.js';
import { instant } from '../../kernel/clock.js';
import { accessEntry } from '../audit-access.js';
import { type Operation, OperationParameters } from '../operation.js';
import type { Context, FhirRequest, FhirResponse } from '../request.js';
import { writtenResponse } from '../respond.js';

/** More would not be a document that anybody reads. */
const mostResources = 2000;

/**
 * A Composition with all that it refers to, directly or by what it refers to, as a document. What the caller may not see is left
 * out, as if it were not there. With `persist` the document is stored.
 */
export const document: Operation = {
  name: 'document',
  definition: 'http://hl7.org/fhir/OperationDefinition/Composition-document',
  type: 'Composition',
  level: 'instance',
  affectsState: false,
  amountsTo: 'read',
  handle,
};

async function handle(request: FhirRequest, context: Context): Promise<FhirResponse> {
  const { services, principal } = context;
  const parameters = new OperationParameters(request);
  if (parameters.one('graph') !== undefined)
    throw new Failure(
      'invalid',
      'A GraphDefinition is not followed here; the document has all that the Composition leads to.',
      {
        expression: `Parameters.parameter.where(name='graph')`,
        code: 'not-supported',
      },
    );
  const persist = parameters.flag('persist') ?? false;
  if (persist && request.method !== 'POST')
    throw new Failure('not-allowed', 'A document is stored by POST only.', { allowed: ['POST'] });
  const composition = await readOne({ type: 'Composition', id: request.segments[1]! }, context);
  if (composition === undefined) throw absent('Composition');
  const resources = await gathered(composition, context);
  const now = services.clock.now();
  const bundle: Resource = {
    resourceType: 'Bundle',
    type: 'document',
    identifier: { system: 'urn:ietf:rfc:3986', value: `urn:uuid:${services.ids.next()}` },
    timestamp: instant(now),
    entry: resources.map((resource) => ({
      fullUrl: `${services.base}/${resource.resourceType}/${resource.id}`,
      resource,
    })),
  };
  if (!persist) return { status: 200, headers: {}, body: stringifyJson({ ...bundle, id: services.ids.next() }) };
  const change = { op: 'create', resource: bundle } as const;
  const [written] = await services.commit({ action: '$document', change }, principal, context.request);
  return writtenResponse(request, written!, services.base);
}

/** The Composition first, then what is referred to, in the order in which it is met. */
async function gathered(composition: Resource, context: Context): Promise<readonly Resource[]> {
  const known = new Map<string, Resource>([[keyOf({ type: 'Composition', id: composition.id! }), composition]]);
  // What the Composition names; and of that, who it is about and by: not everything that hangs together.
  const direct = keysIn(composition, context);
  const queue = [...direct];
  for (const key of queue) {
    if (known.has(keyOf(key))) continue;
    if (known.size >= mostResources)
      throw new Failure('too-costly', `The Composition leads to more than ${mostResources} resources.`);
    const resource = await readOne(key, context);
    if (resource === undefined) continue;
    known.set(keyOf(key), resource);
    if (
      resource.resourceType === 'List' ||
      resource.resourceType === 'Composition' ||
      resource.resourceType === 'DiagnosticReport'
    )
      queue.push(...keysIn(resource, context));
  }
  return [...known.values()];
}

function keysIn(resource: Resource, { services }: Context): readonly ResourceKey[] {
  const keys: ResourceKey[] = [];
  visitReferences(resource, ({ reference }) => {
    const local =
      reference?.startsWith(`${services.base}/`) === true ? reference.slice(services.base.length + 1) : reference;
    const match = /^([A-Z][A-Za-z]+)\/([A-Za-z0-9.-]{1,64})(?:\/_history\/[^/]+)?$/.exec(local ?? '');
    if (match !== null && services.registry.types.has(match[1]!)) keys.push({ type: match[1]!, id: match[2]! });
  });
  return keys;
}

async function readOne(key: ResourceKey, context: Context): Promise<Resource | undefined> {
  const entry = accessEntry(context, { action: '$document', type: key.type, ids: [keyOf(key)] });
  const row = await context.services.read(key, context.principal, entry);
  return row === undefined || row.text === null ? undefined : (parseJsonObject(row.text) as Resource);
}
