// Henvisning 1.1 and 1.0 (HIS 80517), for those who do not take Henvisning 2.0 yet, written from a ServiceRequest.
import type { Resource } from '../../fhir/resource.js';
import { Failure } from '../../kernel/failure.js';
import type { Concept } from '../concept.js';
import type { CodeTable } from '../map-format.js';
import { messageTime } from '../message-time.js';
import type { ElementTrees } from '../tree/element-trees.js';
import type { BuiltMessage } from './built-message.js';
import { conceptNode, knownCoding, referralItems, standing, uncodedWords, wordsOf } from './clinical-item.js';
import { type ContentNode, nodeOf, parent, withText, withValue } from './content-node.js';
import {
  attachmentNode,
  ownMessage,
  type OwnEnvelope,
  partyNode,
  patientNode,
  professionalNode,
  time,
} from './own-envelope.js';
import { originalId, type Report } from './report.js';
import { contentKind, documentIdOf, priorityNames } from './referral-facts.js';
import { statusNames } from './send-status-names.js';

/** 1.1 where nothing is said. */
export const ownReferralVersions = ['1.1', '1.0'] as const;
export type OwnReferralVersion = (typeof ownReferralVersions)[number];

export interface OwnReferral extends Omit<Report, 'type'> {
  readonly version?: OwnReferralVersion;
  readonly request: Resource;
  readonly priorities: CodeTable;
}

const versions: Readonly<Record<OwnReferralVersion, OwnEnvelope>> = {
  '1.1': {
    namespace: 'http://www.kith.no/xmlstds/henvisning/2012-02-15',
    version: 'v1.1 2012-02-15',
    name: 'HENVISNING',
  },
  '1.0': { namespace: 'http://www.kith.no/xmlstds/henvisning/2005-07-08', version: 'v1.0 2005-07-08', name: 'H' },
};

/**
 * Conditions, medicines, measurements and allergies among `resources` are told of too.
 *
 * @throws Failure `unprocessable` naming what is missing that the standard demands, or what version 1.0 cannot carry
 */
export function buildOwnReferral(
  { version = '1.1', request, priorities, ...referral }: OwnReferral,
  { trees }: { readonly trees: ElementTrees },
): BuiltMessage {
  const { resources, sender, receiver, patient, contact, attachments = [], status = 'N', id, at } = referral;
  if (version === '1.0' && attachments.length > 0)
    throw new Failure('unprocessable', 'A HENVISNING 1.0 cannot carry attachments.');
  // The receipt of 1.0 names the Id, which a change has in common with its original (AppRec 1.0).
  if (version === '1.0' && status !== 'N')
    throw new Failure('unprocessable', 'A HENVISNING 1.0 is changed and cancelled by one of version 1.1.');
  const { namespace } = versions[version];
  const reasons = (request.reasonCode ?? []) as readonly Concept[];
  const told = [...reasons, ...standing(resources, 'Condition').map(({ code }) => (code ?? {}) as Concept)];
  const priority = priorities.back.get(String(request.priority ?? 'routine')) ?? 'N';
  const kind = contentKind(request);
  const body = parent(
    namespace,
    'ServReq',
    withValue(nodeOf(namespace, 'ServType'), status, statusNames[status]),
    time(namespace, 'IssueDate', messageTime(at)),
    withValue(nodeOf(namespace, 'MsgDescr'), kind.code, kind.display),
    withText(namespace, 'Id', version === '1.0' ? id : (documentIdOf(request) ?? originalId(referral))),
    patientNode(namespace, patient, [
      ...referralItems(namespace, resources),
      professionalNode(namespace, 'PatRelHCP', ['HHE', 'Henvisende helsepersonell'], contact),
    ]),
    partyNode(namespace, 'ServProvider', receiver),
    partyNode(namespace, 'Requester', sender),
    ...attachments.map((one) => attachmentNode(namespace, one, at)),
    ...told.flatMap((one) => {
      const text = uncodedWords(one);
      return text === undefined ? [] : [reason(namespace, ['PROB', 'Aktuell problemstilling'], text)];
    }),
    ...((request.note ?? []) as readonly { readonly text?: string }[]).flatMap(({ text }) =>
      text === undefined ? [] : [reason(namespace, undefined, text)],
    ),
    ...diagnosesOf(told, version).map((one) => parent(namespace, 'Diagnosis', conceptNode(namespace, 'Concept', one))),
    parent(
      namespace,
      'ReqServ',
      withValue(nodeOf(namespace, 'ServType'), 'N', statusNames.N),
      withValue(nodeOf(namespace, 'Priority'), priority, priorityNames[priority]),
    ),
  );
  return ownMessage(versions[version], { type: 'HENVISNING', ...referral }, body, trees);
}

/** Those in the lists that messages know; 1.0 demands one, and is told in words where there is none. */
function diagnosesOf(told: readonly Concept[], version: OwnReferralVersion): readonly Concept[] {
  const known = told.filter((one) => knownCoding(one) !== undefined);
  return known.length > 0 || version === '1.1' ? known : [{ text: wordsOf(told[0] ?? {}) ?? 'Ikke oppgitt' }];
}

const reason = (namespace: string, heading: readonly [string, string] | undefined, text: string): ContentNode =>
  parent(
    namespace,
    'ReasonAsText',
    ...(heading === undefined ? [] : [withValue(nodeOf(namespace, 'Heading'), ...heading)]),
    withText(namespace, 'TextResultValue', text),
  );
