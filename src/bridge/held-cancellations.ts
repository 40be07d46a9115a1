// A cancellation may be quicker than what it cancels: it is receipted, held, and applied when the original has come.
import { Failure } from '../kernel/failure.js';
import { patientIdentity } from '../mapping/plo/check-head.js';
import type { MsgHead } from '../mapping/plo/envelope.js';
import { readMsgHead } from '../mapping/plo/msg-head.js';
import { addressOf } from '../mapping/plo/party.js';
import { sendStatusOf } from '../mapping/plo/send-status.js';
import { readXml } from '../mapping/xml/read-xml.js';
import { releaseHeld, type StoredMessage } from '../storage/messages.js';
import { heldHandling, originalsOf, waitsFor } from './hl7/held-cancellations.js';
import type { Arrived, Handling } from './message/arrived.js';
import { provenanceOf } from './message/provenance.js';
import { keepForReading } from './message/read.js';
import { treatmentFor } from './message/treatments.js';
import type { MessageParts } from './message-parts.js';

/** How long a cancellation waits for what it cancels before a person is asked, in milliseconds. */
const patience = 24 * 3600_000;

/** Does the message cancel one of the same sender that has not come? */
export async function overtakesItsOriginal(head: MsgHead, { messages }: MessageParts): Promise<boolean> {
  if (sendStatusOf(head) !== 'C' || head.conversation === undefined) return false;
  return !(await originalCame(addressOf(head.sender), head.conversation, { messages }));
}

async function originalCame(
  sender: string,
  { parent, conversation }: { readonly parent: string; readonly conversation: string },
  { messages }: Pick<MessageParts, 'messages'>,
): Promise<boolean> {
  for (const msgId of new Set([parent, conversation]))
    if ((await messages.find(sender, msgId)) !== undefined) return true;
  return false;
}

/** Applies the cancellations that waited for this message. What fails is tried again by `sweepHeld`. */
export async function applyHeldFor(head: MsgHead, parts: MessageParts): Promise<void> {
  const of = { sender: addressOf(head.sender), msgId: head.id };
  for (const held of await parts.messages.held({ of, limit: 10 })) await release(held, parts);
}

/** The same for HL7 v2: cancellations of that visit which wait for a message of that type. */
export async function applyHeldForVisit(
  { sender, visit, type }: { readonly sender: string; readonly visit: string; readonly type: string },
  parts: MessageParts,
): Promise<void> {
  for (const held of await parts.messages.held({ of: { sender, msgId: visit }, limit: 10 }))
    if (waitsFor(held, type)) await release(held, parts);
}

/**
 * Looks after the cancellations that wait: those whose original has come are applied, those that have waited for a day are
 * shown to a person.
 */
export async function sweepHeld(parts: MessageParts): Promise<undefined> {
  for (const held of await parts.messages.held({ limit: 100 })) {
    const { sender = '', parent = '', conversation = parent } = held;
    const came = isHl7(held)
      ? await parts.messages.came({ sender, conversation, types: originalsOf(held) })
      : await originalCame(sender, { parent, conversation }, parts);
    if (came) await release(held, parts);
    else if (parts.clock.now() - held.receivedAt >= patience)
      await release(held, parts, 'Meldingen som trekkes tilbake, er ikke mottatt.');
  }
  return undefined;
}

/** Types of HL7 v2 are written `ADT^A11`. */
const isHl7 = ({ msgType }: StoredMessage): boolean => msgType?.includes('^') === true;

/** What a release does, and to whom. */
interface Released {
  readonly handling: Handling;
  readonly identity: { readonly system: string; readonly value: string } | undefined;
  readonly messageId: string;
  readonly type: string;
}

function ploHandling(bytes: Uint8Array, parts: MessageParts, unmatched: string | undefined): Released {
  const head = readMsgHead(readXml(bytes));
  const arrived: Arrived = { head, bytes, identity: patientIdentity(head) };
  const handling: Handling =
    unmatched === undefined ? treatmentFor(arrived, parts) : (view) => keepForReading(arrived, view, parts, unmatched);
  return { handling, identity: arrived.identity, messageId: head.id, type: head.type.code };
}

/** @param unmatched why a person must see it, where it is not applied */
async function release(held: StoredMessage, parts: MessageParts, unmatched?: string): Promise<void> {
  const bytes = await parts.messages.raw(held.id);
  if (bytes === undefined) return;
  const { handling, identity, messageId, type } = isHl7(held)
    ? heldHandling(held, bytes, parts, unmatched)
    : ploHandling(bytes, parts, unmatched);
  try {
    await parts.commit(
      {
        action: `message ${type}`.slice(0, 60),
        ...(identity && { patients: [identity] }),
        decide: async (view) => {
          const changes = await handling(view);
          return [...changes, ...provenanceOf(changes, messageId, { now: view.now, ids: parts.ids })];
        },
        conclude: (tx) => releaseHeld(tx, held.id),
      },
      parts.by,
      held.id,
    );
  } catch (error) {
    // Another instance has done it, or it is tried again at the next sweep.
    parts.log.warn(
      { message: held.id, error: error instanceof Failure ? error.message : String(error) },
      'a held cancellation was not applied now',
    );
    return;
  }
  parts.log.info({ message: held.id, type }, 'a held cancellation was released');
}
