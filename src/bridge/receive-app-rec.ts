// Inbound AppRec: the answer to something we sent. It is never answered itself.
import type { Change } from '../fhir/change.js';
import { updated } from '../followup/vocabulary/module-change.js';
import type { View } from '../interactions/commit-types.js';
import { instant } from '../kernel/clock.js';
import { Failure } from '../kernel/failure.js';
import type { InboundReceipt } from '../mapping/plo/read-app-rec.js';
import { findOne } from './message/directory.js';
import { messageIdSystem } from './message/identifiers.js';
import type { MessageParts } from './message-parts.js';
import type { PloAnswer, PloDelivery } from './plo-delivery.js';
import { checkSender } from './sender-check.js';

/**
 * Notes the receipt on the message it answers and keeps it. A receipt for a message that was never sent to that
 * receiver changes nothing, and is kept for a person to see.
 *
 * @throws Failure `forbidden` when the caller may not send for the one who answers
 */
export async function receiveAppRec(
  receipt: InboundReceipt,
  { bytes, principal, transport }: PloDelivery,
  parts: MessageParts,
): Promise<PloAnswer> {
  checkSender(principal, receipt.senderHerIds);
  const errors = receipt.errors.map(({ code, text }) => `${code} ${text ?? ''}`.trim()).join('; ');
  const accepted = receipt.status !== '2';
  const settled = await parts.messages.settle(receipt.originalId, receipt.senderHerIds, {
    accepted,
    code: receipt.status,
    raw: bytes,
    ...(accepted ? {} : { error: `The receiver refused the message: ${errors}` }),
  });
  const id = parts.ids.next();
  const message = {
    id,
    transport,
    msgId: receipt.id,
    msgType: 'APPREC',
    parent: receipt.originalId,
    ...(receipt.senderHerIds[0] && { sender: receipt.senderHerIds[0] }),
    raw: bytes,
    state: settled === undefined ? 'held' : 'accepted',
    receiptCode: receipt.status,
    ...(settled === undefined
      ? { error: 'No message with that id was sent to this receiver.' }
      : errors === ''
        ? {}
        : { error: errors }),
  } as const;
  try {
    const decide = (view: View) => (settled === undefined ? [] : told(receipt, accepted, view));
    await parts.commit({ action: 'message APPREC', message, decide }, principal, id);
  } catch (error) {
    // The same receipt again: it is stored and noted already.
    if (!(error instanceof Failure) || error.category !== 'conflict') throw error;
  }
  if (settled === undefined)
    parts.log.warn({ message: id }, 'a receipt came for a message that was not sent from here');
  return { status: 204, accepted: true };
}

/**
 * The Communication of the message as those see it who read over FHIR: arrived, or stopped by a refusal.
 * https://hl7.org/fhir/R4/valueset-event-status.html
 */
async function told(receipt: InboundReceipt, accepted: boolean, view: View): Promise<readonly Change[]> {
  const communication = await findOne(view, 'Communication', { system: messageIdSystem, value: receipt.originalId });
  if (communication === undefined || communication.status === 'completed') return [];
  if (accepted) return [updated(communication, { status: 'completed', received: instant(view.now) })];
  const text = receipt.errors.map(({ code, text: words }) => `${code} ${words ?? ''}`.trim()).join('; ');
  return [
    updated(communication, { status: 'stopped', statusReason: { text: text === '' ? 'Avvist av mottaker' : text } }),
  ];
}
