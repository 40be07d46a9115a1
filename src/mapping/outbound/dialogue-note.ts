// Dialogmelding 1.0 and 1.1 (HIS 80603): Notat with the responsible professional (HITS 1174).
import { el, textEl, type Markup } from '../xml/write-xml.js';
import type { Professional } from '../plo/party.js';
import { ident, namesOf } from './write-msg-head.js';

export interface DialogueNote {
  readonly version: '1.0' | '1.1';
  /** The coded topic: list number, code and its text. */
  readonly topicCode: { readonly list: string; readonly code: string; readonly display: string };
  readonly topic?: string;
  readonly text: string;
  /** Who at the sender can be asked; must have an HPR number or a telephone. */
  readonly contact: Professional;
  /** Whom it is for at the receiver (9060), where a new thread asks for that. */
  readonly wanted?: { readonly profession: string; readonly display: string };
  /** Repeated from the question that is answered (Dialog 1.0). */
  readonly question?: { readonly code: string; readonly list: string; readonly display: string; readonly text: string };
}

const namespaces = {
  '1.0': 'http://www.kith.no/xmlstds/dialog/2006-10-11',
  '1.1': 'http://www.kith.no/xmlstds/dialog/2013-01-23',
} as const;
const professions: Readonly<Record<string, string>> = {
  LE: 'Lege',
  SP: 'Sykepleier',
  FT: 'Fysioterapeut',
  ET: 'Ergoterapeut',
  VP: 'Vernepleier',
  HF: 'Helsefagarbeider',
  XX: 'Ukjent/uspesifisert',
};
const volven = (list: string): string => `2.16.578.1.12.4.1.1.${list}`;

/** The content element `Dialogmelding`. */
export function dialogueNote(note: DialogueNote): Markup | undefined {
  const { topicCode, question } = note;
  return el(
    'Dialogmelding',
    { xmlns: namespaces[note.version], 'xmlns:fk1': 'http://www.kith.no/xmlstds/felleskomponent1' },
    [
      el('Notat', {}, [
        el('TemaKodet', { V: topicCode.code, DN: topicCode.display, S: volven(topicCode.list) }),
        textEl('Tema', note.topic),
        textEl('TekstNotatInnhold', note.text),
        question &&
          el('Foresporsel', {}, [
            el('TypeForesp', { V: question.code, DN: question.display, S: question.list }),
            textEl('Sporsmal', question.text),
          ]),
        responsible(note.contact),
        note.wanted &&
          el('RollerRelatertNotat', {}, [
            role('24', 'Kontakt hos mottaker'),
            el('HealthcareProfessional', {}, [
              el('TypeHealthcareProfessional', { V: note.wanted.profession, DN: note.wanted.display }),
            ]),
          ]),
      ]),
    ],
  );
}

export interface DialogueQuestion {
  /** Kodeverk 9152 (to a GP), 9153, 9154. */
  readonly list: string;
  readonly code: string;
  readonly display: string;
  readonly text: string;
  readonly contact: Professional;
}

/** The content element `Dialogmelding` 1.0 with one question (HIS 1152). */
export function dialogueQuestion({ list, code, display, text, contact }: DialogueQuestion): Markup | undefined {
  return el('Dialogmelding', { xmlns: namespaces['1.0'], 'xmlns:fk1': 'http://www.kith.no/xmlstds/felleskomponent1' }, [
    el('Foresporsel', {}, [
      el('TypeForesp', { V: code, DN: display, S: volven(list) }),
      textEl('Sporsmal', text),
      responsible(contact),
    ]),
  ]);
}

const role = (code: string, display: string): Markup | undefined =>
  el('RoleToPatient', { V: code, DN: display, S: volven('9034') });

function responsible(contact: Professional): Markup | undefined {
  const [given, family] = namesOf(contact);
  const profession = contact.profession ?? 'XX';
  return el('RollerRelatertNotat', {}, [
    role('21', 'Helsefaglig kontakt'),
    el('HealthcareProfessional', {}, [
      el('TypeHealthcareProfessional', { V: profession, DN: professions[profession] ?? professions['XX'] }),
      textEl('FamilyName', family),
      textEl('GivenName', given),
      ...contact.idents.map((one) => ident(one, 'Ident', 'fk1:')),
      contact.phone === undefined
        ? undefined
        : el('TeleCom', {}, [el('fk1:TeleAddress', { V: `tel:${contact.phone}` })]),
    ]),
  ]);
}
