// https://hl7.org/fhir/R4/http.html#trules – PATCH and conditional PUT and DELETE as entries of a transaction
import type { Change } from '../fhir/change.js';
import { keyOf } from '../fhir/resource.js';
import { Failure } from '../kernel/failure.js';
import { resourceOf } from './body.js';
import type { BundleEntry } from './bundle-entry.js';
import type { View, Written } from './commit-types.js';
import { changeByCriteria } from './conditional-update.js';
import { deletedBy } from './conditional-delete.js';
import { criteriaOf } from './criteria.js';
import { changeByPatch, patchAsked } from './patch.js';
import type { Context } from './request.js';
import { precondition, preconditions } from './respond.js';
import { keysOf, type LateChange, type Step } from './step.js';

/** PUT [type]?criteria */
export function conditionalPut(entry: BundleEntry, { services, principal }: Context): Step {
  const type = entry.request.segments[0]!;
  const resource = resourceOf(entry.request, type);
  const query = criteriaOf(entry.request, type, principal);
  const conditions = preconditions(entry.request);
  const newId = services.ids.next();
  const make: LateChange['make'] = async (view, find) => [
    await changeByCriteria({ resource, query, newId, conditions }, view, find),
  ];
  return {
    entry,
    key: { type, id: resource.id ?? newId },
    change: { op: 'create', resource },
    late: { criteria: query, make },
  };
}

/** DELETE [type]?criteria */
export function conditionalDeletion(entry: BundleEntry, { services, principal }: Context): Step {
  const type = entry.request.segments[0]!;
  const query = criteriaOf(entry.request, type, principal);
  const version = precondition(entry.request);
  const make: LateChange['make'] = async (view, find) => {
    const ids = await deletedBy(services, { type, query }, view, find);
    return ids.map((id) => ({ op: 'delete', type, id, ...(version === undefined ? {} : { ifMatch: version }) }));
  };
  return { entry, key: { type, id: '' }, change: { op: 'delete', type, id: '' }, late: { criteria: query, make } };
}

/** PATCH [type]/[id] and PATCH [type]?criteria */
export function patchStep(entry: BundleEntry, { services, principal }: Context): Step {
  const asked = patchAsked(entry.request, { principal, services });
  const { type, id = '' } = asked;
  const make: LateChange['make'] = async (view, find) => [await changeByPatch(asked, view, { find, services })];
  return {
    entry,
    key: { type, id },
    change: { op: 'update', resource: { resourceType: type, id } },
    late: { ...(asked.query === undefined ? {} : { criteria: asked.query }), make },
  };
}

/**
 * The steps with the changes that they amount to now; those with nothing to do have their answer already. Deletions come
 * first, so that later steps do not find what is gone.
 *
 * @throws Failure, with the place of its entry
 */
export async function settled(
  steps: readonly Step[],
  view: View,
): Promise<{ steps: readonly Step[]; answers: (Written | undefined)[] }> {
  const deleted = new Set<string>();
  const find: View['find'] = async (type, query) =>
    (await view.find(type, query)).filter(({ id }) => !deleted.has(`${type}/${id}`));
  const result: Step[] = [];
  const answers: (Written | undefined)[] = [];
  for (const one of steps) {
    const [change, ...further] =
      one.late === undefined
        ? [one.change]
        : await one.late.make(view, find).catch((error: unknown) => Promise.reject(placed(error, one.entry)));
    answers.push(
      change === undefined ? { key: one.key, version: 0, updated: view.now, outcome: 'unchanged' } : undefined,
    );
    const step =
      change === undefined ? one : { ...one, change, key: keyAfter(change, one), further: further.filter(isDeletion) };
    if (step.change.op === 'delete') for (const key of keysOf(step)) deleted.add(keyOf(key));
    result.push(step);
  }
  return { steps: result, answers };
}

const isDeletion = (change: Change): change is Extract<Change, { op: 'delete' }> => change.op === 'delete';

const keyAfter = (change: Change, { key }: Step): Step['key'] =>
  change.op === 'delete' ? { type: change.type, id: change.id } : { type: key.type, id: change.resource.id ?? key.id };

const placed = (error: unknown, { index }: BundleEntry): unknown =>
  error instanceof Failure ? error.within(`Bundle.entry[${index}]`) : error;

/** Two entries that decide by the same criteria would act on the same resource. @throws Failure invalid */
export function refuseSameCriteria(steps: readonly Step[]): void {
  const seen = new Map<string, boolean>();
  for (const { entry, key, criteria, late } of steps) {
    const own = late?.criteria ?? criteria;
    if (own === undefined) continue;
    const name = `${key.type}?${own}`;
    // Several creates with the same If-None-Exist make one resource; nothing else may share criteria.
    if (seen.has(name) && (late !== undefined || seen.get(name) === true)) {
      throw new Failure(
        'invalid',
        'Two entries of the transaction have the same criteria, so they would change the same resource.',
        { expression: `Bundle.entry[${entry.index}].request.url` },
      );
    }
    seen.set(name, late !== undefined);
  }
}
