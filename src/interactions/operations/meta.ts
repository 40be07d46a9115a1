// https://hl7.org/fhir/R4/resource-operation-meta.html, -meta-add, -meta-delete
import { absent, decide, rowScope } from '../../access/decide.js';
import { parseJson } from '../../fhir/json.js';
import type { Coding, Meta, Resource } from '../../fhir/resource.js';
import { Failure } from '../../kernel/failure.js';
import { labelsInUse } from '../../storage/search/labels-in-use.js';
import { accessEntry } from '../audit-access.js';
import { type Operation, OperationParameters } from '../operation.js';
import type { Context, FhirRequest, FhirResponse } from '../request.js';
import { etag, parametersResponse } from '../respond.js';
import { visible } from './run-operation.js';

const common = { type: '*', level: 'instance' } as const;
const definitions = 'http://hl7.org/fhir/OperationDefinition/Resource-';

/** Profiles, tags and security labels of a resource. */
export const meta: Operation = {
  ...common,
  name: 'meta',
  definition: `${definitions}meta`,
  affectsState: false,
  amountsTo: 'read',
  async handle(request, context) {
    const [type, id] = request.segments as [string, string];
    const entry = accessEntry(context, { action: '$meta', type, ids: [`${type}/${id}`] });
    const row = await context.services.read({ type, id }, context.principal, entry);
    if (row === undefined || row.text === null) throw absent(type);
    return answer((parseJson(row.text) as Resource).meta, row.version);
  },
};

/** Those that are in use among the resources of a type that the caller may see. */
export const metaOfType: Operation = {
  ...meta,
  level: 'type',
  amountsTo: 'search',
  handle: (request, context) => inUse([request.segments[0]!], context),
};

/** Those that are in use anywhere. */
export const metaOfAll: Operation = {
  name: meta.name,
  definition: meta.definition,
  type: '*',
  level: 'system',
  affectsState: false,
  handle: (_request, context) => {
    const types = [...context.services.registry.types].filter(
      (type) => decide(context.principal, 'search', type).allowed,
    );
    if (types.length === 0) throw new Failure('forbidden', 'The access token has no scope that permits a search.');
    return inUse(types, context);
  },
};

async function inUse(types: readonly string[], context: Context): Promise<FhirResponse> {
  const { services, principal } = context;
  await services.audit(accessEntry(context, { action: '$meta', ...(types.length === 1 ? { type: types[0]! } : {}) }));
  const scope = rowScope(principal, services.clock.now(), 'search');
  const found = Object.entries(await labelsInUse(services.pool, types, scope, services));
  const used = found.filter(([, list]) => (list as readonly unknown[]).length > 0);
  return parametersResponse(used.length === 0 ? [] : [{ name: 'return', valueMeta: Object.fromEntries(used) }]);
}

/** What the stored resource has not got yet is added. */
export const metaAdd: Operation = {
  ...common,
  name: 'meta-add',
  definition: `${definitions}meta-add`,
  affectsState: true,
  amountsTo: 'update',
  handle: (request, context) =>
    change(request, context, (stored, given) => ({
      profile: [...new Set([...stored.profile, ...given.profile])],
      tag: [...stored.tag, ...given.tag.filter((coding) => !has(stored.tag, coding))],
      security: [...stored.security, ...given.security.filter((coding) => !has(stored.security, coding))],
    })),
};

/** What is not there is no error. */
export const metaDelete: Operation = {
  ...common,
  name: 'meta-delete',
  definition: `${definitions}meta-delete`,
  affectsState: true,
  amountsTo: 'update',
  handle: (request, context) =>
    change(request, context, (stored, given) => ({
      profile: stored.profile.filter((url) => !given.profile.includes(url)),
      tag: stored.tag.filter((coding) => !has(given.tag, coding)),
      security: stored.security.filter((coding) => !has(given.security, coding)),
    })),
};

interface Labels {
  readonly profile: readonly string[];
  readonly tag: readonly Coding[];
  readonly security: readonly Coding[];
}

const labels = (of: Meta | undefined): Labels => ({
  profile: of?.profile ?? [],
  tag: of?.tag ?? [],
  security: of?.security ?? [],
});

/** A label is its system and code; version and display do not tell labels apart. */
const has = (list: readonly Coding[], { system, code }: Coding): boolean =>
  list.some((one) => one.system === system && one.code === code);

/** A new version where the labels change, so that it is seen who changed them and when. */
async function change(
  request: FhirRequest,
  { services, principal, request: requestId }: Context,
  changed: (stored: Labels, given: Labels) => Labels,
): Promise<FhirResponse> {
  const [type, id, name] = request.segments as [string, string, string];
  const given = new OperationParameters(request).one('meta');
  if (typeof given !== 'object' || given === null) {
    const expression = "Parameters.parameter.where(name='meta')";
    throw new Failure('invalid', 'The parameter meta is needed: a Meta.', { expression, code: 'required' });
  }
  let before: Resource | undefined;
  const [written] = await services.commit(
    {
      action: name,
      rows: [{ type, id }],
      async decide(view) {
        before = await visible(view, { type, id });
        const next = changed(labels(before.meta), labels(given as Meta));
        if (JSON.stringify(next) === JSON.stringify(labels(before.meta))) return [];
        const kept = Object.entries(next).filter(([, list]) => (list as readonly unknown[]).length > 0);
        const { profile: _profile, tag: _tag, security: _security, ...rest } = before.meta ?? {};
        return [{ op: 'update', resource: { ...before, meta: { ...rest, ...Object.fromEntries(kept) } } }];
      },
    },
    principal,
    requestId,
  );
  const after = written?.text === undefined ? before : (parseJson(written.text) as Resource);
  return answer(after?.meta, Number(after?.meta?.versionId));
}

function answer(found: Meta | undefined, version: number): FhirResponse {
  return parametersResponse([{ name: 'return', valueMeta: found ?? {} }], { ETag: etag(version) });
}
