// https://hl7.org/fhir/R4/http.html#trules
import type { Change } from '../fhir/change.js';
import { patientLinks } from '../fhir/patient-links.js';
import { visitReferences } from '../fhir/reference.js';
import { keyOf, type Resource, type ResourceKey } from '../fhir/resource.js';
import { rewriteReferences } from '../fhir/rewrite-references.js';
import { decide } from '../access/decide.js';
import { stringifyJson } from '../fhir/json.js';
import { Failure } from '../kernel/failure.js';
import type { Queryable } from '../storage/pool.js';
import { resourceOf } from './body.js';
import { refuseAddress } from './address.js';
import type { BundleEntry } from './bundle-entry.js';
import { ifNoneExist } from './if-none-exist.js';
import { conditionalDeletion, conditionalPut, patchStep, refuseSameCriteria, settled } from './late-steps.js';
import { keysOf, type Step } from './step.js';
import { servicesInside } from './services-inside.js';
import { responseEntry } from './response-entry.js';
import { type BundleEntryText, bundleText } from './bundle-text.js';
import type { PatientName, View, Work, Written } from './commit-types.js';
import { demandValid, staysValid } from './commit/validity.js';
import type { Context, FhirRequest, FhirResponse } from './request.js';
import { precondition, preconditions, writtenResponse } from './respond.js';

const order: Readonly<Record<string, number>> = { DELETE: 0, POST: 1, PUT: 2, PATCH: 2 };

/** What a transaction is part of: a message, which is stored with what it brings. */
export interface PartOf extends Pick<Work, 'action' | 'detail' | 'message'> {
  /** Runs last inside the transaction, with where each entry's resource lies now, by the entry's place. */
  conclude(db: Queryable, stored: readonly ResourceKey[]): Promise<void>;
}

/** All entries or none, in the order DELETE, POST, PUT and PATCH, GET; references between entries are rewritten. */
export async function transaction(
  entries: readonly BundleEntry[],
  outer: FhirRequest,
  context: Context,
  partOf?: PartOf,
): Promise<FhirResponse> {
  const { services, principal, request: requestId } = context;
  const reads = entries.filter(({ request }) => isRead(request));
  const steps = entries
    .filter((entry) => !reads.includes(entry))
    .map((entry) => at(entry, () => step(entry, context)))
    .sort((a, b) => order[a.entry.request.method]! - order[b.entry.request.method]!);
  refuseRepeated(steps.filter(({ late }) => late === undefined));
  refuseSameCriteria(steps);
  for (const one of steps) at(one.entry, () => checkValid(one, context));

  const responses: BundleEntryText[] = new Array(entries.length);
  const readAll = async (db: Queryable): Promise<void> => {
    const inside = { ...context, services: servicesInside(services, db), inTransaction: true } as const;
    for (const entry of reads)
      responses[entry.index] = responseEntry(
        await context
          .dispatch(entry.request, inside)
          .catch((error: unknown) => Promise.reject(inEntry(error, entry.index))),
      );
  };
  if (steps.length === 0) await readAll(services.pool);
  let answers: (Written | undefined)[] = [];
  let place: number[] = [];
  const stored: ResourceKey[] = [];
  let sameAs = new Map<number, number>();
  const written =
    steps.length === 0
      ? []
      : await services
          .commit(
            {
              action: 'transaction',
              ...(partOf === undefined ? {} : messageParts(partOf)),
              patients: steps.flatMap(patientsOf),
              rows: steps.flatMap(({ change, key }) => (change.op === 'create' ? [] : [key])),
              criteria: steps.flatMap(({ key, criteria, late }) =>
                [criteria, late?.criteria].flatMap((query) => (query === undefined ? [] : [{ type: key.type, query }])),
              ),
              async decide(view) {
                const now = await settled(steps, view);
                refuseRepeated(now.steps.filter((_, index) => now.answers[index] === undefined));
                ({ answers, place, sameAs } = { answers: now.answers, place: [], sameAs: repeatedCriteria(steps) });
                const references = new Map<string, string>();
                const remaining = remainingIn(view, now.steps);
                for (const [index, one] of now.steps.entries()) {
                  if (answers[index] !== undefined) continue;
                  const first = sameAs.get(index);
                  const existing =
                    first === undefined ? await at(one.entry, () => findExisting(one, remaining)) : answers[first];
                  if (existing !== undefined) answers[index] = existing;
                  else if (first === undefined) place.push(index);
                  const target = existing?.key ?? now.steps[first ?? index]!.key;
                  if (one.entry.fullUrl !== undefined) references.set(one.entry.fullUrl, keyOf(target));
                }
                const changes: Change[] = [];
                for (const index of place)
                  changes.push(await at(steps[index]!.entry, () => resolved(now.steps[index]!, references, remaining)));
                for (const [index, { further = [] }] of now.steps.entries()) {
                  changes.push(...further);
                  place.push(...further.map(() => index));
                }
                for (const [index, { entry, key }] of now.steps.entries())
                  stored[entry.index] = answers[index]?.key ?? now.steps[sameAs.get(index) ?? index]?.key ?? key;
                return changes;
              },
              ...(reads.length === 0 && partOf === undefined
                ? {}
                : {
                    async conclude(db: Queryable) {
                      await readAll(db);
                      await partOf?.conclude(db, stored);
                    },
                  }),
            },
            principal,
            requestId,
          )
          .catch((error: unknown) => {
            throw located(error, steps, place);
          });
  written.forEach((one, index) => (answers[place[index]!] = one));
  for (const [index, first] of sameAs) answers[index] = { ...answers[first]!, outcome: 'existed' };
  steps.forEach((one, index) => (responses[one.entry.index] = entryOf(one, answers[index]!, outer, context)));
  return {
    status: 200,
    headers: {},
    body: bundleText({ id: services.ids.next(), type: 'transaction-response', entries: responses }),
  };
}

/** Operations come last too: those that change something are refused there. */
const isRead = ({ method, segments }: FhirRequest): boolean =>
  method === 'GET' || method === 'HEAD' || (method === 'POST' && segments.at(-1)?.startsWith('$') === true);

const messageParts = ({ action, detail, message }: PartOf): Pick<Work, 'action' | 'detail' | 'message'> => ({
  action,
  ...(detail === undefined ? {} : { detail }),
  ...(message === undefined ? {} : { message }),
});

function step(entry: BundleEntry, context: Context): Step {
  const { services, principal } = context;
  const { request } = entry;
  refuseAddress(request);
  const [type, id] = request.segments;
  if (type === undefined || !services.registry.types.has(type))
    throw new Failure('invalid', 'request.url must begin with a resource type of FHIR R4.', {
      expression: 'request.url',
    });
  if (request.method === 'POST' && request.segments.length === 1) {
    demand(principal, 'create', type);
    const { id: _own, ...content } = resourceOf(request, type);
    const key = { type, id: services.ids.next() };
    const criteria = ifNoneExist(request, type);
    return {
      entry,
      key,
      change: { op: 'create', resource: { ...content, id: key.id } as Resource },
      ...(criteria === undefined ? {} : { criteria }),
    };
  }
  if (request.method === 'PUT' && id !== undefined && request.segments.length === 2 && request.form === undefined) {
    demand(principal, 'update', type);
    const resource = resourceOf(request, type);
    if (resource.id !== undefined && resource.id !== id)
      throw new Failure('invalid', 'The id in the resource is another than the one in request.url.', {
        expression: `${type}.id`,
      });
    return {
      entry,
      key: { type, id },
      change: { op: 'update', resource: { ...resource, id }, ...preconditions(request) },
    };
  }
  if (request.method === 'PUT' && request.segments.length === 1 && request.form !== undefined) {
    demand(principal, 'update', type);
    return conditionalPut(entry, context);
  }
  if (request.method === 'DELETE' && request.segments.length === 1 && request.form !== undefined) {
    demand(principal, 'delete', type);
    return conditionalDeletion(entry, context);
  }
  if (
    request.method === 'PATCH' &&
    (request.segments.length === 1) === (request.form !== undefined) &&
    request.segments.length <= 2
  ) {
    demand(principal, 'patch', type);
    return patchStep(entry, context);
  }
  if (request.method === 'DELETE' && id !== undefined && request.segments.length === 2) {
    demand(principal, 'delete', type);
    const version = precondition(request);
    return {
      entry,
      key: { type, id },
      change: { op: 'delete', type, id, ...(version === undefined ? { mayBeAbsent: true } : { ifMatch: version }) },
    };
  }
  throw new Failure(
    'not-allowed',
    `${request.method} of this request.url is not possible in a transaction; POST [type], PUT, PATCH and DELETE of [type]/[id] or [type]?criteria, and GET are.`,
    { expression: 'request.url' },
  );
}

function demand(principal: Context['principal'], interaction: Parameters<typeof decide>[1], type: string): void {
  const decision = decide(principal, interaction, type);
  if (!decision.allowed) throw decision.failure;
}

function checkValid({ change, late }: Step, { services }: Context): void {
  // A patch is judged by what it makes.
  if (change.op === 'create' || (change.op === 'update' && late === undefined))
    demandValid(change.resource, services.validator, { conditionalReferences: true });
}

function refuseRepeated(steps: readonly Step[]): void {
  const seen = new Set<string>();
  const urls = new Set<string>();
  for (const one of steps) {
    const { entry } = one;
    const keys = keysOf(one).map(keyOf);
    if (keys.some((key) => seen.has(key)))
      throw new Failure('invalid', 'The same resource is changed by two entries of the transaction.', {
        expression: `Bundle.entry[${entry.index}].request.url`,
      });
    if (entry.fullUrl !== undefined && urls.has(entry.fullUrl))
      throw new Failure('invalid', 'Two entries have the same fullUrl.', {
        expression: `Bundle.entry[${entry.index}].fullUrl`,
      });
    for (const key of keys) seen.add(key);
    if (entry.fullUrl !== undefined) urls.add(entry.fullUrl);
  }
}

function patientsOf({ change }: Step): PatientName[] {
  if (change.op === 'delete') return [];
  const links = patientLinks(change.resource);
  return [...links.ids.map((id) => ({ type: 'Patient', id })), ...links.identifiers];
}

type Find = View['find'];

/** Deletions come first: what this transaction deletes is not found any more. */
function remainingIn(view: View, steps: readonly Step[]): Find {
  const deleted = new Set(steps.flatMap((one) => (one.change.op === 'delete' ? keysOf(one).map(keyOf) : [])));
  return async (type, query) => (await view.find(type, query)).filter(({ id }) => !deleted.has(`${type}/${id}`));
}

async function findExisting(one: Step, find: Find): Promise<Written | undefined> {
  if (one.criteria === undefined || one.change.op !== 'create') return undefined;
  const found = await find(one.key.type, one.criteria);
  if (found.length > 1)
    throw new Failure(
      'precondition',
      `If-None-Exist matches ${found.length} resources; make the criteria more selective.`,
      { code: 'multiple-matches' },
    );
  const resource = found[0];
  if (resource === undefined) return undefined;
  return {
    key: { type: one.key.type, id: resource.id! },
    version: Number(resource.meta?.versionId),
    updated: Date.parse(resource.meta?.lastUpdated ?? ''),
    outcome: 'existed',
    text: stringifyJson(resource),
  };
}

/** Entries with the If-None-Exist of an earlier one, which then makes (or finds) the resource for them too. */
function repeatedCriteria(steps: readonly Step[]): Map<number, number> {
  const first = new Map<string, number>();
  const repeated = new Map<number, number>();
  for (const [index, { key, criteria }] of steps.entries()) {
    if (criteria === undefined) continue;
    const known = first.get(`${key.type}?${criteria}`);
    if (known === undefined) first.set(`${key.type}?${criteria}`, index);
    else repeated.set(index, known);
  }
  return repeated;
}

/** The change with references to other entries, and conditional references, replaced by literal ones. */
async function resolved({ change, entry }: Step, references: Map<string, string>, find: Find): Promise<Change> {
  if (change.op === 'delete') return change;
  // A relative reference is relative to the fullUrl of its entry: https://hl7.org/fhir/R4/bundle.html#references
  const base = /^(https?:.*\/)[A-Z][A-Za-z]+\/[A-Za-z0-9\-.]{1,64}$/.exec(entry.fullUrl ?? '')?.[1];
  for (const conditional of conditionalReferences(change.resource)) {
    if (!references.has(conditional)) references.set(conditional, await target(conditional, find));
  }
  return {
    ...change,
    resource: staysValid(
      change.resource,
      rewriteReferences(
        change.resource,
        (reference) => references.get(reference) ?? (base === undefined ? undefined : references.get(base + reference)),
      ),
    ),
  };
}

function conditionalReferences(resource: Resource): readonly string[] {
  const found: string[] = [];
  visitReferences(resource, ({ reference }) => {
    if (typeof reference === 'string' && /^[A-Z][A-Za-z]+\?./.test(reference)) found.push(reference);
  });
  return found;
}

async function target(conditional: string, find: Find): Promise<string> {
  const [type, query] = [
    conditional.slice(0, conditional.indexOf('?')),
    conditional.slice(conditional.indexOf('?') + 1),
  ];
  const found = await find(type, query);
  if (found.length === 1) return `${type}/${found[0]!.id}`;
  throw new Failure(
    'precondition',
    `A conditional reference to ${type} matches ${found.length === 0 ? 'no' : 'more than one'} resource.`,
    { code: found.length === 0 ? 'not-found' : 'multiple-matches' },
  );
}

function entryOf(one: Step, written: Written, outer: FhirRequest, { services }: Context): BundleEntryText {
  if (written.outcome === 'deleted' || (written.outcome === 'unchanged' && one.change.op === 'delete'))
    return { rest: { response: { status: '204' } } };
  // Without a Prefer, a transaction answers without the resources: the client has them.
  const asked = /return=/.test(outer.headers['prefer'] ?? '')
    ? outer.headers
    : { ...outer.headers, prefer: 'return=minimal' };
  return responseEntry(writtenResponse({ ...one.entry.request, headers: asked }, written, services.base));
}

function at<T>(entry: BundleEntry, work: () => T): T {
  try {
    const result = work();
    return result instanceof Promise
      ? (result.catch((error: unknown) => Promise.reject(inEntry(error, entry.index))) as T)
      : result;
  } catch (error) {
    throw inEntry(error, entry.index);
  }
}

const inEntry = (error: unknown, index: number): unknown =>
  error instanceof Failure ? error.within(`Bundle.entry[${index}]`) : error;

/** A failure of the commit names its change by place; one that names none already concerns the whole. */
function located(error: unknown, steps: readonly Step[], place: readonly number[]): unknown {
  if (!(error instanceof Failure) || error.change === undefined) return error;
  const index = place[error.change];
  return index === undefined ? error : inEntry(error, steps[index]!.entry.index);
}
