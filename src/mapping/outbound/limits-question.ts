// DIALOG_FORESPORSEL (HIS 1152) to the GP: limits are missing. One question, with the measurements it is about.
import type { Party, Professional } from '../plo/party.js';
import { type BuiltMessage, builtMessage } from './built-message.js';
import { dialogueQuestion } from './dialogue-note.js';
import type { OutboundPatient } from './write-msg-head.js';

export interface LimitsQuestion {
  /** What is missing, in words. */
  readonly reason: string;
  /** Measurements as lines, newest first. */
  readonly measurements: readonly string[];
  readonly sender: Party;
  readonly receiver: Party;
  readonly patient: OutboundPatient;
  readonly contact: Professional;
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** The question as a message. */
export function buildLimitsQuestion(question: LimitsQuestion): BuiltMessage {
  const { id, at, sender, receiver, patient, contact, reason, measurements } = question;
  const text = [
    'Pasienten har digital hjemmeoppfølging, og det mangler grenseverdier for målingene.',
    reason,
    'Hvilke grenser skal gjelde for gul og rød sone?',
    ...(measurements.length === 0 ? ['Ingen målinger siste 14 dager.'] : ['Målinger siste 14 dager:', ...measurements]),
  ].join('\n');
  return builtMessage(
    { type: 'DIALOG_FORESPORSEL', id, at, sender, receiver, patient },
    dialogueQuestion({ list: '9152', code: '99', display: 'Annen henvendelse', text, contact }),
  );
}
