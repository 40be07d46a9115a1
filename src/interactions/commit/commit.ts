import { rowScope } from '../../access/decide.js';
import type { Principal } from '../../access/principal.js';
import { isController } from '../../access/type-rules.js';
import type { Change } from '../../fhir/change.js';
import { parseJson } from '../../fhir/json.js';
import { patientLinks } from '../../fhir/patient-links.js';
import { keyOf, type ResourceKey, type Resource } from '../../fhir/resource.js';
import { managedOnCreate } from '../../followup/managed/guard-managed.js';
import { calibrationJob } from '../../followup/equipment/calibration-reminder.js';
import { calibrationDue } from '../../followup/equipment/check-device.js';
import { reminderOf } from '../../followup/plan/approval-reminder.js';
import { Failure } from '../../kernel/failure.js';
import { insertAudit } from '../../storage/audit.js';
import { logOutsideLimits } from '../../storage/change-log.js';
import { CreateBatcher } from '../../storage/create-batcher.js';
import { writeState } from '../../storage/followup-state.js';
import { messageJobOf } from '../../mapping/outbound/message-jobs.js';
import { addJob, type NewJob } from '../../storage/jobs.js';
import { lockCriteria, lockPatients } from '../../storage/locks.js';
import { insertInboundMessage } from '../../storage/messages.js';
import { findPatients } from '../../storage/patients.js';
import { parseQuery, printQuery } from '../../search/parse/query-pairs.js';
import type { Queryable } from '../../storage/pool.js';
import { storeSubscriptionOwner } from '../../storage/subscription-events.js';
import { inTransaction, sqlState, storageFailure, TryAgain } from '../../storage/transaction.js';
import { isTopic } from '../../subscriptions/topic.js';
import type { Commit, PatientName, Work, Written } from '../commit-types.js';
import { demandProfiles } from '../profiles.js';
import { absentEntries, auditRefusal, unchangedEntry } from './audit-commit.js';
import { createFast, isSimpleCreate } from './create-fast.js';
import type { CommitDeps } from './deps.js';
import { storeApart } from './hidden-address.js';
import type { Reaction, ReactionRequest } from './follow-up.js';
import { guardChanges, type Guarded } from './guard.js';
import { planChanges, type PlanContext } from './plan.js';
import { isPlanned, type Planned, type Settled } from './planned.js';
import { demandIntegrity } from './referential-integrity.js';
import { storeSealed } from './subscription-secrets.js';
import { bearsTopics, checkSubscriptions, keepTopics, type SubscriptionDeps } from './subscription-topics.js';
import { demandValid } from './validity.js';
import { checkSearchParameter, keepSearchParameters, withFreshParameters } from './search-parameters.js';
import { TransactionView } from './view.js';
import { writePlanned } from './write-planned.js';

export type CommitSettings = CommitDeps & SubscriptionDeps & { readonly daysAfterEnd: number };

/**
 * The one write path (see docs of the rooms in README): access → validation → one transaction {locks, preconditions,
 * follow-up reaction, rows, history, search rows, relations, audit, change log}. What it has returned is durable.
 */
export function createCommit(settings: CommitSettings): Commit {
  const deps = { ...settings, creates: new CreateBatcher(settings.pool, settings.dictionary.typeId('Patient')!) };
  return async (work, by, request) => {
    try {
      const written = await perform(work, by, request, deps);
      return written;
    } catch (error) {
      const failure = asFailure(error);
      await auditRefusal(work, by, request, failure, deps);
      throw failure;
    }
  };
}

async function perform(
  work: Work,
  by: Principal,
  request: string,
  deps: CommitSettings & { readonly creates: CreateBatcher },
): Promise<readonly Written[]> {
  if (work.change !== undefined) {
    const changes = [work.change];
    checkValid(changes, deps);
    await checkProfiles(changes, deps);
    await checkSubscriptions(changes, by, deps);
    if (isSimpleCreate(work.change) && !hasConsequences(work.change.resource) && deps.referentialIntegrity !== true) {
      const { change } = work;
      const written = await withFreshParameters(() => createFast(change, by, deps, request), deps).catch(
        (error: unknown) => {
          if (error instanceof TryAgain) return undefined;
          throw storageFailure(error);
        },
      );
      if (written !== undefined) {
        deps.onCommitted(written.key.type);
        seeDefinitions([written], deps);
        return [written];
      }
    }
  }
  await deps.dictionary.ensure({ controllers: [by.controller], parties: by.parties });
  // Patients that turned up after the locks were taken: the next attempt locks them from the start (decision 5).
  const late = new Set<number>();
  const written = await inTransaction(
    deps.pool,
    (tx) => withFreshParameters(() => attempt(tx, { work, by, request, deps, late }), deps),
    deps.onRetry === undefined ? {} : { onRetry: deps.onRetry },
  );
  if (!written.every((one) => one.outcome === 'existed' || one.outcome === 'unchanged') || written.length === 0)
    deps.onCommitted();
  if (written.some(({ key }) => key.type === 'SearchParameter')) await deps.parameters?.refresh();
  if (bearsTopics(written)) await deps.topics.refresh();
  seeDefinitions(written, deps);
  return written;
}

const definitionTypes: ReadonlySet<string> = new Set(['StructureDefinition', 'ValueSet', 'CodeSystem']);

/** A profile that has been written counts for the next resource. */
function seeDefinitions(written: readonly Written[], { profiles }: CommitDeps): void {
  if (written.some(({ key }) => definitionTypes.has(key.type))) profiles.forget();
}

/** Belongs to the follow-up module, makes a job, or can be subscribed to: not for the short way. */
const hasConsequences = (resource: Resource): boolean =>
  managedOnCreate(resource) ||
  isTopic(resource) ||
  (resource.resourceType === 'Device' && calibrationDue(resource) !== undefined);

interface Attempt {
  readonly work: Work;
  readonly by: Principal;
  readonly request: string;
  readonly deps: CommitSettings;
  readonly late: Set<number>;
}

async function attempt(tx: Queryable, { work, by, request, deps, late }: Attempt): Promise<readonly Written[]> {
  const now = deps.clock.now();
  const controller = deps.dictionary.controllerId(by.controller)!;
  const held = new Set([
    ...late,
    ...(work.judgeTime ?? []),
    ...(await patientKeys(tx, namedPatients(work, deps.base), controller, deps)),
  ]);
  await lockPatients(tx, [...held]);
  await lockCriteria(tx, criteriaOf(work));
  const scope = rowScope(by, now);
  const view = new TransactionView(tx, deps, now, controller, scope);
  await view.rows(rowsOf(work));

  const decided = work.change === undefined ? await work.decide?.(view) : [work.change];
  const changes = (decided ?? []).map(withManagement);
  checkValid(changes, deps);
  await checkProfiles(changes, deps);
  await checkSubscriptions(changes, by, deps);
  const context: PlanContext = {
    tx,
    deps,
    view,
    now,
    controller,
    entitled: by.role === 'admin' || isController(by),
    shared: (type) => scope.visibility(type) === 'all',
    planned: new Map(),
  };
  const items = await planChanges(changes, context);
  demandLocks(items, context.planned, held, late);
  if (deps.referentialIntegrity === true) await demandIntegrity(tx, items.filter(isPlanned), deps);
  const guardContext = { tx, deps, view, by, now };
  const guarded = new Map(await guardChanges(items.filter(isPlanned), guardContext));

  const reconsider = await reconsidered(work.reconsider ?? [], view);
  const reaction =
    work.reaction === 'none'
      ? noReaction
      : await reactTo(
          { tx, view, by, now, planned: items.filter(isPlanned), judgeTime: work.judgeTime ?? [], reconsider },
          context,
          deps,
        );
  const consequences = (await planChanges(reaction.changes, context)).filter(isPlanned);
  demandLocks(consequences, context.planned, held, late);
  for (const [item, one] of await guardChanges(consequences, guardContext)) guarded.set(item, one);

  // A resource that the reaction changed again is in the map once, with its last content.
  const final = [...context.planned.values()];
  const rules = new Map<Planned, Guarded>();
  for (const [item, one] of guarded) rules.set(context.planned.get(`${item.key.type}/${item.key.id}`)!, one);
  await writePlanned(final, rules, { tx, deps, by, request, action: work.action, detail: work.detail, now });
  if (final.length === 0 && items.length + (work.message === undefined ? 0 : 1) > 0)
    await insertAudit(tx, [unchangedEntry(work, items, { by, request, now })]);
  const absent = absentEntries(items, { by, request, now });
  if (absent.length > 0) await insertAudit(tx, absent);
  await keepSearchParameters(tx, final, deps, now);
  await keepTopics(tx, final, deps);
  if (deps.followUp !== undefined) await deps.followUp.record(tx, final);
  await storeSealed(tx, final);
  await storeApart(tx, final);
  await logOutsideLimits(tx, await versionsOf(reaction.outsideLimits ?? [], context));
  for (const state of reaction.states) await writeState(tx, state, state.controller, now);
  for (const job of [...reaction.jobs, ...messageJobs(final, by, now), ...reminderJobs(final)]) await addJob(tx, job);
  for (const item of final)
    if (item.key.type === 'Subscription' && item.kind === 'c') await storeSubscriptionOwner(tx, item.rid, by);
  if (work.message !== undefined)
    await insertInboundMessage(tx, work.message, {
      by,
      now,
      effects: final.map((item) => `${item.key.type}/${item.key.id}`),
      patients: [...new Set(final.flatMap((item) => item.patients))],
    });
  await work.conclude?.(tx);
  return items.map((item) => writtenOf(item, context));
}

/** The versions that this commit leaves, by `Type/id`. */
async function versionsOf(names: readonly string[], { planned, view }: PlanContext) {
  const keys = names.map((name) => ({ type: name.split('/')[0]!, id: name.split('/')[1]! }));
  const rows = await view.rows(keys.filter((key) => !planned.has(keyOf(key))));
  return keys.flatMap((key) => planned.get(keyOf(key)) ?? rows.get(keyOf(key)) ?? []);
}

/** Messages that changes cause are written afterwards, by jobs that are durable with the change. */
function messageJobs(written: readonly Planned[], by: Principal, now: number): NewJob[] {
  return written.flatMap((item) => {
    const job = item.after === undefined ? undefined : messageJobOf(item.before?.resource, item.after);
    // Whose name stands on the message is the municipality: nobody else asks for one.
    const mayAsk = job?.kind !== 'message-requested' || by.role === 'municipality' || by.role === 'admin';
    return job === undefined || !mayAsk
      ? []
      : [
          {
            ...job,
            key: `${'task' in job.payload ? job.payload.task : job.payload.id}/${job.payload.version}`,
            runAt: now,
          },
        ];
  });
}

/** What must be looked at again later, should nobody have answered. */
const reminderJobs = (written: readonly Planned[]): NewJob[] =>
  written.flatMap(({ before, after }) => {
    if (after === undefined) return [];
    const found = [reminderOf(before?.resource, after), calibrationJob(before?.resource, after)];
    return found.filter((job) => job !== undefined);
  });

const noReaction: Reaction = { changes: [], states: [], jobs: [] };

/** Runs the module's reaction under a savepoint: when it fails, the change commits with what `failed` says (decision 11). */
async function reactTo(request: ReactionRequest, context: PlanContext, deps: CommitSettings): Promise<Reaction> {
  const { followUp } = deps;
  const concerned =
    followUp !== undefined &&
    (request.planned.some((item) => followUp.concerns(item.key.type)) ||
      request.judgeTime.length + request.reconsider.length > 0);
  if (!concerned) return noReaction;
  await request.tx.query('savepoint reaction');
  try {
    const reaction = await followUp.react(request);
    checkValid(reaction.changes, deps);
    // Planned once for trial: a reaction that cannot be written must fail here, where it can be replaced.
    await planChanges(reaction.changes, { ...context, planned: new Map(context.planned) });
    return reaction;
  } catch (error) {
    if (error instanceof TryAgain || sqlState(error) === '40P01' || sqlState(error) === '40001') throw error;
    await request.tx.query('rollback to savepoint reaction');
    deps.log.error(
      { error: error instanceof Error ? (error.stack ?? error.message) : String(error) },
      'the follow-up engine failed; the change is kept with a technical alert',
    );
    const reaction = await followUp.failed(request, error);
    checkValid(reaction.changes, deps);
    return reaction;
  }
}

async function reconsidered(
  keys: readonly ResourceKey[],
  view: TransactionView,
): Promise<ReactionRequest['reconsider']> {
  const rows = [...(await view.rows(keys)).values()];
  return rows.flatMap((row) => (row.text === null ? [] : [{ row, resource: parseJson(row.text) as Resource }]));
}

/**
 * Every patient a change concerns must have been locked before anything was read; else again, with those locked too. A
 * patient that this commit makes is nobody else's yet.
 */
function demandLocks(
  items: readonly (Planned | Settled)[],
  planned: ReadonlyMap<string, Planned>,
  held: ReadonlySet<number>,
  late: Set<number>,
): void {
  const before = late.size;
  const born = new Set([...planned.values()].filter(({ kind }) => kind === 'c').map(({ rid }) => rid));
  for (const item of items) {
    if (!isPlanned(item)) continue;
    for (const key of [...item.patients, ...(item.before?.row.patients ?? [])])
      if (!held.has(key) && !born.has(key)) late.add(key);
  }
  if (late.size > before) throw new TryAgain('a further patient is concerned');
}

/** Marks what belongs to the follow-up module from its first version, by what it is (decision 9). */
function withManagement(change: Change): Change {
  return change.op !== 'delete' && change.managed === undefined && managedOnCreate(change.resource)
    ? { ...change, managed: true }
    : change;
}

function checkValid(changes: readonly Change[], deps: CommitSettings): void {
  for (const change of changes) {
    if (change.op === 'delete') continue;
    demandValid(change.resource, deps.validator, { category: change.by === 'module' ? 'fault' : 'invalid' });
    if (change.resource.resourceType === 'SearchParameter') checkSearchParameter(change, deps);
  }
}

/** What the follow-up module makes is held against its profiles in the tests. */
async function checkProfiles(changes: readonly Change[], { profiles, testNumbers }: CommitDeps): Promise<void> {
  for (const change of changes)
    if (change.op !== 'delete' && change.by !== 'module')
      await demandProfiles(change.resource, profiles, { allowSynthetic: testNumbers });
}

function writtenOf(item: Planned | Settled, context: PlanContext): Written {
  if (!isPlanned(item)) {
    const { row, outcome, change } = item;
    if (row === undefined) {
      const { type, id } = change as Extract<Change, { op: 'delete' }>;
      return { key: { type, id }, version: 0, updated: context.now, outcome };
    }
    return {
      key: { type: row.type, id: row.id },
      version: row.version,
      updated: row.updated,
      outcome,
      ...(row.text === null ? {} : { text: row.text }),
    };
  }
  const last = context.planned.get(`${item.key.type}/${item.key.id}`) ?? item;
  const outcome = item.kind === 'd' ? 'deleted' : item.before?.resource === undefined ? 'created' : 'updated';
  return {
    key: item.key,
    version: last.version,
    updated: Date.parse(String(last.after?.meta?.lastUpdated ?? '')) || context.now,
    outcome,
    ...(last.text === null ? {} : { text: last.text }),
  };
}

function namedPatients(work: Work, base: string): PatientName[] {
  const named: PatientName[] = [...(work.patients ?? [])];
  if (work.change !== undefined && work.change.op !== 'delete') {
    const links = patientLinks(work.change.resource, base);
    named.push(...links.ids.map((id) => ({ type: 'Patient', id })), ...links.identifiers);
  }
  return named;
}

async function patientKeys(
  tx: Queryable,
  names: readonly PatientName[],
  controller: number,
  deps: CommitDeps,
): Promise<readonly number[]> {
  if (names.length === 0) return [];
  const ids = names.flatMap((name) => ('type' in name ? [name.id] : []));
  const identifiers = names.flatMap((name) => ('type' in name ? [] : [name]));
  const found = await findPatients(tx, { ids, identifiers }, controller, deps.dictionary);
  return [...found.byId.values(), ...found.byIdentifier.values()].map((patient) => patient.key);
}

/** Spelled one way, so that an If-None-Exist and a conditional update by the same criteria wait for each other. */
function criteriaOf(work: Work): string[] {
  const criteria = (work.criteria ?? []).map(({ type, query }) => criteriaName(type, query));
  if (work.change?.op === 'create' && work.change.ifNoneExist !== undefined)
    criteria.push(criteriaName(work.change.resource.resourceType, work.change.ifNoneExist));
  return criteria;
}

const criteriaName = (type: string, query: string): string => `${type}?${printQuery(parseQuery(query))}`;

function rowsOf(work: Work): readonly ResourceKey[] {
  const rows = [...(work.rows ?? []), ...(work.reconsider ?? [])];
  const { change } = work;
  if (change?.op === 'delete') rows.push({ type: change.type, id: change.id });
  else if (change?.resource.id !== undefined) rows.push({ type: change.resource.resourceType, id: change.resource.id });
  return rows;
}

function asFailure(error: unknown): Failure {
  // A write that waited too long for a lock is no fault of the client's.
  if (sqlState(error) === '57014' || (error instanceof Failure && sqlState(error.cause) === '57014')) {
    return new Failure('busy', 'Others are changing the same data; try again shortly.', { cause: error });
  }
  const known = storageFailure(error);
  if (known instanceof Failure) return known;
  if (sqlState(error) === '23505')
    return new Failure('conflict', 'Somebody else wrote the same at the same moment; try again.', { cause: error });
  return new Failure('fault', 'The change could not be written: an error of the server.', { cause: error });
}
