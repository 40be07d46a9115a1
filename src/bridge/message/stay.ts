// A hospital stay told by PLO (LOG_INNLAGT, LOG_UTSKREVET) or HL7 v2 (ADT A01 to A03, A11 to A13): one Encounter, whoever tells.
import type { Change } from '../../fhir/change.js';
import type { Resource } from '../../fhir/resource.js';
import {
  admitPatient,
  cancelAdmission,
  cancelDischarge,
  dischargePatient,
  type AdmissionFacts,
} from '../../followup/admission/admission.js';
import { cancelTransfer, transferPatient } from '../../followup/admission/transfer.js';
import {
  hasCode,
  many,
  referenceTo,
  type Identifier,
  type Period,
  type Reference,
} from '../../followup/vocabulary/element.js';
import { updated } from '../../followup/vocabulary/module-change.js';
import type { View } from '../../interactions/commit-types.js';
import type { Ids } from '../../kernel/ids.js';
import { millisecondsOf } from '../../mapping/message-time.js';

export type StayEvent =
  | 'admitted'
  | 'transferred'
  | 'discharged'
  | 'cancelled'
  | 'transfer-cancelled'
  | 'discharge-cancelled';

/** What a message says about a stay. */
export interface Stay {
  readonly event: StayEvent;
  /** Mapped from the message, without subject. */
  readonly encounter: Resource;
  /** Identifiers that the stay may have been told with before: earlier MsgIds of the conversation. */
  readonly earlier: readonly Identifier[];
  readonly owner: Reference;
}

/** The patient whose home follow-up runs or is about to; undefined for everybody else. */
export interface FollowedPatient {
  readonly patient: Reference;
  /** Active or onhold; undefined while the service is only planned. */
  readonly episode: Resource | undefined;
}

/**
 * Finds whom a stay concerns. Undefined for a person without home follow-up: then the message is kept and nothing is made
 * of it, neither Patient nor Encounter.
 */
export async function followedPatient(
  view: View,
  identity: { readonly system: string; readonly value: string },
): Promise<FollowedPatient | undefined> {
  const [patient, second] = await view.patients(identity);
  if (patient === undefined || second !== undefined) return undefined;
  const episodes = await view.search(
    'EpisodeOfCare',
    `patient=Patient/${patient.id}&status=planned,waitlist,active,onhold`,
  );
  if (episodes.length === 0) return undefined;
  return {
    patient: referenceTo(patient),
    episode: episodes.find(({ status }) => status === 'active' || status === 'onhold'),
  };
}

/** The follow-up module's effects of a stay: Encounter, pause or resumption, Task. Empty while the service is only planned. */
export async function stayChanges(
  stay: Stay,
  { patient, episode }: FollowedPatient,
  view: View,
  ids: Ids,
): Promise<readonly Change[]> {
  if (episode === undefined) return [];
  const over = stay.event === 'admitted' ? await endedStay(stay, patient, view) : undefined;
  if (over !== undefined) return [withStart(over, stay.encounter)];
  const stored = await storedStay(stay, patient, view);
  const encounter = { ...stay.encounter, identifier: mergedIdentifiers(stored, stay.encounter) };
  const flags = await view.search('Flag', `patient=${patient.reference}&status=active`);
  const facts: AdmissionFacts = { encounter, stored, patient, episode, flags, owner: stay.owner, now: view.now, ids };
  switch (stay.event) {
    case 'admitted':
      return admitPatient(facts);
    case 'transferred':
      return transferPatient(facts);
    case 'cancelled':
      return cancelAdmission(facts);
    case 'transfer-cancelled':
      return cancelTransfer(facts);
    case 'discharge-cancelled':
      return cancelDischarge(facts);
    case 'discharged':
      return dischargePatient({ ...facts, home: wentHome(encounter) });
  }
}

const dischargeDisposition = 'http://terminology.hl7.org/CodeSystem/discharge-disposition';
const wentHome = (encounter: Resource): boolean =>
  hasCode(
    (encounter.hospitalization as { dischargeDisposition?: unknown } | undefined)?.dischargeDisposition,
    dischargeDisposition,
    'home',
  );

/** Admissions that differ less than this are one stay told twice, by message and by HL7 v2. */
const sameStay = 24 * 60 * 60_000;

/** The stay as it is known here: by an identifier, or as the running one that the times fit. */
export async function storedStay(stay: Stay, patient: Reference, view: View): Promise<Resource | undefined> {
  const encounters = await view.search(
    'Encounter',
    `patient=${patient.reference}&status=planned,arrived,in-progress,onleave,finished`,
  );
  const named = [...many<Identifier>(stay.encounter.identifier), ...stay.earlier];
  const byIdentifier = encounters.find((one) =>
    many<Identifier>(one.identifier).some((own) =>
      named.some((name) => name.system === own.system && name.value === own.value),
    ),
  );
  if (byIdentifier !== undefined) return byIdentifier;
  if (stay.event === 'cancelled' || stay.event === 'discharge-cancelled') return undefined;
  const running = encounters.filter(({ status }) => status !== 'finished').toSorted((a, b) => startOf(b) - startOf(a));
  if (stay.event === 'admitted')
    return running.find((one) => Math.abs(startOf(one) - startOf(stay.encounter)) < sameStay);
  if (stay.event !== 'discharged') return running[0];
  const end = endOf(stay.encounter);
  return running.find((one) => startOf(one) <= end);
}

/** The stay that a discharge has ended before its admission was told: the same start, or none yet. */
async function endedStay(stay: Stay, patient: Reference, view: View): Promise<Resource | undefined> {
  const finished = await view.search('Encounter', `patient=${patient.reference}&status=finished`);
  const start = startOf(stay.encounter);
  return finished.find((one) =>
    (one.period as Period | undefined)?.start === undefined
      ? endOf(one) >= start && endOf(one) - start < longestStay
      : Math.abs(startOf(one) - start) < sameStay,
  );
}

/** Messages that come in the wrong order are not further apart than this. */
const longestStay = 90 * 24 * 60 * 60_000;

function withStart(ended: Resource, told: Resource): Change {
  const { start } = told.period as Period;
  return updated(ended, {
    identifier: mergedIdentifiers(ended, told),
    period: { ...(ended.period as Period), ...(start && { start }) },
  });
}

const startOf = (encounter: Resource): number =>
  millisecondsOf((encounter.period as Period | undefined)?.start ?? '') ?? 0;
const endOf = (encounter: Resource): number =>
  millisecondsOf((encounter.period as Period | undefined)?.end ?? '') ?? Number.POSITIVE_INFINITY;

function mergedIdentifiers(stored: Resource | undefined, told: Resource): readonly Identifier[] {
  const all = [...many<Identifier>(stored?.identifier), ...many<Identifier>(told.identifier)];
  return [...new Map(all.map((one) => [`${one.system ?? ''}|${one.value ?? ''}`, one])).values()];
}
