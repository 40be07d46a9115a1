// Hodemelding v1.2 (HIS 80601:2006), addressing by HIS 1153.
import { messageTime } from '../message-time.js';
import { el, textEl, xmlDocument, type Markup } from '../xml/write-xml.js';
import type { Ident, Party, Professional, Unit } from '../plo/party.js';
import { messageTypeName } from '../plo/message-types.js';

/** A patient as the head of a message names it. */
export interface OutboundPatient {
  readonly ident: Ident;
  readonly family: string;
  readonly given?: string;
  readonly middle?: string;
  /** `1948-03-12`. */
  readonly born?: string;
  /** 3101: `1` male, `2` female, `0` unknown, `9` not specified. */
  readonly sex?: '0' | '1' | '2' | '9';
}

export interface OutboundAttachment {
  readonly mimeType: string;
  readonly description: string;
  readonly bytes: Uint8Array;
}

/** Everything of an outgoing message but its content. */
export interface Envelope {
  /** 8279. */
  readonly type: string;
  /** A new UUID. */
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** The message this one follows, and the first one of the conversation. */
  readonly conversation?: { readonly parent: string; readonly conversation: string };
  readonly sender: Party;
  readonly receiver: Party;
  readonly patient: OutboundPatient;
  readonly attachments?: readonly OutboundAttachment[];
}

/** Names of the identifier types of 9051 and 8116. */
export const identNames: Readonly<Record<string, string>> = {
  HER: 'HER-id',
  ENH: 'Organisasjonsnummeret i Enhetsregister',
  HPR: 'HPR-nummer',
  FNR: 'Fødselsnummer',
  DNR: 'D-nummer',
  FHN: 'Felles hjelpenummer',
};
const personTypes = new Set(['FNR', 'DNR', 'FHN', 'HPR']);

/** The whole message as XML in UTF-8. `content` is the root element of the content message, with its own namespace. */
export function writeMsgHead(envelope: Envelope, content: Markup | undefined): string {
  const { patient } = envelope;
  const issued = messageTime(envelope.at);
  return xmlDocument(
    el('MsgHead', { xmlns: 'http://www.kith.no/xmlstds/msghead/2006-05-24' }, [
      el('MsgInfo', {}, [
        el('Type', { V: envelope.type, DN: messageTypeName(envelope.type) }),
        textEl('MIGversion', 'v1.2 2006-05-24'),
        textEl('GenDate', issued),
        textEl('MsgId', envelope.id),
        envelope.conversation &&
          el('ConversationRef', {}, [
            textEl('RefToParent', envelope.conversation.parent),
            textEl('RefToConversation', envelope.conversation.conversation),
          ]),
        el('Sender', {}, [organisation(envelope.sender)]),
        el('Receiver', {}, [organisation(envelope.receiver)]),
        el('Patient', {}, [
          textEl('FamilyName', patient.family),
          textEl('MiddleName', patient.middle),
          textEl('GivenName', patient.given),
          textEl('DateOfBirth', patient.born),
          patient.sex &&
            el('Sex', {
              V: patient.sex,
              DN: { '0': 'Ikke kjent', '1': 'Mann', '2': 'Kvinne', '9': 'Ikke spesifisert' }[patient.sex],
            }),
          ident(patient.ident),
        ]),
      ]),
      el('Document', {}, [
        el('RefDoc', {}, [
          el('IssueDate', { V: issued }),
          el('MsgType', { V: 'XML', DN: 'XML-instans' }),
          el('Content', {}, [content]),
        ]),
      ]),
      ...(envelope.attachments ?? []).map((attachment) => document(attachment, issued)),
    ]),
  );
}

/** Vedlegg (HIS 1036:2011). */
function document({ mimeType, description, bytes }: OutboundAttachment, issued: string): Markup | undefined {
  const base64 = el('Base64Container', { xmlns: 'http://www.kith.no/xmlstds/base64container' }, [
    Buffer.from(bytes).toString('base64'),
  ]);
  return el('Document', {}, [
    el('RefDoc', {}, [
      el('IssueDate', { V: issued }),
      el('MsgType', { V: 'A', DN: 'Vedlegg' }),
      textEl('MimeType', mimeType),
      textEl('Description', description),
      el('Content', {}, [base64]),
    ]),
  ]);
}

function organisation(party: Party): Markup | undefined {
  return el('Organisation', {}, [
    ...unitParts(party),
    party.unit && el('Organisation', {}, unitParts(party.unit)),
    party.professional && person(party.professional),
  ]);
}

const unitParts = ({ name, idents }: Unit): readonly (Markup | undefined)[] => [
  el('OrganisationName', {}, [name]),
  ...idents.map((one) => ident(one)),
];

function person(professional: Professional): Markup | undefined {
  const [given, family] = namesOf(professional);
  return el('HealthcareProfessional', {}, [
    textEl('FamilyName', family),
    textEl('GivenName', given),
    ...professional.idents.map((one) => ident(one)),
  ]);
}

/** Given and family name; where only the whole name is known, its last word is the family name. */
export function namesOf({
  name,
  given,
  family,
}: Professional): readonly [given: string | undefined, family: string | undefined] {
  if (family !== undefined) return [given, family];
  const words = name.split(' ').filter((word) => word !== '');
  return [words.slice(0, -1).join(' ') || undefined, words.at(-1)];
}

/** `prefix`: of the namespace that the children of Ident are in. */
export function ident({ id, type }: Ident, name = 'Ident', prefix = ''): Markup | undefined {
  const list = personTypes.has(type) ? '2.16.578.1.12.4.1.1.8116' : '2.16.578.1.12.4.1.1.9051';
  return el(name, {}, [
    textEl(`${prefix}Id`, id),
    el(`${prefix}TypeId`, { V: type, DN: identNames[type] ?? type, S: list }),
  ]);
}
