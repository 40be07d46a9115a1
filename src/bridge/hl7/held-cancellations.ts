// ADT^A11, A12 and A13 may be quicker than what they cancel: they are accepted, held, and applied when the original has come.
import { patientIdentityOf } from '../../mapping/hl7/patient-identity.js';
import { readHl7, type Hl7Message } from '../../mapping/hl7/read-hl7.js';
import { childOf } from '../../mapping/xml/xml-element.js';
import { component } from '../../mapping/hl7/data-types.js';
import type { StoredMessage } from '../../storage/messages.js';
import type { MessageParts } from '../message-parts.js';
import type { Handling } from '../message/arrived.js';
import { followedPatient } from '../message/stay.js';
import type { ArrivedHl7 } from './arrived-hl7.js';
import { centreOf, keepOriginal, readingTask } from './keep-original.js';
import { cancelledBy, treatMovement } from './stay-movement.js';

/** The name of a visit by which its messages find each other; undefined where the sender does not number visits. */
export function visitOf({ tree }: Hl7Message): string | undefined {
  const number =
    component(childOf(childOf(tree, 'PV1'), 'PV1.19'), 1) ?? component(childOf(childOf(tree, 'PID'), 'PID.18'), 1);
  return number === undefined ? undefined : `visit ${number}`;
}

/** Does the message cancel one of the same sender and visit that has not come? */
export async function overtakesItsOriginal(
  read: Hl7Message,
  sender: string,
  { messages }: MessageParts,
): Promise<boolean> {
  const originals = cancelledBy[read.header.event];
  const visit = visitOf(read);
  if (read.header.type !== 'ADT' || originals === undefined || visit === undefined) return false;
  return !(await messages.came({ sender, conversation: visit, types: originals }));
}

/** The types of message that a held cancellation may wait for: `ADT^A01`. */
export const originalsOf = ({ msgType }: StoredMessage): readonly string[] =>
  cancelledBy[msgType?.split('^')[1] ?? ''] ?? [];

export const waitsFor = (held: StoredMessage, messageType: string): boolean => originalsOf(held).includes(messageType);

/**
 * What a held cancellation does when it is released.
 *
 * @param unmatched why a person must see it, where what it cancels never came
 */
export function heldHandling(held: StoredMessage, bytes: Uint8Array, parts: MessageParts, unmatched?: string) {
  const read = readHl7(bytes);
  const identity = patientIdentityOf(read.tree)!;
  const arrived: ArrivedHl7 = { read, bytes, identity, messageId: held.msgId! };
  const handling: Handling =
    unmatched === undefined
      ? treatMovement(read.header.event as 'A11' | 'A12' | 'A13')(arrived, parts)
      : (view) => showUnmatched(arrived, unmatched, { view, parts });
  return { handling, identity, messageId: arrived.messageId, type: `${read.header.type}^${read.header.event}` };
}

async function showUnmatched(
  arrived: ArrivedHl7,
  reason: string,
  { view, parts }: { readonly view: Parameters<Handling>[0]; readonly parts: MessageParts },
): ReturnType<Handling> {
  const followed = await followedPatient(view, arrived.identity);
  if (followed === undefined) return [];
  const { patient } = followed;
  const name = `Kansellering (ADT^${arrived.read.header.event})`;
  const { changes, document } = keepOriginal(arrived, patient, { name }, { view, ids: parts.ids });
  const owner = await centreOf(view, parts);
  return [...changes, readingTask(arrived, { patient, owner, document, name, reason }, view, parts)];
}
