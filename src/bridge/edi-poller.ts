// NHN Meldingstjener REST API («EDI 2.0»): fetch what waits, take it in, answer, mark as read.
import { Failure } from '../kernel/failure.js';
import type { Log } from '../kernel/log.js';
import { readAppRec } from '../mapping/plo/read-app-rec.js';
import { readXml } from '../mapping/xml/read-xml.js';
import type { EdiAppRec, EdiClient, EdiMessage } from './edi-client.js';
import type { PloAnswer } from './plo-delivery.js';

export interface EdiPolling {
  readonly client: EdiClient;
  /** HER-ids whose messages are fetched. */
  readonly receivers: readonly string[];
  /** Takes a message in; its effects and its receipt are durable when this has returned. */
  readonly receive: (bytes: Uint8Array) => Promise<PloAnswer>;
  readonly log: Log;
}

/**
 * One round: everything that is unread, in order. A message is marked as read only after it is stored and answered; when the
 * server falls between, it comes again and gets the same receipt. One that fails stays unread and does not stop the others.
 *
 * @returns how many were taken
 */
export async function pollEdi({ client, receivers, receive, log }: EdiPolling): Promise<number> {
  let taken = 0;
  for (const message of await client.unread(receivers)) {
    try {
      await takeOne(message, { client, receive, log });
      taken++;
    } catch (error) {
      log.warn(
        { message: message.id, error: error instanceof Error ? error.message : String(error) },
        'a message of the message service could not be taken in now',
      );
    }
  }
  return taken;
}

async function takeOne(
  { id, receiverHerId, isAppRec }: EdiMessage,
  { client, receive, log }: Pick<EdiPolling, 'client' | 'receive' | 'log'>,
): Promise<void> {
  const herId = String(receiverHerId);
  const document = await client.document(id);
  const receipt = await receiptFor(() => receive(document));
  if (!isAppRec && receipt !== undefined) {
    try {
      await client.answer(id, herId, receipt);
    } catch (error) {
      if (!(error instanceof Failure) || error.category !== 'unprocessable') throw error;
      // Answered before, by an attempt that fell over before it marked the message.
      log.info({ message: id }, 'the message service has an answer to this message already');
    }
  }
  await client.markRead(id, herId);
}

/** The receipt as the service wants it; what cannot be read at all is refused (and kept here for a person). */
async function receiptFor(receive: () => Promise<PloAnswer>): Promise<EdiAppRec | undefined> {
  let answer: PloAnswer;
  try {
    answer = await receive();
  } catch (error) {
    if (!(error instanceof Failure) || error.category !== 'invalid') throw error;
    return { appRecStatus: 'Rejected', appRecErrorList: [{ errorCode: 'T01', details: 'Meldingen kan ikke leses' }] };
  }
  if (answer.body === undefined) return undefined;
  const { status, errors } = readAppRec(readXml(answer.body));
  return {
    appRecStatus: status === '1' ? 'Ok' : status === '2' ? 'Rejected' : 'OkErrorInMessagePart',
    ...(errors.length > 0 && {
      appRecErrorList: errors.map(({ code, text }) => ({ errorCode: code, ...(text && { details: text }) })),
    }),
  };
}
