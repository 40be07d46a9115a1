// Henvisning 2.0 (HIS 80517:2017; HIS 1207:2017 new condition, HIS 1208:2017 forwarded), written from a ServiceRequest.
import type { Resource } from '../../fhir/resource.js';
import { Failure } from '../../kernel/failure.js';
import type { Concept } from '../concept.js';
import { listOf } from '../code-systems.js';
import type { CodeTable } from '../map-format.js';
import { messageTime } from '../message-time.js';
import { treeFault } from '../tree/check-tree.js';
import type { ElementTrees } from '../tree/element-trees.js';
import { readXml } from '../xml/read-xml.js';
import { type BuiltMessage, builtMessage } from './built-message.js';
import { contentMarkup, type ContentNode, nodeOf, parent, withText, withValue } from './content-node.js';
import { referralItems, standing } from './clinical-item.js';
import { contentKind, documentIdOf, priorityNames } from './referral-facts.js';
import { fk1, originalId, professionalNodes, type Report } from './report.js';
import { statusNames } from './send-status-names.js';

export interface OutboundReferral extends Omit<Report, 'type' | 'resources'> {
  readonly type: 'HENVISNING_NYTILSTAND' | 'HENVISNING_VIDERE';
  readonly request: Resource;
  /** Diagnoses, allergies, medicines and measurements that are not in the request itself. */
  readonly resources?: readonly Resource[];
  readonly priorities: CodeTable;
}

const ref = 'http://ehelse.no/xmlstds/henvisning/2017-11-30';
const po = 'http://ehelse.no/xmlstds/po/poKomponent/2017-11-30';
const prefixes = { [ref]: '', [po]: 'po', [fk1]: 'fk1' };

/** @throws Failure `unprocessable` naming the place where something is missing that the standard demands */
export function buildReferral(referral: OutboundReferral, { trees }: { readonly trees: ElementTrees }): BuiltMessage {
  const { request, contact, resources = [], status = 'N', at } = referral;
  const reasons = (request.reasonCode ?? []) as readonly Concept[];
  const diagnoses = [...reasons, ...standing(resources, 'Condition').map(({ code }) => (code ?? {}) as Concept)];
  const code = referral.priorities.back.get(String(request.priority ?? 'routine')) ?? 'N';
  const kind = contentKind(request);
  const root = parent(
    ref,
    'Henvisning',
    withValue(nodeOf(ref, 'ServType'), status, statusNames[status]),
    withText(ref, 'IssueDate', messageTime(at)),
    withText(ref, 'DocumentId', documentIdOf(request) ?? originalId(referral)),
    parent(
      po,
      'AnsvarForRapport',
      parent(po, 'AnsvarligRapport', ...professionalNodes(contact)),
      coded(po, 'TypeRelasjon', '8254', 'HHE', 'Henvisende helsepersonell'),
    ),
    parent(po, 'TypeInnholdIMelding', coded(po, 'TypeInnhold', '8455', kind.code, kind.display)),
    ...referralItems(ref, resources).map(withDateTimes),
    ...reasons.flatMap(({ coding = [], text }) => (coding.length > 0 || text === undefined ? [] : [reason(text)])),
    ...diagnoses.flatMap(diagnosis),
    parent(
      ref,
      'ReqServ',
      withValue(nodeOf(ref, 'ServType'), 'N', 'Ny'),
      withValue(nodeOf(ref, 'Priority'), code, priorityNames[code]),
    ),
    ...((request.note ?? []) as readonly { readonly text?: string }[]).flatMap(({ text }) =>
      text === undefined ? [] : [parent(ref, 'Comment', withText(ref, 'TextResultValue', text))],
    ),
  );
  const message = builtMessage(referral, contentMarkup(root, trees, { prefixes }));
  const fault = treeFault(readXml(message.raw), trees);
  if (fault !== undefined) throw new Failure('unprocessable', `The ${referral.type} cannot be written: ${fault}`);
  return message;
}

const timed: ReadonlySet<string> = new Set(['StartDateTime', 'EndDateTime', 'InvDate']);

/** Times are `dateTime` in 2.0, which has no place for those that are less exact. */
function withDateTimes(node: ContentNode): ContentNode {
  const children = node.children.flatMap((child) => {
    const { V: value = '' } = child.attributes;
    if (!timed.has(child.name)) return [withDateTimes(child)];
    return value.includes('T') ? [withText(child.namespace, child.name, value)] : [];
  });
  return { ...node, children };
}

function coded(namespace: string, name: string, list: string, code: string, display?: string): ContentNode {
  const node = withValue(nodeOf(namespace, name), code, display);
  node.attributes['S'] = `2.16.578.1.12.4.1.1.${list}`;
  return node;
}

const reason = (text: string): ContentNode =>
  parent(
    ref,
    'ReasonAsText',
    coded(ref, 'Heading', '8231', 'PROB', 'Aktuell problemstilling'),
    withText(ref, 'TextResultValue', text),
  );

/** Diagnoses in the lists that messages know (ICD-10, ICPC-2); others are told in words. */
function diagnosis({ coding = [], text }: Concept): readonly ContentNode[] {
  const known = coding.find(
    ({ system, code }) => code !== undefined && system !== undefined && listOf(system) !== undefined,
  );
  if (known !== undefined) {
    const concept = withValue(nodeOf(ref, 'Concept'), known.code!, known.display ?? text);
    concept.attributes['S'] = listOf(known.system!)!;
    return [parent(ref, 'Diagnosis', concept)];
  }
  const words = text ?? coding[0]?.display;
  return coding.length === 0 || words === undefined ? [] : [reason(words)];
}
