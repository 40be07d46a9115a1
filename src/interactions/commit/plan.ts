import { absent } from '../../access/decide.js';
import { isLogEntry, unchangeable } from '../../access/log-entry.js';
import type { Change } from '../../fhir/change.js';
import { parseJson, stringifyJson } from '../../fhir/json.js';
import { patientLinks, type PatientLinks } from '../../fhir/patient-links.js';
import { keyOf, type Resource, type ResourceKey } from '../../fhir/resource.js';
import { rewriteReferences } from '../../fhir/rewrite-references.js';
import { names, spoken } from '../../fhir/version-condition.js';
import { instant } from '../../kernel/clock.js';
import { Failure } from '../../kernel/failure.js';
import { findPatients } from '../../storage/patients.js';
import type { Queryable } from '../../storage/pool.js';
import type { CurrentRow } from '../../storage/resources.js';
import type { CommitDeps } from './deps.js';
import { hideAddress } from './hidden-address.js';
import type { Before, Planned, Settled } from './planned.js';
import { isPlanned } from './planned.js';
import { sealSubscription } from './subscription-secrets.js';
import type { TransactionView } from './view.js';

export interface PlanContext {
  readonly tx: Queryable;
  readonly deps: CommitDeps;
  readonly view: TransactionView;
  readonly now: number;
  /** Dictionary id of the writer's data controller. */
  readonly controller: number;
  /** May the writer know protected addresses? */
  readonly entitled: boolean;
  /** Does a resource without a patient of this type belong to nobody in particular? */
  readonly shared: (type: string) => boolean;
  /** Everything planned in this commit so far, by `Type/id`. */
  readonly planned: Map<string, Planned>;
}

/**
 * Finds out, for each change, what row it applies to and whom it is about. Conditional creates are resolved here, under
 * the locks. A change of the module to a resource that this commit changes already is merged into that one.
 *
 * @throws Failure precondition (If-Match), not-found (delete of what never was), invalid (the same resource twice)
 */
export async function planChanges(changes: readonly Change[], context: PlanContext): Promise<(Planned | Settled)[]> {
  const rids = await context.deps.rids.take(changes.length);
  const targets = changes.flatMap((change): ResourceKey[] => {
    if (change.op === 'delete') return [{ type: change.type, id: change.id }];
    return change.resource.id === undefined ? [] : [{ type: change.resource.resourceType, id: change.resource.id }];
  });
  const rows = await context.view.rows(targets);
  const drafts: (Draft | Settled)[] = [];
  for (const [index, change] of changes.entries()) {
    try {
      drafts.push(await draft(change, rids[index]!, rows, context));
    } catch (error) {
      if (error instanceof Failure) error.change = index;
      throw error;
    }
  }
  return resolvePatients(drafts, context);
}

type Draft = Omit<Planned, 'patients' | 'unresolved' | 'controller'>;

async function draft(
  change: Change,
  rid: number,
  rows: Map<string, CurrentRow>,
  context: PlanContext,
): Promise<Draft | Settled> {
  refuseLogEntry(change);
  if (change.op === 'delete') return await draftDelete(change, rows, context);
  const { resource } = change;
  if (change.op === 'create' && change.ifNoneExist !== undefined) {
    const existing = await findExisting(resource.resourceType, change.ifNoneExist, context);
    if (existing !== undefined) return { change, row: existing, outcome: 'existed' };
  }
  const key = { type: resource.resourceType, id: resource.id ?? context.deps.ids.next() };
  const already = context.planned.get(keyOf(key));
  if (already !== undefined) return merged(change, already, context);
  const row = rows.get(keyOf(key));
  if (change.op === 'create' && row !== undefined)
    throw new Failure('conflict', 'A resource with this id exists already.', { expression: `${key.type}.id` });
  const before =
    row === undefined
      ? undefined
      : { row, resource: row.text === null ? undefined : (parseJson(row.text) as Resource) };
  checkVersion(change, (await isHidden(change, row, context)) ? undefined : before, key.type);
  const version = (row?.version ?? 0) + 1;
  const now = Math.max(context.now, row?.updated ?? 0);
  const hidden =
    change.by !== 'module' && key.type === 'Subscription'
      ? await sealSubscription(resource, before, context)
      : undefined;
  const address = key.type === 'Patient' ? await hideAddress(resource, before, context) : undefined;
  const after = stamped(hidden?.shown ?? address?.shown ?? resource, key.id, version, now);
  return {
    change,
    key,
    rid: row?.rid ?? rid,
    kind: row === undefined ? 'c' : 'u',
    version,
    ...(before === undefined ? {} : { before }),
    after,
    text: stringifyJson(after),
    links: patientLinks(after, context.deps.base),
    managed: change.managed ?? row?.managed ?? false,
    ...(hidden === undefined ? {} : { sealed: hidden.sealed }),
    ...(address === undefined ? {} : { address }),
  };
}

function refuseLogEntry(change: Change): void {
  const key = change.op === 'delete' ? change : { type: change.resource.resourceType, id: change.resource.id ?? '' };
  if (isLogEntry(key)) throw unchangeable();
}

async function draftDelete(
  change: Change & { op: 'delete' },
  rows: Map<string, CurrentRow>,
  context: PlanContext,
): Promise<Draft | Settled> {
  const key = { type: change.type, id: change.id };
  const row = rows.get(keyOf(key));
  if (row === undefined || (await isHidden(change, row, context))) {
    if (change.mayBeAbsent === true) return { change, outcome: 'unchanged' };
    throw absent(change.type);
  }
  if (row.text === null) return { change, row, outcome: 'unchanged' };
  const before = { row, resource: parseJson(row.text) as Resource };
  checkVersion(change, before, key.type);
  return {
    change,
    key,
    rid: row.rid,
    kind: 'd',
    version: row.version + 1,
    before,
    text: null,
    links: patientLinks(before.resource, context.deps.base),
    managed: row.managed,
  };
}

/** A further change of the module to what this commit changes already: the last content counts, it is one version. */
function merged(change: Change & { op: 'create' | 'update' }, already: Planned, context: PlanContext): Draft {
  if (change.by !== 'module')
    throw new Failure('invalid', 'The same resource may be changed only once in one request.', {
      expression: `${already.key.type}.id`,
    });
  const after = stamped(change.resource, already.key.id, already.version, context.now);
  return {
    ...already,
    after,
    text: stringifyJson(after),
    links: patientLinks(after, context.deps.base),
    managed: change.managed ?? already.managed,
  };
}

async function findExisting(type: string, query: string, context: PlanContext): Promise<CurrentRow | undefined> {
  const found = await context.view.find(type, query);
  if (found.length > 1)
    throw new Failure(
      'precondition',
      `If-None-Exist matches ${found.length} resources; make the criteria more selective.`,
      { code: 'multiple-matches' },
    );
  if (found[0] === undefined) return undefined;
  const key = { type, id: found[0].id! };
  return (await context.view.rows([key])).get(keyOf(key));
}

/** What the caller may not see is not there: neither its version nor its deletion shows in a refusal. */
async function isHidden(change: Change, row: CurrentRow | undefined, context: PlanContext): Promise<boolean> {
  const tells =
    change.op === 'delete' ||
    (change.op === 'update' && (change.ifMatch !== undefined || change.ifNoneMatch !== undefined));
  return tells && row !== undefined && change.by !== 'module' && !(await context.view.sees(row));
}

function checkVersion(change: Change, before: Before | undefined, type: string): void {
  if (change.op === 'create') return;
  const unwanted = change.op === 'update' ? change.ifNoneMatch : undefined;
  if (unwanted !== undefined && before?.resource !== undefined && names(unwanted, before.row.version))
    throw new Failure('precondition', 'If-None-Match is for what is not there; this resource, or version, is.', {
      expression: type,
    });
  if (change.ifMatch === undefined) return;
  if (before?.resource === undefined)
    throw new Failure('precondition', 'If-Match is for a resource that exists; this one does not.', {
      expression: type,
    });
  if (!names(change.ifMatch, before.row.version)) {
    throw new Failure(
      'precondition',
      `The resource is at version ${before.row.version}, not ${spoken(change.ifMatch)}: read it again and repeat the change.`,
      {
        expression: `${type}.meta.versionId`,
      },
    );
  }
}

/** `resourceType`, `id`, `meta` first; the server's own version and time. */
function stamped(resource: Resource, id: string, version: number, now: number): Resource {
  const { resourceType, id: _id, meta, ...content } = resource;
  return { resourceType, id, meta: { ...meta, versionId: String(version), lastUpdated: instant(now) }, ...content };
}

async function resolvePatients(
  drafts: readonly (Draft | Settled)[],
  context: PlanContext,
): Promise<(Planned | Settled)[]> {
  const open = drafts.filter((item): item is Draft => 'key' in item);
  // Patients created or changed by this very commit are known by what it writes.
  const here = new Map<string, { key: number; controller: number }>();
  for (const item of [...context.planned.values(), ...open]) {
    if (item.key.type !== 'Patient' || item.kind === 'd') continue;
    const patient = { key: item.rid, controller: item.before?.row.controller ?? context.controller };
    here.set(item.key.id, patient);
    for (const identifier of identifiersOf(item.after)) here.set(`${identifier.system}|${identifier.value}`, patient);
  }
  const found = await findPatients(
    context.tx,
    {
      ids: [...new Set(open.flatMap((item) => item.links.ids))].filter((id) => !here.has(id)),
      identifiers: unique(open.flatMap((item) => item.links.identifiers)).filter(
        (i) => !here.has(`${i.system}|${i.value}`),
      ),
    },
    context.controller,
    context.deps.dictionary,
  );
  const mergedInto = new Map(
    [...found.byId].flatMap(([id, patient]) => (patient.mergedInto === undefined ? [] : [[id, patient.mergedInto]])),
  );
  const patientOf = (name: string): { key: number; controller: number } | undefined =>
    here.get(name) ?? found.byId.get(name) ?? found.byIdentifier.get(name);
  const result: (Planned | Settled)[] = [];
  for (const given of drafts) {
    if (!('key' in given)) {
      result.push(given);
      continue;
    }
    const item = mergedInto.size === 0 ? given : withSurvivors(given, mergedInto, context);
    const names = namesOf(item.links);
    const patients = names.map(patientOf);
    const keys = new Set(patients.flatMap((patient) => (patient === undefined ? [] : [patient.key])));
    for (const key of await inherited(item.links, context, result)) keys.add(key);
    // A deletion stays with the patients it had; so does what cannot be resolved any more.
    if (item.kind === 'd') for (const key of item.before?.row.patients ?? []) keys.add(key);
    const controller =
      item.before?.row.controller ??
      patients.find((p) => p !== undefined)?.controller ??
      defaultController(item, keys.size, context);
    const planned: Planned = {
      ...item,
      patients: [...keys].sort((a, b) => a - b),
      unresolved: patients.some((p) => p === undefined),
      controller,
    };
    context.planned.set(keyOf(planned.key), planned);
    result.push(planned);
  }
  return result;
}

/** A sender may not know yet that a Patient was merged into another: what it says is about the one that is left. */
function withSurvivors(item: Draft, mergedInto: ReadonlyMap<string, string>, { deps }: PlanContext): Draft {
  if (item.after === undefined || item.key.type === 'Patient') return item;
  const after = rewriteReferences(item.after, (reference) => {
    const [, base, id] = /^(.*\/)?Patient\/([A-Za-z0-9.-]{1,64})$/.exec(reference) ?? [];
    const survivor = id === undefined ? undefined : mergedInto.get(id);
    const ours = base === undefined || base === `${deps.base}/`;
    return survivor === undefined || !ours ? undefined : `Patient/${survivor}`;
  });
  return after === item.after
    ? item
    : { ...item, after, text: stringifyJson(after), links: patientLinks(after, deps.base) };
}

const namesOf = (links: PatientLinks): string[] => [
  ...links.ids,
  ...links.identifiers.map((i) => `${i.system}|${i.value}`),
];

function defaultController(item: Draft, patients: number, context: PlanContext): number {
  const nobody = patients === 0 && namesOf(item.links).length === 0 && context.shared(item.key.type);
  return nobody ? context.deps.dictionary.controllerId('')! : context.controller;
}

async function inherited(
  links: PatientLinks,
  context: PlanContext,
  done: readonly (Planned | Settled)[],
): Promise<readonly number[]> {
  if (links.inherits.length === 0) return [];
  const keys: number[] = [];
  const elsewhere: ResourceKey[] = [];
  for (const key of links.inherits) {
    const planned =
      context.planned.get(keyOf(key)) ?? done.filter(isPlanned).find((item) => keyOf(item.key) === keyOf(key));
    if (planned !== undefined) keys.push(...planned.patients);
    else elsewhere.push(key);
  }
  for (const row of (await context.view.rows(elsewhere)).values()) keys.push(...row.patients);
  return keys;
}

/** Identifiers with system and value. */
export function identifiersOf(resource: Resource | undefined): { system: string; value: string }[] {
  const list = Array.isArray(resource?.['identifier'])
    ? (resource['identifier'] as { system?: unknown; value?: unknown; use?: unknown }[])
    : [];
  return list.flatMap((item) =>
    typeof item?.system === 'string' && typeof item.value === 'string' && item.use !== 'old'
      ? [{ system: item.system, value: item.value }]
      : [],
  );
}

function unique(list: readonly { system: string; value: string }[]): { system: string; value: string }[] {
  return [...new Map(list.map((item) => [`${item.system}|${item.value}`, item])).values()];
}
