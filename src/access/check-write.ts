/**
 * Which changes a caller may make (decision 16): writes need a running relation to every patient concerned, and elements
 * that grant a relation are writable only by the granting party. Scopes and types as a whole are `decide.ts`; protected
 * elements of managed resources are the follow-up module's own rule (decision 9).
 */
import type { Change } from '../fhir/change.js';
import type { Resource } from '../fhir/resource.js';
import { Failure } from '../kernel/failure.js';
import { absent, decide } from './decide.js';
import { narrowings } from './narrowing.js';
import type { Principal } from './principal.js';
import { isReferral, referralOf } from './referral.js';
import { reservedElement } from './reserved-elements.js';
import type { Narrowing } from './row-scope.js';
import { isController } from './type-rules.js';

/** What is known of the patients and references of one change, under the locks. */
export interface WriteFacts {
  /**
   * The stored row is one the caller may see (`rowScope`), a deleted row included: who may not see it may not revive it.
   * true where there is no row yet.
   */
  readonly visible: boolean;
  /** Every patient that the row concerns after the change, among those that are found. */
  readonly patients: readonly PatientFact[];
  /** The row names a patient who is not found here. */
  readonly unknownPatient: boolean;
  /** What a patient scope or the query of a scope narrows the interaction to holds before and after the change. */
  readonly narrowed: (narrowing: Narrowing) => boolean;
  /** Party keys that a Reference names (`relationFacts`). */
  readonly parties: (reference: unknown) => readonly string[];
}

export interface PatientFact {
  /** A party of the caller has a running relation to the patient. */
  readonly related: boolean;
  /** The Patient itself is visible to the caller, by relation or because it was granted. */
  readonly visible: boolean;
}

/**
 * What a caller needs to have with the patients of what it writes.
 *
 * - `related`: a running relation (the rule)
 * - `visible`: sight of the Patient: a municipality opens an episode or registers an application for a person that it
 *   registered itself or that was referred to it; a citizen sends measurements and answers of themself
 * - `any`: nothing. A referral comes before any relation; a Patient is registered before any relation; a device client
 *   delivers measurements for every patient of its data controller and learns nothing by it, since it gets the same answer
 *   whether the person is followed up, known or unknown (an unplanned reading goes to the worklist, decision 11).
 */
export type PatientRule = 'related' | 'visible' | 'any';

export function patientRule(principal: Principal, resource: Resource): PatientRule {
  if (principal.role === 'admin' || principal.role === 'device') return 'any';
  if (principal.role === 'citizen') return 'visible';
  switch (resource.resourceType) {
    case 'Patient':
      return 'any';
    case 'ServiceRequest':
      if (principal.role === 'municipality') return 'visible';
      return isReferral(resource) ? 'any' : 'related';
    case 'Task':
      if (principal.role === 'municipality') return 'visible';
      return referralOf(resource) === undefined ? 'related' : 'any';
    case 'EpisodeOfCare':
      return 'visible';
    default:
      return 'related';
  }
}

/**
 * @param before the stored resource of an update or delete
 * @returns the refusal, or undefined where the change may be made. A row that may not be seen is answered as one that is
 *   absent; a patient without a relation is answered as one that is not known here.
 */
export function checkWrite(
  principal: Principal,
  change: Change,
  before: Resource | undefined,
  facts: WriteFacts,
): Failure | undefined {
  if (change.by === 'module') return undefined;
  const type = change.op === 'delete' ? change.type : change.resource.resourceType;
  for (const interaction of change.op === 'update' && before === undefined
    ? (['update', 'create'] as const)
    : [change.op]) {
    const decision = decide(principal, interaction, type);
    if (!decision.allowed) return decision.failure;
    if (narrowings(principal, [interaction], type)?.some(facts.narrowed) === false)
      return facts.visible ? outsideScope(type) : absent(type);
  }
  if (!facts.visible) return absent(type);
  const after = change.op === 'delete' ? undefined : change.resource;
  return (
    (after === undefined ? undefined : patientRefusal(principal, after, facts)) ??
    reservedElement(principal, { op: change.op, type, before, after, parties: facts.parties })
  );
}

function patientRefusal(principal: Principal, after: Resource, facts: WriteFacts): Failure | undefined {
  const rule = patientRule(principal, after);
  if (rule === 'any') return undefined;
  // What a citizen sends is about themself and nobody else, and never about nobody.
  if (principal.role === 'citizen' && facts.patients.length !== 1) return noRelation(after.resourceType);
  const held = facts.patients.every((patient) => patient.related || (rule === 'visible' && patient.visible));
  const known = !facts.unknownPatient || isController(principal);
  return held && known ? undefined : noRelation(after.resourceType);
}

const outsideScope = (type: string): Failure =>
  new Failure('forbidden', 'The scopes of the access token do not reach this resource.', { expression: type });

const noRelation = (type: string): Failure =>
  new Failure(
    'forbidden',
    'This client has no care relation to the patient, or the patient is not known here. A referral (ServiceRequest) comes first.',
    {
      expression: type,
    },
  );
