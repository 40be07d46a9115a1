/**
 * Care relations (decision 16): a relation starts only by the act of someone who already has it. This file says which
 * accepted change starts or ends which relation; that only the entitled can make such a change is `check-write.ts`.
 */
import type { Change } from '../fhir/change.js';
import { parseReference } from '../fhir/reference.js';
import { keyOf, type Resource, type ResourceKey } from '../fhir/resource.js';
import { approvalOf, approvalUrl } from '../followup/plan/frame-codec.js';
import { extensionOf, hasCode, many, type Reference } from '../followup/vocabulary/element.js';
import { system } from '../followup/vocabulary/systems.js';
import { type PartySource, resolveParties } from './parties.js';
import type { Principal } from './principal.js';
import { blockedActors } from './record-blocks.js';
import { isPermitting, permitsOf, permittedActors, representativeOf } from './consent-permits.js';
import { lentChanges } from './lent-access.js';
import { isReferral, referralOf } from './referral.js';

/**
 * - `episode`: the municipality that runs the service
 * - `fastlege`: the GP or GP office on the patient
 * - `referral`: the referrer, once the referral is accepted · `referral-received`: the receiving municipality
 * - `plan`: the hospital that is responsible for a plan in force
 * - `admission`: a hospital that is already related, for the stay
 * - `consent`: whom the patient lets see the record, until a day
 * - `emergency`: a person who took it, giving a reason, for some hours · `cover`: an organisation that the owner lent it to
 */
export type RelationKind =
  | 'episode'
  | 'fastlege'
  | 'referral'
  | 'referral-received'
  | 'plan'
  | 'admission'
  | 'consent'
  | 'emergency'
  | 'cover';

/**
 * One relation of all patients of the source row. `commit` applies it after the rows are written
 * (`storage/relations.ts`).
 */
export type RelationChange =
  | {
      readonly op: 'start';
      readonly kind: RelationKind;
      readonly party: string;
      readonly source: ResourceKey;
      /** Milliseconds since 1970 at which it ends by itself. */
      readonly until?: number;
    }
  /** `party` absent: every relation of that kind from that source; `kind` absent: of every kind. */
  | {
      readonly op: 'end';
      readonly kind?: RelationKind;
      readonly party?: string;
      readonly source: ResourceKey;
      /** Milliseconds since 1970. */
      readonly at: number;
    };

export interface RelationFacts {
  readonly by: Principal;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Days that a relation outlasts an episode, referral or stay that ended in order (RELATION_DAYS_AFTER_END). */
  readonly daysAfterEnd: number;
  /** Party keys that a Reference names (`relationFacts` resolved it). */
  readonly parties: (reference: unknown) => readonly string[];
  /** The referral that a changed Task fulfils. */
  readonly referral?: Resource | undefined;
  /** Parties of an admission that have a running relation to the patient of a running episode. */
  readonly related: ReadonlySet<string>;
}

/** The store inside the transaction, as far as relations ask it; `View` fits. */
export interface RelationSource extends PartySource {
  read(key: ResourceKey): Promise<Resource | undefined>;
  related(patient: ResourceKey, parties: readonly string[]): Promise<boolean>;
}

const bearing: ReadonlySet<string> = new Set([
  'Patient',
  'EpisodeOfCare',
  'ServiceRequest',
  'Task',
  'CarePlan',
  'Encounter',
  'Consent',
]);

/** Whether changes of the type can start or end relations at all; the others need no facts. */
export const bearsRelations = (type: string): boolean => bearing.has(type);

/** Gathers what `relationChanges` and `checkWrite` need to know about one change. */
export async function relationFacts(
  change: Change,
  before: Resource | undefined,
  source: RelationSource,
  given: Pick<RelationFacts, 'by' | 'now' | 'daysAfterEnd'>,
): Promise<RelationFacts> {
  const resolved = new Map<string, readonly string[]>();
  const after = change.op === 'delete' ? undefined : change.resource;
  const task = after === undefined ? undefined : referralOf(after);
  const referral = task === undefined ? undefined : await source.read(task);
  for (const resource of [before, after, referral]) {
    for (const reference of resource === undefined ? [] : granting(resource)) {
      const key = JSON.stringify(reference);
      if (!resolved.has(key)) resolved.set(key, await resolveParties(reference, source));
    }
  }
  if (after !== undefined && isPermitting(after)) {
    for (const actor of permittedActors(after)) {
      const key = JSON.stringify(actor);
      resolved.set(key, [...(resolved.get(key) ?? []), ...(await representativeOf(actor, after, source))]);
    }
  }
  const parties = (reference: unknown): readonly string[] => resolved.get(JSON.stringify(reference)) ?? [];
  const related =
    after?.resourceType === 'Encounter'
      ? await relatedInEpisode(after, parties(after.serviceProvider), source)
      : new Set<string>();
  return { ...given, parties, referral, related };
}

/** References of a resource that can name a party to a relation. */
function granting(resource: Resource): readonly unknown[] {
  switch (resource.resourceType) {
    case 'Patient':
      return many(resource.generalPractitioner);
    case 'EpisodeOfCare':
      return many(resource.managingOrganization);
    case 'ServiceRequest':
      return [...many(resource.requester), ...many(resource.performer)];
    case 'Task':
      return [...many(resource.requester), ...many(resource.owner)];
    case 'Encounter':
      return many(resource.serviceProvider);
    case 'Consent':
      return [...blockedActors(resource), ...permittedActors(resource)];
    default:
      return [];
  }
}

/**
 * The hospital doctor who approved a plan that the hospital (`sykehus`) answers for, and the hospital. A plan that the GP
 * approved relates nobody: the GP is related as GP, and stops being so with the patient's next one.
 */
function responsibleParties(plan: Resource): readonly string[] {
  const { responsible, by, org } = approvalOf(plan) ?? {};
  if (responsible !== 'sykehus' || by?.role !== 'hospital') return [];
  return [...(by.hpr === undefined ? [] : [`hpr:${by.hpr}`]), ...(org === undefined ? [] : [`org:${org}`])];
}

async function relatedInEpisode(
  encounter: Resource,
  parties: readonly string[],
  source: RelationSource,
): Promise<ReadonlySet<string>> {
  const parsed = parseReference((encounter.subject as Reference | undefined)?.reference ?? '');
  if (parsed.kind !== 'local' || parsed.type !== 'Patient') return new Set();
  const running = await source.search(
    'EpisodeOfCare',
    `patient=Patient/${parsed.id}&status=planned,waitlist,active,onhold`,
  );
  if (running.length === 0) return new Set();
  const related = new Set<string>();
  for (const party of parties) if (await source.related(parsed, [party])) related.add(party);
  return related;
}

/**
 * What an accepted change starts and ends. Starting one that runs already changes nothing, so a change whose patient was
 * found later may be asked again with `before` undefined.
 */
export function relationChanges(
  change: Change,
  before: Resource | undefined,
  facts: RelationFacts,
): readonly RelationChange[] {
  if (change.op === 'delete') {
    return bearsRelations(change.type)
      ? [{ op: 'end', source: { type: change.type, id: change.id }, at: facts.now }]
      : [];
  }
  const after = change.resource;
  const source = { type: after.resourceType, id: after.id ?? '' };
  if (!bearsRelations(source.type)) return [];
  return [
    ...heldChanges(before, after, facts).map((part) => ({ ...part, source })),
    ...(source.type === 'ServiceRequest' ? referralChanges(before, after, facts) : []),
    ...(source.type === 'Task' && change.by === 'module' ? acceptanceChanges(before, after, facts) : []),
    ...(source.type === 'Task' && change.by === 'module' ? lentChanges(before, after, facts) : []),
    ...(source.type === 'EpisodeOfCare' ? followingReferrals(before, after, facts) : []),
    ...(source.type === 'Consent' ? consentChanges(before, after, facts) : []),
    ...(source.type === 'CarePlan' && change.by === 'module' ? planChanges(before, after, facts) : []),
  ];
}

interface Held {
  readonly kind: RelationKind;
  readonly party: string;
}

type WithoutSource<T> = T extends unknown ? Omit<T, 'source'> : never;

const openEpisode: ReadonlySet<unknown> = new Set(['planned', 'waitlist', 'active', 'onhold']);
const runningStay: ReadonlySet<unknown> = new Set(['arrived', 'triaged', 'in-progress', 'onleave']);

/** Relations that a resource carries by its very state. */
function held(resource: Resource | undefined, facts: RelationFacts): readonly Held[] {
  const each = (kind: RelationKind, references: unknown): Held[] =>
    many(references).flatMap((reference) => facts.parties(reference).map((party) => ({ kind, party })));
  switch (resource?.resourceType) {
    case 'Patient':
      return each('fastlege', resource.generalPractitioner);
    case 'EpisodeOfCare':
      return openEpisode.has(resource.status)
        ? each('episode', resource.managingOrganization).filter(isOrganisation)
        : [];
    case 'Encounter':
      return runningStay.has(resource.status) ? each('admission', resource.serviceProvider).filter(isOrganisation) : [];
    default:
      return [];
  }
}

const isOrganisation = ({ party }: Held): boolean => party.startsWith('org:');

function heldChanges(
  before: Resource | undefined,
  after: Resource,
  facts: RelationFacts,
): WithoutSource<RelationChange>[] {
  const was = held(before, facts);
  const is = held(after, facts);
  const same = (one: Held) => (other: Held) => one.kind === other.kind && one.party === other.party;
  const starts = is
    .filter((one) => !was.some(same(one)))
    // An admission tells nobody's patient to a hospital: only one that is related already stays so for the stay.
    .filter((one) => one.kind !== 'admission' || facts.related.has(one.party))
    .map((one) => ({ op: 'start' as const, ...one }));
  const at = endOf(after, facts);
  const ends = was.filter((one) => !is.some(same(one))).map((one) => ({ op: 'end' as const, ...one, at }));
  return [...starts, ...ends];
}

/** Ended in order: some days more, for the record's sake. Mistaken, cancelled or taken away: now. */
function endOf(after: Resource, facts: RelationFacts): number {
  return after.status === 'finished' || after.status === 'completed'
    ? facts.now + facts.daysAfterEnd * 86_400_000
    : facts.now;
}

/** A referral gives the centre that received it sight of the patient; its sender gets nothing before it is accepted. */
function referralChanges(before: Resource | undefined, after: Resource, facts: RelationFacts): RelationChange[] {
  const source = { type: 'ServiceRequest', id: after.id ?? '' };
  const ended = after.status === 'revoked' || after.status === 'completed' || after.status === 'entered-in-error';
  if (ended && before !== undefined && before.status !== after.status) {
    const later = facts.now + facts.daysAfterEnd * 86_400_000;
    return [
      { op: 'end', kind: 'referral', source, at: endOf(after, facts) },
      { op: 'end', kind: 'referral-received', source, at: after.status === 'entered-in-error' ? facts.now : later },
    ];
  }
  const arrives = isReferral(after) && after.status === 'active' && before?.status !== 'active';
  const centre = `org:${facts.by.controller}`;
  // Whoever sends a referral to itself would grant itself the patient.
  const toItself = facts.by.organisation === facts.by.controller && facts.by.role !== 'admin';
  const receivers = many(after.performer)
    .flatMap((performer) => facts.parties(performer))
    .filter((party) => party.startsWith('org:'));
  if (!arrives || toItself || (receivers.length > 0 && !receivers.includes(centre))) return [];
  return [{ op: 'start', kind: 'referral-received', party: centre, source }];
}

/** `ServiceRequest/$accept` moved the Task: the referrer is related to the patient of the referral. */
function acceptanceChanges(
  before: Resource | undefined,
  task: Resource,
  { referral, parties }: RelationFacts,
): RelationChange[] {
  if (task.status !== 'accepted' || before?.status === 'accepted' || referral === undefined || !isReferral(referral))
    return [];
  const source = { type: 'ServiceRequest', id: referral.id ?? '' };
  return many(referral.requester)
    .flatMap((requester) => parties(requester))
    .map((party) => ({ op: 'start', kind: 'referral', party, source }));
}

/** With the episode end the relations of the referrals it answered. */
function followingReferrals(before: Resource | undefined, after: Resource, facts: RelationFacts): RelationChange[] {
  if (before === undefined || !openEpisode.has(before.status) || openEpisode.has(after.status)) return [];
  return many<Reference>(after.referralRequest).flatMap((reference) => {
    const parsed = parseReference(reference.reference ?? '');
    if (parsed.kind !== 'local' || parsed.type !== 'ServiceRequest') return [];
    return [{ op: 'end', source: { type: parsed.type, id: parsed.id }, at: endOf(after, facts) }];
  });
}

/** A plan that was approved is related to those who answer for it, until it is replaced or ended. */
function planChanges(before: Resource | undefined, after: Resource, facts: RelationFacts): RelationChange[] {
  const source = { type: 'CarePlan', id: after.id ?? '' };
  const wasInForce = before !== undefined && inForce(before);
  if (inForce(after) && !wasInForce) {
    return responsibleParties(after).map((party) => ({ op: 'start', kind: 'plan', party, source }));
  }
  if (!wasInForce) return [];
  if (!inForce(after)) return [{ op: 'end', kind: 'plan', source, at: endOf(after, facts) }];
  // Handed over: those who answered for it until now keep sight of it for as long as after any other end.
  const answering = responsibleParties(after);
  return responsibleParties(before)
    .filter((party) => !answering.includes(party))
    .map((party) => ({ op: 'end', kind: 'plan', party, source, at: facts.now + facts.daysAfterEnd * 86_400_000 }));
}

/** What a Consent lets anybody see is what its current version says; what it no longer says ends at once. */
function consentChanges(before: Resource | undefined, after: Resource, facts: RelationFacts): RelationChange[] {
  const source = { type: 'Consent', id: after.id ?? '' };
  const ends: RelationChange[] = isPermitting(before) ? [{ op: 'end', kind: 'consent', source, at: facts.now }] : [];
  const permits = permitsOf(after, facts.parties, facts.now).filter(({ until }) => until > facts.now);
  return [...ends, ...permits.map((permit) => ({ op: 'start', kind: 'consent', source, ...permit }) as const)];
}

const inForce = (plan: Resource): boolean =>
  (plan.status === 'active' || plan.status === 'on-hold') &&
  hasCode(plan.category, system.vkpPlanCategory) &&
  extensionOf(plan, approvalUrl) !== undefined;

/** For logs and tests: `start episode org:310000019 EpisodeOfCare/1`. */
export const describeRelation = (change: RelationChange): string =>
  [change.op, change.kind ?? '*', change.party ?? '*', keyOf(change.source)].join(' ');
