// Hodemelding v1.2 (HIS 80601:2006): https://www.ehelse.no/standardisering/standarder/hodemelding
import { Failure } from '../../kernel/failure.js';
import { childOf, childrenOf, descend, textAt, valueAt, type XmlElement } from '../xml/xml-element.js';
import { type HeadPatient, type MsgHead, readAttachment } from './envelope.js';
import { readMessageEnvelope } from './message-envelope.js';
import type { Ident, Party, Professional, Unit } from './party.js';

export const msgHeadNamespace = 'http://www.kith.no/xmlstds/msghead/2006-05-24';

/**
 * Reads the envelope: MsgHead, or the own envelope `Message` of Henvisning 1.x and Epikrise.
 *
 * @throws Failure `unsupported-media` for another root element, `invalid` when MsgInfo lacks what a receipt must name
 */
export function readMsgHead(root: XmlElement): MsgHead {
  if (root.name === 'Message') return readMessageEnvelope(root);
  if (root.name !== 'MsgHead' || root.namespace !== msgHeadNamespace) {
    throw new Failure(
      'unsupported-media',
      `The root element ${root.name} is not a message this server knows (MsgHead, Message or AppRec).`,
    );
  }
  const info = childOf(root, 'MsgInfo');
  const code = valueAt(info, 'Type');
  const id = textAt(info, 'MsgId');
  const generated = textAt(info, 'GenDate');
  if (code === undefined || id === undefined || generated === undefined) {
    throw new Failure('invalid', 'The message lacks Type, MsgId or GenDate in MsgInfo, so no receipt can be made.', {
      expression: 'MsgHead.MsgInfo',
    });
  }
  const display = descend(info, ['Type'])?.attributes['DN'];
  const parent = textAt(info, 'ConversationRef', 'RefToParent');
  const patient = childOf(info, 'Patient');
  const documents = [
    ...childrenOf(root, 'Document'),
    ...childrenOf(root, 'PatientReport').flatMap((report) => childrenOf(report, 'Document')),
  ];
  const content = descend(documents[0], ['RefDoc', 'Content'])?.children[0];
  return {
    type: { ...typeOf(code, content), ...(display && { display }) },
    id,
    generated,
    ...(parent && {
      conversation: { parent, conversation: textAt(info, 'ConversationRef', 'RefToConversation') ?? parent },
    }),
    sender: readParty(descend(info, ['Sender', 'Organisation'])),
    receiver: readParty(descend(info, ['Receiver', 'Organisation'])),
    copies: childrenOf(info, 'OtherReceiver').map((other) => readParty(childOf(other, 'Organisation'))),
    ...(patient && { patient: readPatient(patient) }),
    ...(content && { content }),
    attachments: documents.slice(1).flatMap((document) => readAttachment(childOf(document, 'RefDoc'))),
    root,
  };
}

/** What the parts of Pasientlogistikk are called since each has a name of its own in 8279. */
const logistics: Readonly<Record<string, string>> = {
  MeldingInnlagtPasient: 'LOG_INNLAGT',
  MeldingUtskrivningsklarPasient: 'LOG_UTSKRIVNINGSKLAR',
  AvmeldingUtskrivningsklarPasient: 'LOG_AVMELDING',
  MeldingOmUtskrevetPasient: 'LOG_UTSKREVET',
  OrienteringOmDod: 'LOG_DOD',
};

function typeOf(told: string, content: XmlElement | undefined): MsgHead['type'] {
  const code =
    told === 'PASIENTLOGISTIKK'
      ? content?.children.map(({ name }) => logistics[name]).find((name) => name !== undefined)
      : undefined;
  return code === undefined ? { code: told } : { code, told };
}

const readUnit = (element: XmlElement | undefined): Unit => ({
  name: textAt(element, 'OrganisationName') ?? '',
  idents: childrenOf(element, 'Ident').flatMap(readIdent),
});

function readIdent(element: XmlElement): readonly Ident[] {
  const id = textAt(element, 'Id');
  return id === undefined ? [] : [{ id, type: valueAt(element, 'TypeId') ?? 'XXX' }];
}

function readParty(element: XmlElement | undefined): Party {
  const unit = childOf(element, 'Organisation');
  const professional = childOf(element, 'HealthcareProfessional');
  return {
    ...readUnit(element),
    ...(unit && { unit: readUnit(unit) }),
    ...(professional && { professional: readProfessional(professional) }),
  };
}

/** HealthcareProfessional of MsgHead, felleskomponent1 and Dialogmelding: same element names. */
export function readProfessional(element: XmlElement): Professional {
  const family = textAt(element, 'FamilyName');
  const given = [textAt(element, 'GivenName'), textAt(element, 'MiddleName')]
    .filter((part) => part !== undefined)
    .join(' ');
  const phone = valueAt(element, 'TeleCom', 'TeleAddress')?.replace(/^tel:/, '');
  const profession = valueAt(element, 'TypeHealthcareProfessional');
  return {
    name: [given, family].filter((part) => part !== undefined && part !== '').join(' '),
    idents: childrenOf(element, 'Ident').flatMap(readIdent),
    ...(family && { family }),
    ...(given && { given }),
    ...(phone && { phone }),
    ...(profession && { profession }),
  };
}

function readPatient(element: XmlElement): HeadPatient {
  const family = textAt(element, 'FamilyName');
  const given = textAt(element, 'GivenName');
  const born = textAt(element, 'DateOfBirth');
  return {
    idents: childrenOf(element, 'Ident').flatMap(readIdent),
    ...(family && { family }),
    ...(given && { given }),
    ...(born && { born }),
  };
}
