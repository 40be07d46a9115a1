// PLO reports to others (HIS 80704:2014), written with the same maps that read them.
import type { Resource } from '../../fhir/resource.js';
import { Failure } from '../../kernel/failure.js';
import type { MessageMaps } from '../load-maps.js';
import { messageTime } from '../message-time.js';
import type { Party, Professional, Unit } from '../plo/party.js';
import type { SendStatus } from '../plo/send-status.js';
import { treeFault } from '../tree/check-tree.js';
import type { ElementTrees } from '../tree/element-trees.js';
import { readXml } from '../xml/read-xml.js';
import { type BuiltMessage, builtMessage } from './built-message.js';
import { contentMarkup, type ContentNode, nodeOf, parent, withText, withValue } from './content-node.js';
import { statusNames } from './send-status-names.js';
import { writeContent } from './write-content.js';
import { namesOf, type OutboundAttachment, type OutboundPatient } from './write-msg-head.js';

/** Everything that PLO 1.6 has a message for. */
export const reportTypes = [
  'INNLEGGELSESRAPPORT',
  'HELSEOPPL_SOKNAD',
  'HELSEOPPLYSNINGER_LEGE',
  'MEDISINSKE_OPPLYSNINGER',
  'ORIENTERING_TJENESTETILBUD',
  'UTSKRIVNINGSRAPPORT',
  'LOG_INNLAGT',
  'LOG_UTSKRIVNINGSKLAR',
  'LOG_AVMELDING',
  'LOG_UTSKREVET',
  'LOG_DOD',
] as const;
export type ReportType = (typeof reportTypes)[number];

export interface Report {
  readonly type: ReportType;
  /** Composition, Encounter, Patient, Condition, MedicationStatement, AllergyIntolerance …: what the map writes. */
  readonly resources: readonly Resource[];
  readonly sender: Party;
  readonly receiver: Party;
  readonly patient: OutboundPatient;
  /** Who at the sender can be asked. */
  readonly contact: Professional;
  readonly conversation?: { readonly parent: string; readonly conversation: string };
  readonly attachments?: readonly OutboundAttachment[];
  /** New where absent; a change or cancellation belongs to the conversation of its original. */
  readonly status?: SendStatus;
  /** Its MsgId, a UUID. */
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** What a change has in common with its original: the MsgId that the conversation began with. */
export const originalId = ({
  status = 'N',
  conversation,
  id,
}: Pick<Report, 'status' | 'conversation' | 'id'>): string =>
  status === 'N' ? id : (conversation?.conversation ?? id);

const po = 'http://www.kith.no/xmlstds/po/poKomponent/2012-04-01';
export const fk1 = 'http://www.kith.no/xmlstds/felleskomponent1';
const prefixes = {
  [po]: 'po',
  [fk1]: 'fk1',
  'http://www.kith.no/xmlstds/epj/epj1/2008-02-20': 'epj1',
  'http://www.kith.no/xmlstds/epj/epj2/2008-02-20': 'epj2',
  'http://www.kith.no/xmlstds/epj/epj3/2008-02-20': 'epj3',
  'http://www.kith.no/xmlstds/epj/meta/2008-02-20': 'm1',
};

/**
 * The report as a message, built as its standard says.
 *
 * @param resources the patient's own
 * @throws Failure `unprocessable` naming the place where something is missing that the standard demands
 */
export function buildReport(
  report: Report,
  { maps, trees }: { readonly maps: MessageMaps; readonly trees: ElementTrees },
): BuiltMessage {
  const { type, id, at, sender, receiver, patient, conversation, attachments } = report;
  const root = writeContent(maps.writable(type), report.resources, messageTime(at));
  root.children.push(...frame(report));
  let component = 0;
  const newId = (): string => `${id}-${++component}`;
  const content = contentMarkup(root, trees, { prefixes: { [root.namespace]: 'p', ...prefixes }, newId });
  const message = builtMessage(
    {
      type,
      id,
      at,
      sender,
      receiver,
      patient,
      ...(conversation && { conversation }),
      ...(attachments && { attachments }),
    },
    content,
  );
  const fault = treeFault(readXml(message.raw), trees);
  if (fault !== undefined) throw new Failure('unprocessable', `The ${type} cannot be written: ${fault}`);
  return message;
}

/** What every PLO message begins with: a new message, the unit and the professional who can be asked (HITS 1174). */
function frame({ sender, contact, status: told = 'N' }: Report): readonly ContentNode[] {
  const status = withValue(nodeOf(po, 'Forsendelsesstatus'), told, statusNames[told]);
  const unit = sender.unit ?? sender;
  return [
    parent(po, 'InformasjonOmForsendelsen', status),
    parent(po, 'TilknyttetEnhet', parent(po, 'Kontaktenhet', ...unitNodes(unit, contact.phone))),
    ...(contact.idents.length === 0
      ? []
      : [parent(po, 'AnsvarForRapport', parent(po, 'AnsvarligRapport', ...professionalNodes(contact)))]),
  ];
}

function unitNodes(unit: Unit, phone: string | undefined): readonly ContentNode[] {
  return [withText(fk1, 'OrganisationName', unit.name), ...unit.idents.map(identNode), ...telecom(phone)];
}

/** A professional of felleskomponent1, as helsefaglig kontakt. */
export function professionalNodes(contact: Professional): readonly ContentNode[] {
  const [given, family] = namesOf(contact);
  const profession = contact.profession ?? 'XX';
  const role = withValue(nodeOf(fk1, 'RoleToPatient'), '21', 'Helsefaglig kontakt');
  role.attributes['S'] = '2.16.578.1.12.4.1.1.9034';
  return [
    withValue(nodeOf(fk1, 'TypeHealthcareProfessional'), profession, professions[profession] ?? 'Ukjent/uspesifisert'),
    role,
    ...(family === undefined ? [] : [withText(fk1, 'FamilyName', family)]),
    ...(given === undefined ? [] : [withText(fk1, 'GivenName', given)]),
    ...contact.idents.map(identNode),
    ...telecom(contact.phone),
  ];
}

const professions: Readonly<Record<string, string>> = { LE: 'Lege', SP: 'Sykepleier', VP: 'Vernepleier' };

function identNode({ id, type }: { readonly id: string; readonly type: string }): ContentNode {
  const typeId = withValue(nodeOf(fk1, 'TypeId'), type, type === 'HER' ? 'HER-id' : `${type}-nummer`);
  typeId.attributes['S'] = `2.16.578.1.12.4.1.1.${type === 'HPR' ? '8116' : '9051'}`;
  return parent(fk1, 'Ident', withText(fk1, 'Id', id), typeId);
}

const telecom = (phone: string | undefined): readonly ContentNode[] =>
  phone === undefined
    ? []
    : [parent(fk1, 'TeleCom', withValue(nodeOf(fk1, 'TeleAddress'), `tel:${phone.replace(/\s/g, '')}`))];
