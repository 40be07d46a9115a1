// Message types without an effect of their own are kept and shown to a person.
import type { Change } from '../../fhir/change.js';
import { referenceTo, type Reference } from '../../followup/vocabulary/element.js';
import { created } from '../../followup/vocabulary/module-change.js';
import { engineDevice, structure, system } from '../../followup/vocabulary/systems.js';
import type { View } from '../../interactions/commit-types.js';
import { instant } from '../../kernel/clock.js';
import { messageTypeName } from '../../mapping/plo/message-types.js';
import { partyName } from '../../mapping/plo/party.js';
import { sendStatusOf } from '../../mapping/plo/send-status.js';
import type { MessageParts } from '../message-parts.js';
import type { Arrived } from './arrived.js';
import { centreReference } from './directory.js';
import { keepMessage, logicalPatient, type Kept } from './keep.js';

export const readMessage = {
  coding: [{ system: system.taskCode, code: 'read-message', display: 'Melding til gjennomlesning' }],
  text: 'Melding til gjennomlesning',
};

/** @param reason why a person must see it, where its type alone does not say so */
export async function keepForReading(
  arrived: Arrived,
  view: View,
  parts: MessageParts,
  reason?: string,
): Promise<readonly Change[]> {
  const patient = await patientOf(arrived, view);
  const kept = await keepMessage(arrived, patient, view, parts);
  return [...kept.changes, await readingTask(arrived, { kept, patient, reason }, view, parts)];
}

/** The Patient with the identity of the message, if there is exactly one. */
export async function patientOf({ identity }: Arrived, view: View): Promise<Reference | undefined> {
  const found = identity === undefined ? [] : await view.patients(identity);
  return found.length === 1 ? referenceTo(found[0]!) : undefined;
}

interface ToRead {
  readonly kept: Kept;
  readonly patient: Reference | undefined;
  readonly reason?: string | undefined;
}

export async function readingTask(
  arrived: Arrived,
  { kept, patient, reason }: ToRead,
  view: View,
  parts: MessageParts,
): Promise<Change> {
  const { head } = arrived;
  const at = instant(view.now);
  const subject = patient ?? logicalPatient(arrived);
  const status = { N: '', M: ' (endring av en tidligere melding)', C: ' (kansellering av en tidligere melding)' }[
    sendStatusOf(head)
  ];
  return created({
    resourceType: 'Task',
    id: parts.ids.next(),
    meta: { profile: [structure('dho-task')] },
    status: 'requested',
    intent: 'order',
    priority: head.type.code === 'LOG_DOD' || sendStatusOf(head) === 'C' ? 'urgent' : 'routine',
    code: readMessage,
    description: [`${messageTypeName(head.type.code)}${status} fra ${partyName(head.sender)}.`, reason]
      .filter((part) => part !== undefined)
      .join(' '),
    focus: kept.communication,
    ...(subject && { for: subject }),
    authoredOn: at,
    lastModified: at,
    requester: engineDevice,
    owner: await centreReference(view, head.receiver, parts.settings.centreHerId),
    input: [{ type: { text: 'Melding' }, valueReference: kept.document }],
  });
}
