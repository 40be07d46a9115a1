import type { Resource } from '../../fhir/resource.js';

/** Durable work (table `job`) that writes a message; `version` makes the message's id, so that a retry is the same message. */
export type MessageJob =
  | {
      readonly kind:
        | 'message-referral-answer'
        | 'message-referral-question'
        | 'message-plan-to-gp'
        | 'message-limits-question'
        | 'message-health-information';
      readonly payload: { readonly task: string; readonly version: string };
    }
  | {
      readonly kind: 'message-service-notice' | 'message-admission-report' | 'message-requested';
      readonly payload: { readonly id: string; readonly version: string };
    };

const r4TaskCode = 'http://hl7.org/fhir/CodeSystem/task-code';
const ownTaskCode = 'http://hjemmebro.no/fhir/CodeSystem/dho-task-code';

/**
 * Which message a change causes:
 * - the Task of a referral that was accepted or rejected: the answer to the referrer
 * - the Task of a referral that is asked about: the question to the referrer
 * - the Task of a plan that was submitted for approval, or is asked for again: the plan to the GP
 * - a Task about missing limits that is handed to another: a question to them, with the measurements
 * - a Task to tell the GP: information to the GP
 * - an EpisodeOfCare that starts, pauses or ends: notice of the service to the GP
 * - an Encounter that begins: report at admission to the hospital
 * - a CommunicationRequest that names a type of message: that message
 *
 * @param after with id and meta.versionId
 */
export function messageJobOf(before: Resource | undefined, after: Resource): MessageJob | undefined {
  const { id } = after;
  if (id === undefined) return undefined;
  const version = after.meta?.versionId ?? '1';
  if (after.resourceType === 'Task') return ofTask(before, after, { task: id, version });
  if (before?.status === after.status) return undefined;
  if (after.resourceType === 'CommunicationRequest')
    return after.status === 'active' && requestedType(after) !== undefined
      ? { kind: 'message-requested', payload: { id, version } }
      : undefined;
  if (after.resourceType === 'EpisodeOfCare') {
    const told =
      after.status === 'active' ? before?.status !== 'onhold' : ['onhold', 'finished'].includes(String(after.status));
    // An episode that is written as it stands (a transfer, a restore) is no event.
    return before !== undefined && told ? { kind: 'message-service-notice', payload: { id, version } } : undefined;
  }
  return after.resourceType === 'Encounter' && after.status === 'in-progress' && isInpatient(after)
    ? { kind: 'message-admission-report', payload: { id, version } }
    : undefined;
}

function ofTask(
  before: Resource | undefined,
  after: Resource,
  payload: { readonly task: string; readonly version: string },
): MessageJob | undefined {
  if (hasCode(after, ownTaskCode, 'limits-needed'))
    return before !== undefined && after.status === 'requested' && ownerOf(before) !== ownerOf(after)
      ? { kind: 'message-limits-question', payload }
      : undefined;
  if (isReminded(before, after)) return { kind: 'message-plan-to-gp', payload };
  if (before?.status === after.status) return undefined;
  if (hasCode(after, r4TaskCode, 'fulfill') && (after.status === 'accepted' || after.status === 'rejected'))
    return { kind: 'message-referral-answer', payload };
  if (hasCode(after, r4TaskCode, 'fulfill') && after.status === 'on-hold')
    return { kind: 'message-referral-question', payload };
  if (after.status !== 'requested') return undefined;
  if (hasCode(after, r4TaskCode, 'approve')) return { kind: 'message-plan-to-gp', payload };
  return hasCode(after, ownTaskCode, 'notify-fastlege') ? { kind: 'message-health-information', payload } : undefined;
}

const messageTypeList = 'urn:oid:2.16.578.1.12.4.1.1.8279';

const requestedCoding = (request: Resource) =>
  (
    (request.category ?? []) as readonly {
      readonly coding?: readonly { system?: string; version?: string; code?: string }[];
    }[]
  )
    .flatMap(({ coding = [] }) => coding)
    .find(({ system }) => system === messageTypeList);

/** The message that a CommunicationRequest asks for: the code of 8279 in its category. */
export const requestedType = (request: Resource): string | undefined => requestedCoding(request)?.code;

/** The version of the standard that it is to be written in: `version` of that code; undefined where any will do. */
export const requestedVersion = (request: Resource): string | undefined => requestedCoding(request)?.version;

/** A plan that waits for its answer has become urgent: the first reminder is a message too. */
const isReminded = (before: Resource | undefined, after: Resource): boolean =>
  hasCode(after, r4TaskCode, 'approve') &&
  before?.status === 'requested' &&
  after.status === 'requested' &&
  before.priority !== 'urgent' &&
  after.priority === 'urgent';

const ownerOf = (task: Resource): string => JSON.stringify(task.owner ?? null);

const isInpatient = (encounter: Resource): boolean =>
  (encounter.class as { readonly code?: string } | undefined)?.code === 'IMP';

function hasCode(task: Resource, system: string, code: string): boolean {
  const codings =
    (task.code as { readonly coding?: readonly { readonly system?: string; readonly code?: string }[] } | undefined)
      ?.coding ?? [];
  return codings.some((one) => one.system === system && one.code === code);
}
