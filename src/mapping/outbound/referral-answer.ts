// DIALOG_STATUS_HENVISNING (HIS 1206) answers a Henvisning; DIALOG_SVAR (HIS 1152) answers a DIALOG_FORESPORSEL.
import { Failure } from '../../kernel/failure.js';
import { patientIdentity } from '../plo/check-head.js';
import type { MsgHead } from '../plo/envelope.js';
import type { Party, Professional } from '../plo/party.js';
import { identifierSystems } from '../../fhir/national-identifiers.js';
import { descend, textAt, valueAt } from '../xml/xml-element.js';
import { dialogueNote, type DialogueNote } from './dialogue-note.js';
import { type BuiltMessage, builtMessage } from './built-message.js';

export interface ReferralAnswer {
  /** The referral as it was received. */
  readonly referral: MsgHead;
  readonly answer: 'accepted' | 'rejected' | 'forwarded';
  /** For the referrer: what happens now, or why not. */
  readonly text: string;
  /** The answering service; the addressee of the referral when absent. */
  readonly sender?: Party;
  readonly contact: Professional;
  /** New UUID for the message. */
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

const status = {
  accepted: { code: '2', display: 'Rett til helsehjelp, tidspunkt kommer' },
  forwarded: { code: '3', display: 'Henvisningen er videresendt' },
  rejected: { code: '4', display: 'Henvisningen er avvist' },
} as const;

/**
 * The answer to a referral, in the kind of message the referrer can take.
 *
 * @throws Failure `unprocessable` when the referral has no identified patient: such an answer would be refused
 */
export function buildReferralAnswer(answer: ReferralAnswer): BuiltMessage {
  const { referral } = answer;
  const asked = referral.type.code === 'DIALOG_FORESPORSEL';
  const type = asked ? 'DIALOG_SVAR' : 'DIALOG_STATUS_HENVISNING';
  const sender = answer.sender ?? referral.receiver;
  // A dialogue about a referral takes the referral as its start.
  const conversation = { parent: referral.id, conversation: referral.conversation?.conversation ?? referral.id };
  return builtMessage(
    {
      type,
      id: answer.id,
      at: answer.at,
      conversation,
      sender,
      receiver: referral.sender,
      patient: patientOf(referral),
    },
    dialogueNote(asked ? reply(answer) : statusNote(answer)),
  );
}

function statusNote({ answer, text, contact }: ReferralAnswer): DialogueNote {
  return { version: '1.1', topicCode: { list: '9148', ...status[answer] }, text, contact };
}

/** The question is repeated in the answer. */
function reply({ referral, answer, text, contact }: ReferralAnswer): DialogueNote {
  const question = descend(referral.content, ['Foresporsel']);
  const kind = descend(question, ['TypeForesp'])?.attributes ?? {};
  const topicCode =
    answer === 'accepted'
      ? { code: '5', display: 'Svar på forespørsel' }
      : { code: '9', display: 'Annet, svar angitt i fritekst' };
  return {
    version: '1.0',
    topicCode: { list: '9069', ...topicCode },
    text,
    contact,
    question: {
      code: valueAt(question, 'TypeForesp') ?? '99',
      list: kind['S'] ?? '2.16.578.1.12.4.1.1.9153',
      display: kind['DN'] ?? 'Annen henvendelse',
      text: textAt(question, 'Sporsmal') ?? '',
    },
  };
}

const identTypes: Readonly<Record<string, string>> = {
  [identifierSystems.fnr]: 'FNR',
  [identifierSystems.dnr]: 'DNR',
  [identifierSystems.fhn]: 'FHN',
};

/** The patient of a referral as outgoing messages name one. @throws Failure `unprocessable` without an identity */
export function patientOf(referral: MsgHead) {
  const identity = patientIdentity(referral);
  const { family, given, born } = referral.patient ?? {};
  if (identity === undefined || family === undefined) {
    throw new Failure('unprocessable', 'The referral has no identified patient, so it cannot be answered by message.', {
      expression: 'ServiceRequest.subject',
    });
  }
  return {
    ident: { type: identTypes[identity.system]!, id: identity.value },
    family,
    ...(given && { given }),
    ...(born && { born }),
  };
}
