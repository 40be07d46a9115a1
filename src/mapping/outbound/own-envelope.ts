// The envelope `Message` of Henvisning 1.0/1.1 (HIS 80517) and Epikrise 1.1/1.2 (HIS 80226), which stand in no MsgHead.
// https://www.ehelse.no/standardisering/standarder/epikrise
import { Failure } from '../../kernel/failure.js';
import { messageTime } from '../message-time.js';
import { messageTypeName } from '../plo/message-types.js';
import { addressOf, type Ident, type Party, type Professional, type Unit } from '../plo/party.js';
import { treeFault } from '../tree/check-tree.js';
import type { ElementTrees } from '../tree/element-trees.js';
import { readXml } from '../xml/read-xml.js';
import { xmlDocument } from '../xml/write-xml.js';
import type { BuiltMessage } from './built-message.js';
import { type ContentNode, contentMarkup, nodeOf, parent, withText, withValue } from './content-node.js';
import { identNames, type Envelope, type OutboundAttachment, type OutboundPatient } from './write-msg-head.js';

/** What one version of one of the two standards writes. */
export interface OwnEnvelope {
  readonly namespace: string;
  /** MIGversion. */
  readonly version: string;
  /** The message's name in this version: `E`, `EPIKRISE`, `H`, `HENVISNING`. */
  readonly name: string;
}

const base64 = 'http://www.kith.no/xmlstds/base64container';

/**
 * The message around its body (ServReq, ServRprt).
 *
 * @throws Failure `unprocessable` naming the place where something is missing that the standard demands
 */
export function ownMessage(
  { namespace, version, name }: OwnEnvelope,
  { type, id, at, sender, receiver, conversation }: Envelope,
  body: ContentNode,
  trees: ElementTrees,
): BuiltMessage {
  const root = parent(
    namespace,
    'Message',
    withValue(nodeOf(namespace, 'Type'), name, messageTypeName(type)),
    withText(namespace, 'MIGversion', version),
    time(namespace, 'GenDate', messageTime(at)),
    withText(namespace, 'MsgId', id),
    body,
  );
  const raw = Buffer.from(xmlDocument(contentMarkup(root, trees, { prefixes: { [namespace]: '', [base64]: 'b64' } })));
  const fault = treeFault(readXml(raw), trees);
  if (fault !== undefined) throw new Failure('unprocessable', `The ${type} cannot be written: ${fault}`);
  return { id, msgType: type, ...conversation, sender: addressOf(sender), receiver: addressOf(receiver), raw };
}

/** A point in time as `TS`. */
export const time = (namespace: string, name: string, value: string): ContentNode =>
  withValue(nodeOf(namespace, name), value);

/** The patient; `items` are what the version has below it. */
export function patientNode(
  namespace: string,
  { ident, family, given, middle, born, sex }: OutboundPatient,
  items: readonly ContentNode[],
): ContentNode {
  const rest = [given, middle].filter((part) => part !== undefined).join(' ');
  return parent(
    namespace,
    'Patient',
    ...(sex === undefined ? [] : [withValue(nodeOf(namespace, 'Sex'), sex, sexNames[sex])]),
    ...(born === undefined ? [] : [time(namespace, 'DateOfBirth', born)]),
    withText(namespace, 'Name', rest === '' ? family : `${family}, ${rest}`),
    withText(namespace, 'OffId', ident.id),
    withValue(nodeOf(namespace, 'TypeOffId'), ident.type, identNames[ident.type]),
    ...items,
  );
}

const sexNames = { '0': 'Ikke kjent', '1': 'Mann', '2': 'Kvinne', '9': 'Ikke spesifisert' } as const;

/** Requester or ServProvider: an organisation with its department, or with the person who is addressed. */
export function partyNode(namespace: string, name: 'Requester' | 'ServProvider', party: Party): ContentNode {
  const inst = parent(
    namespace,
    'Inst',
    ...unitNodes(namespace, party),
    ...(party.unit ? [parent(namespace, 'Dept', ...unitNodes(namespace, party.unit))] : []),
    ...(party.professional ? [parent(namespace, 'HCPerson', ...unitNodes(namespace, party.professional))] : []),
  );
  return parent(namespace, name, parent(namespace, 'HCP', inst));
}

function unitNodes(namespace: string, { name, idents: [first, ...further] }: Unit): readonly ContentNode[] {
  const idOf = ({ id, type }: Ident, typeName: string): readonly ContentNode[] => [
    withText(namespace, 'Id', id),
    withValue(nodeOf(namespace, typeName), type, identNames[type]),
  ];
  return [
    withText(namespace, 'Name', name),
    ...(first === undefined ? [] : idOf(first, 'TypeId')),
    ...further.map((one) => parent(namespace, 'AdditionalId', ...idOf(one, 'Type'))),
  ];
}

/** Who at the sender can be asked: PatRelHCP of a referral, RelServProvider of a discharge summary. */
export function professionalNode(
  namespace: string,
  name: 'PatRelHCP' | 'RelServProvider',
  relation: readonly [code: string, display: string],
  contact: Professional,
): ContentNode {
  const { profession } = contact;
  // xs:anyURI takes no other signs that people write in numbers.
  const phone = contact.phone?.replace(/[^\d+]/g, '');
  const person = parent(
    namespace,
    'HCProf',
    ...(profession === undefined ? [] : [withValue(nodeOf(namespace, 'Type'), profession)]),
    ...unitNodes(namespace, contact),
  );
  const address = parent(
    namespace,
    'Address',
    withValue(nodeOf(namespace, 'Type'), 'WP', 'Arbeidsadresse'),
    withValue(nodeOf(namespace, 'TeleAddress'), `tel:${phone}`),
  );
  return parent(
    namespace,
    name,
    withValue(nodeOf(namespace, 'Relation'), ...relation),
    parent(namespace, 'HCP', person, ...(phone === undefined || phone === '' ? [] : [address])),
  );
}

/** Vedlegg (HIS 1036:2011). */
export const attachmentNode = (
  namespace: string,
  { mimeType, description, bytes }: OutboundAttachment,
  at: number,
): ContentNode =>
  parent(
    namespace,
    'RefDoc',
    time(namespace, 'IssueDate', messageTime(at)),
    withValue(nodeOf(namespace, 'MsgType'), 'A', 'Vedlegg'),
    withText(namespace, 'MimeType', mimeType),
    withText(namespace, 'Description', description),
    parent(namespace, 'Content', withText(base64, 'Base64Container', Buffer.from(bytes).toString('base64'))),
  );
