// DIALOG_HELSEFAGLIG (HIS 1077) asks the referrer something about a referral, in the conversation that it began.
import type { MsgHead } from '../plo/envelope.js';
import type { Professional } from '../plo/party.js';
import { type BuiltMessage, builtMessage } from './built-message.js';
import { dialogueNote } from './dialogue-note.js';
import { patientOf } from './referral-answer.js';

export interface ReferralQuestion {
  /** The referral as it was received. */
  readonly referral: MsgHead;
  readonly text: string;
  readonly contact: Professional;
  /** New UUID for the message. */
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** @throws Failure `unprocessable` when the referral has no identified patient */
export function buildReferralQuestion({ referral, text, contact, id, at }: ReferralQuestion): BuiltMessage {
  const type = 'DIALOG_HELSEFAGLIG';
  const conversation = { parent: referral.id, conversation: referral.conversation?.conversation ?? referral.id };
  return builtMessage(
    { type, id, at, conversation, sender: referral.receiver, receiver: referral.sender, patient: patientOf(referral) },
    dialogueNote({
      version: '1.1',
      topicCode: { list: '7322', code: '8', display: 'Forespørsel om helseopplysninger' },
      topic: 'Spørsmål om henvisning til digital hjemmeoppfølging',
      text,
      contact,
      wanted: { profession: 'LE', display: 'Lege' },
    }),
  );
}
