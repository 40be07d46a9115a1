import { checkWrite, type PatientFact } from '../../access/check-write.js';
import { rowScope } from '../../access/decide.js';
import { grants, grantsOfUnknownPatient } from '../../access/grants.js';
import type { Narrowing } from '../../access/row-scope.js';
import type { Principal } from '../../access/principal.js';
import { blocksOf, type RecordBlock } from '../../access/record-blocks.js';
import { referralOf } from '../../access/referral.js';
import { relationChanges, relationFacts, type RelationChange, type RelationFacts } from '../../access/relations.js';
import { guardManaged } from '../../followup/managed/guard-managed.js';
import type { Queryable } from '../../storage/pool.js';
import type { SearchRegistry } from '../../search/registry.js';
import { findPatients } from '../../storage/patients.js';
import { patientFacts } from '../../storage/relations.js';
import { visibleRows } from '../../storage/resources.js';
import type { Failure } from '../../kernel/failure.js';
import { refuseClientStatus } from '../../subscriptions/parse-subscription.js';
import type { CommitDeps } from './deps.js';
import type { Planned } from './planned.js';
import { meets } from '../within-narrowings.js';
import { guardTopic, type SubscriptionDeps } from './subscription-topics.js';
import type { TransactionView } from './view.js';

export interface GuardContext {
  readonly tx: Queryable;
  readonly deps: CommitDeps & SubscriptionDeps & { readonly daysAfterEnd: number };
  readonly view: TransactionView;
  readonly by: Principal;
  readonly now: number;
}

/** What the rules say of one change that may be made: the relations it starts or ends, and who is granted the row. */
export interface Guarded {
  readonly relations: readonly RelationChange[];
  /** Party keys. */
  readonly grants: readonly string[];
  /** Of a Consent: what it blocks from now on. */
  readonly blocks?: readonly RecordBlock[];
}

/** Types through which a commit can make a patient visible or related to its writer; they are looked at first. */
const first = ['Patient', 'ServiceRequest', 'EpisodeOfCare'];

/**
 * Access (decision 16) and protected elements (decision 9) of every change, and what follows from those that pass.
 *
 * @throws the first Failure, with the place of the change as `index`
 */
export async function guardChanges(planned: readonly Planned[], context: GuardContext): Promise<Map<Planned, Guarded>> {
  const { by, tx, now, deps } = context;
  const scope = rowScope(by, now);
  const isAdmin = by.role === 'admin';
  const visible = isAdmin
    ? undefined
    : await visibleRows(
        tx,
        planned.flatMap((item) => (item.before === undefined ? [] : [item.before.row])),
        scope,
        deps.dictionary,
      );
  const keys = [...new Set(planned.flatMap((item) => item.patients))];
  const known = isAdmin ? [] : await patientFacts(tx, keys, by.parties, now);
  const patients = new Map<number, PatientFact>(known.map((fact, index) => [keys[index]!, fact]));
  for (const item of planned)
    if (item.key.type === 'Patient' && item.kind === 'c') patients.set(item.rid, { related: false, visible: true });

  const own = by.patient === undefined ? undefined : await patientKey(by.patient, context);
  if (by.role === 'citizen' && own !== undefined) patients.set(own, { related: false, visible: true });
  const result = new Map<Planned, Guarded>();
  const ordered = [...planned].sort((a, b) => rank(a) - rank(b));
  for (const item of ordered) {
    const before = item.before?.resource;
    const change = withContent(item);
    const facts = await relationFacts(change, before, context.view, { by, now, daysAfterEnd: deps.daysAfterEnd });
    const failure =
      checkWrite(by, change, before, {
        visible: isAdmin || item.before === undefined || visible!.has(item.before.row.rid),
        patients: item.patients.map((key) =>
          isAdmin ? { related: true, visible: true } : (patients.get(key) ?? { related: false, visible: false }),
        ),
        unknownPatient: item.unresolved,
        narrowed: (narrowing) => withinNarrowing(item, narrowing, own, deps.registry),
        parties: facts.parties,
      }) ??
      guardSubscription(item) ??
      guardTopic(item, by, deps) ??
      guardManaged(
        change,
        item.before?.resource === undefined
          ? undefined
          : { resource: item.before.resource, managed: item.before.row.managed },
      );
    if (failure !== undefined) {
      failure.change = planned.indexOf(item);
      throw failure;
    }
    const relations = relationChanges(change, before, facts);
    for (const relation of relations) {
      if (relation.op === 'start' && by.parties.includes(relation.party))
        for (const key of item.patients) patients.set(key, { related: true, visible: true });
    }
    const blocks =
      item.key.type === 'Consent' && item.after !== undefined
        ? { blocks: blocksOf(item.after, facts.parties, by.controller) }
        : {};
    result.set(item, { relations, grants: grantsOf(item, facts, by), ...blocks });
  }
  return result;
}

async function patientKey(id: string, { tx, deps, by }: GuardContext): Promise<number | undefined> {
  const controller = deps.dictionary.controllerId(by.controller)!;
  return (await findPatients(tx, { ids: [id], identifiers: [] }, controller, deps.dictionary)).byId.get(id)?.key;
}

/** @param own key of the token's patient */
function withinNarrowing(
  item: Planned,
  { patient, conditions }: Narrowing,
  own: number | undefined,
  registry: SearchRegistry,
): boolean {
  const concernsOwn = (keys: readonly number[]): boolean => keys.length === 1 && keys[0] === own;
  if (patient !== undefined && (item.unresolved || !concernsOwn(item.patients))) return false;
  if (conditions === undefined) return true;
  return [item.before?.resource, item.after].every(
    (resource) => resource === undefined || meets(resource, conditions, registry),
  );
}

/** A client may turn its Subscription off and on; whether it works is for the server to say. */
function guardSubscription(item: Planned): Failure | undefined {
  if (item.key.type !== 'Subscription' || item.change.by === 'module' || item.after === undefined) return undefined;
  return refuseClientStatus(item.after, item.before?.resource?.['status'] as string | undefined);
}

/** The change as relations and grants see it: with the id it gets. */
function withContent(item: Planned): Planned['change'] {
  return item.change.op === 'delete' || item.after === undefined
    ? item.change
    : { ...item.change, resource: item.after };
}

function grantsOf(item: Planned, facts: RelationFacts, by: Principal): readonly string[] {
  if (item.kind !== 'c' || item.after === undefined) return [];
  const change = { ...item.change, op: 'create', resource: item.after } as Extract<Planned['change'], { op: 'create' }>;
  const unknown = item.unresolved ? grantsOfUnknownPatient(by) : [];
  if (item.change.by !== 'module') return [...grants(change, by, undefined), ...unknown];
  // The module's own rows are not the caller's; a referral that came as a message is its requester's.
  const referral = item.key.type === 'ServiceRequest' || referralOf(item.after) !== undefined;
  const requester = referral ? facts.parties(item.after['requester']) : [];
  // An application that the centre registers for a citizen is on its worklist before it has any relation.
  const registered = referral && by.role === 'municipality' ? [`org:${by.controller}`] : [];
  const nobody = item.patients.length === 0 ? [`org:${by.controller}`] : [];
  const given = item.change.op === 'create' ? (item.change.grants ?? []) : [];
  return [...requester, ...registered, ...nobody, ...unknown, ...given];
}

const rank = (item: Planned): number => {
  const place = first.indexOf(item.key.type);
  return place === -1 ? first.length : place;
};
