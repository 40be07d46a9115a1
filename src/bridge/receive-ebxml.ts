// A message in an ebXML envelope: the payload is taken in as any other, and the envelope is acknowledged.
import type { Principal } from '../access/principal.js';
import { Failure } from '../kernel/failure.js';
import { contentId, type MimePart, readMultipart } from '../mapping/ebxml/multipart.js';
import { type EbxmlMessage, isEbxml, readEbxml, soapNamespace } from '../mapping/ebxml/read-ebxml.js';
import { type EbxmlErrorCode, writeAcknowledgment, writeMessageError } from '../mapping/ebxml/write-ebxml.js';
import { readXml } from '../mapping/xml/read-xml.js';
import type { EbxmlAnswers } from '../storage/ebxml-messages.js';
import type { MessageParts } from './message-parts.js';
import type { PloAnswer } from './plo-delivery.js';
import type { ReceivePlo } from './receive-message.js';
import { checkSender } from './sender-check.js';

export interface EbxmlParts {
  readonly parts: MessageParts;
  readonly receive: ReceivePlo;
  readonly answers: EbxmlAnswers;
  /** Sends the receipt (AppRec): in ebXML it is a message of its own. */
  readonly sendReceipt: (receipt: EbxmlReceipt) => Promise<void>;
}
export interface EbxmlReceipt {
  /** HER-id of who receipts, and of who gets it. */
  readonly sender: string;
  readonly receiver: string;
  readonly body: Uint8Array;
  /** ConversationId, the same for message and receipt. */
  readonly conversation: string;
}

/** Does the body look like ebXML? */
export const looksLikeEbxml = (contentType: string, bytes: Uint8Array): boolean =>
  /^multipart\/related\b/i.test(contentType) ||
  Buffer.from(bytes.subarray(0, 4096)).toString('latin1').includes(soapNamespace);

/**
 * Takes an ebXML message: multipart/related with its payload, or the SOAP envelope alone (acknowledgment, error).
 *
 * @throws Failure `invalid` where there is no header to answer to, `forbidden` as for the payload
 */
export function ebxmlReceiver({ parts, receive, answers, sendReceipt }: EbxmlParts) {
  return async (contentType: string, bytes: Uint8Array, principal: Principal): Promise<PloAnswer> => {
    const mime = /^multipart\//i.test(contentType) ? readMultipart(contentType, bytes) : undefined;
    const root = readXml(mime === undefined ? bytes : (mime[0]?.body ?? new Uint8Array()));
    if (!isEbxml(root)) throw new Failure('invalid', 'The first part is not a SOAP envelope with an ebXML header.');
    const message = readEbxml(root);
    checkSender(principal, [message.from.id]);
    if (message.kind !== 'message') {
      if (message.kind === 'error')
        parts.log.warn({ refers: message.refToMessageId, errors: message.errors }, 'an ebXML message was refused');
      return { status: 204, accepted: true };
    }
    const before = await answers.find(message.from.id, message.messageId);
    if (before !== undefined) return soap(before);
    const answer = { messageId: parts.ids.next(), at: parts.clock.now() };
    const payload = payloadOf(message, mime ?? []);
    // An error is not kept: the sender may mend the message and try again under the same MessageId.
    if ('code' in payload) return soap(Buffer.from(writeMessageError(message, payload, answer)));
    const taken = await receive(payload.body, principal, 'http').catch((error: unknown) => {
      if (error instanceof Failure && error.category === 'invalid') return error;
      throw error;
    });
    if (taken instanceof Failure)
      return soap(Buffer.from(writeMessageError(message, { code: 'OtherXml', text: taken.message }, answer)));
    if (taken.body !== undefined) {
      await sendReceipt({
        sender: message.to.id,
        receiver: message.from.id,
        body: taken.body,
        conversation: message.conversationId,
      });
    }
    const acknowledgment = Buffer.from(writeAcknowledgment(message, answer));
    return soap(await answers.keep(message.from.id, message.messageId, acknowledgment, answer.at));
  };
}

const soap = (body: Uint8Array): PloAnswer => ({
  status: 200,
  body,
  accepted: true,
  contentType: 'text/xml; charset=utf-8',
});

/** The one payload of the manifest; or why there is none that can be read. */
function payloadOf(
  message: EbxmlMessage,
  mime: readonly MimePart[],
): MimePart | { readonly code: EbxmlErrorCode; readonly text: string } {
  if (message.payloads.length > 1) return { code: 'NotSupported', text: 'Bare én nyttelast støttes.' };
  const named =
    mime.find((part) => contentId(part) === message.payloads[0]) ??
    (message.payloads.length === 0 ? mime[1] : undefined);
  if (named === undefined) return { code: 'MimeProblem', text: 'Nyttelasten som konvolutten viser til, er ikke med.' };
  if (/pkcs7/i.test(named.headers['content-type'] ?? ''))
    return { code: 'SecurityFailure', text: 'Kryptert nyttelast kan ikke dekrypteres her.' };
  return named;
}
