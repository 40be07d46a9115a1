// Every Dialogmelding of our own accord: HIS 1152, 1151, 80603, 1077, 1206, HITS 1228.
import { Failure } from '../../kernel/failure.js';
import { type BuiltMessage, builtMessage } from './built-message.js';
import { dialogueNote, dialogueQuestion } from './dialogue-note.js';
import type { Report } from './report.js';

/** What each type asks for: its version, the list of its topics, the topic where none is told, what else is demanded. */
const types = {
  DIALOG_FORESPORSEL: { version: '1.0', list: '9152', topic: ['99', 'Annen henvendelse'], answers: false },
  DIALOG_SVAR: { version: '1.0', list: '9069', topic: ['5', 'Svar på forespørsel'], answers: true },
  DIALOG_AVVIK: { version: '1.0', list: '8117', topic: ['9', 'Annet'], answers: true },
  DIALOG_NOTAT: { version: '1.0', list: '7321', topic: ['1', 'Notat om pasient'], answers: false },
  DIALOG_HELSEFAGLIG: { version: '1.1', list: '7322', topic: ['6', 'Henvendelse om pasient'], answers: false },
  DIALOG_STATUS_HENVISNING: { version: '1.1', list: '9148', topic: undefined, answers: true },
  DIALOG_TIL_ARKIVERING: { version: '1.1', list: '9602', topic: ['B02-2', 'Journalnotat'], answers: false },
} as const;
export type DialogueType = keyof typeof types;
export const dialogueTypes = Object.keys(types) as readonly DialogueType[];

/** Kodeverk of the coded topic of a type. */
export const topicListOf = (type: DialogueType): string => types[type].list;

export interface OutboundDialogue extends Omit<Report, 'type' | 'resources' | 'status'> {
  readonly type: DialogueType;
  /** Of the list of the type; 9153 and 9154 beside 9152. */
  readonly topic?: { readonly list: string; readonly code: string; readonly display: string };
  readonly title: string;
  readonly text: string;
}

/** @throws Failure `unprocessable` where the type demands something that is not told */
export function buildDialogue(dialogue: OutboundDialogue): BuiltMessage {
  const { type, contact, text, conversation } = dialogue;
  const { version, list, topic: usual, answers } = types[type];
  const topic = dialogue.topic ?? (usual && { list, code: usual[0], display: usual[1] });
  if (topic === undefined)
    throw new Failure('unprocessable', `${type} needs a reasonCode of the code list ${list}.`, {
      expression: 'CommunicationRequest.reasonCode',
    });
  if (answers && conversation === undefined)
    throw new Failure('unprocessable', `${type} answers another message: about must name its Communication.`, {
      expression: 'CommunicationRequest.about',
    });
  if (text === '')
    throw new Failure('unprocessable', `${type} needs a text.`, { expression: 'CommunicationRequest.payload' });
  const content =
    type === 'DIALOG_FORESPORSEL'
      ? dialogueQuestion({ ...topic, text, contact })
      : dialogueNote({
          version,
          topicCode: topic,
          // A note for the record has no topic of its own (HITS 1228).
          ...(type !== 'DIALOG_TIL_ARKIVERING' && { topic: dialogue.title }),
          text,
          contact,
          ...(type === 'DIALOG_HELSEFAGLIG' &&
            conversation === undefined && { wanted: { profession: 'LE', display: 'Lege' } }),
        });
  return builtMessage(dialogue, content);
}
