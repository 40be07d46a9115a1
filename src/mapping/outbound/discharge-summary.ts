// Epikrise 1.2 and 1.1 (HIS 80226), written from what a CommunicationRequest names.
// https://www.ehelse.no/standardisering/standarder/epikrise
import type { Resource } from '../../fhir/resource.js';
import { Failure } from '../../kernel/failure.js';
import type { Concept } from '../concept.js';
import { codeSystemOf } from '../code-systems.js';
import { messageTime } from '../message-time.js';
import { narrativeText } from '../narrative.js';
import type { ElementTrees } from '../tree/element-trees.js';
import type { BuiltMessage } from './built-message.js';
import {
  allergyText,
  conceptNode,
  knownCoding,
  medicineItem,
  type Period,
  periodNodes,
  resultItems,
  standing,
  uncodedWords,
  wordsOf,
} from './clinical-item.js';
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
import { answeredIdOf, contentKind, issuedAt } from './referral-facts.js';
import { originalId, type Report } from './report.js';
import { statusNames } from './send-status-names.js';

/** 1.2 is the one in force; 1.1 for those who cannot read it yet. */
export const dischargeSummaryVersions = ['1.2', '1.1'] as const;
export type DischargeSummaryVersion = (typeof dischargeSummaryVersions)[number];

export interface DischargeSummary extends Omit<Report, 'type'> {
  readonly version?: DischargeSummaryVersion;
  /** Text that stands in no Composition. */
  readonly text?: string;
  /** MsgId of the referral that is answered, where that came as Henvisning 2.0; its DocumentId names those of 1.x. */
  readonly referral?: string | undefined;
}

const versions: Readonly<Record<DischargeSummaryVersion, OwnEnvelope>> = {
  '1.2': {
    namespace: 'http://www.kith.no/xmlstds/epikrise/2012-02-15',
    version: 'v1.2 2012-02-15',
    name: 'EPIKRISE',
  },
  '1.1': { namespace: 'http://www.kith.no/xmlstds/epikrise/2006-09-23', version: 'v1.1 2006-09-23', name: 'E' },
};

/**
 * The stay (Encounter, else the event of the Composition) with its diagnoses, medicines and text, allergies as precautions and
 * the referral it answers.
 *
 * @throws Failure `unprocessable` naming what is missing that the standard demands
 */
export function buildDischargeSummary(
  { version = '1.2', ...summary }: DischargeSummary,
  { trees }: { readonly trees: ElementTrees },
): BuiltMessage {
  const { resources, sender, receiver, patient, contact, attachments = [], status = 'N', at } = summary;
  // The receipt of 1.1 names ServProvId, which a change has in common with its original (AppRec 1.0).
  if (version === '1.1' && status !== 'N')
    throw new Failure('unprocessable', 'An EPIKRISE 1.1 is changed and cancelled by one of version 1.2.');
  const { namespace } = versions[version];
  const of = (type: string): readonly Resource[] => standing(resources, type);
  const [composition] = resources.filter(({ resourceType }) => resourceType === 'Composition');
  if (composition?.status === 'preliminary')
    throw new Failure('unprocessable', 'An EPIKRISE tells of what is final.', { expression: 'Composition.status' });
  const body = parent(
    namespace,
    'ServRprt',
    withValue(nodeOf(namespace, 'ServType'), status, statusNames[status]),
    time(namespace, 'IssueDate', messageTime(at)),
    withValue(nodeOf(namespace, 'Status'), 'F', 'Endelig rapport'),
    withText(namespace, 'MsgDescr', titleOf(composition)),
    withText(namespace, 'ServProvId', originalId(summary)),
    ...of('ServiceRequest').map((request) => answered(namespace, request, { version, referral: summary.referral })),
    event(summary, composition, version),
    patientNode(
      namespace,
      patient,
      of('AllergyIntolerance').map((allergy) =>
        parent(namespace, 'PatientPrecaution', withText(namespace, 'Precaution', allergyText(allergy))),
      ),
    ),
    partyNode(namespace, 'ServProvider', sender),
    partyNode(namespace, 'Requester', receiver),
    professionalNode(namespace, 'RelServProvider', ['AHP', 'Ansvarlig helsepersonell'], contact),
    ...attachments.map((one) => attachmentNode(namespace, one, at)),
  );
  return ownMessage(versions[version], { type: 'EPIKRISE', ...summary }, body, trees);
}

const titleOf = (composition: Resource | undefined): string =>
  typeof composition?.title === 'string' ? composition.title : 'Epikrise';

/** The referral that is answered. */
function answered(
  namespace: string,
  request: Resource,
  { version, referral }: Pick<DischargeSummary, 'version' | 'referral'>,
): ContentNode {
  const kind = contentKind(request);
  const reasons = (request.reasonCode ?? []) as readonly Concept[];
  const diagnoses = reasons.filter((one) => knownCoding(one) !== undefined);
  // At least one is demanded; where the referral has none, its reason stands there in words.
  const named = diagnoses.length > 0 ? diagnoses : [reasons[0] ?? { text: 'Ikke oppgitt' }];
  return parent(
    namespace,
    'ServReq',
    withValue(nodeOf(namespace, 'ServType'), 'N', statusNames.N),
    time(namespace, 'IssueDate', issuedAt(request)),
    version === '1.1'
      ? withText(namespace, 'MsgDescr', kind.display)
      : withValue(nodeOf(namespace, 'MsgDescr'), kind.code, kind.display),
    withText(namespace, 'Id', referral ?? answeredIdOf(request)),
    ...reasons.flatMap((one) => {
      const text = uncodedWords(one);
      return text === undefined
        ? []
        : [parent(namespace, 'ReasonAsText', withText(namespace, 'TextResultValue', text))];
    }),
    ...named.map((one) => parent(namespace, 'Diagnosis', conceptNode(namespace, 'Concept', one))),
  );
}

/** Hendelse: the stay, what was found, what was given, and the words. */
function event(
  { resources, text }: DischargeSummary,
  composition: Resource | undefined,
  version: DischargeSummaryVersion,
): ContentNode {
  const { namespace } = versions[version];
  const [stay] = standing(resources, 'Encounter');
  const period = periodOf(stay, composition);
  const conditions = standing(resources, 'Condition');
  const main = mainDiagnosis(conditions, stay);
  return parent(
    namespace,
    'Event',
    parent(namespace, 'ReportedEvent', ...periodNodes(namespace, period)),
    withValue(nodeOf(namespace, 'ServType'), 'N', statusNames.N),
    ...(version === '1.1' ? [withText(namespace, 'Id', '1')] : []),
    service(namespace, stay),
    ...conditions.map((one) => diagnosis(namespace, one, one === main)),
    ...standing(resources, 'MedicationStatement').map((one) => medicineItem(namespace, one)),
    ...standing(resources, 'Observation').flatMap((one) => resultItems(namespace, one)),
    ...comments(namespace, composition, text),
  );
}

function periodOf(stay: Resource | undefined, composition: Resource | undefined): Period & { readonly start: string } {
  const events = (composition?.event ?? []) as readonly { readonly period?: Period }[];
  const { start, end } = (stay?.period ?? events.find(({ period }) => period !== undefined)?.period ?? {}) as Period;
  if (start === undefined)
    throw new Failure(
      'unprocessable',
      'An EPIKRISE needs the stay: an Encounter, or Composition.event, with its start.',
      {
        expression: 'Encounter.period',
      },
    );
  return { start, ...(end !== undefined && { end }) };
}

/** 8406; without a code where FHIR's kind of encounter has none. */
function service(namespace: string, stay: Resource | undefined): ContentNode {
  const inpatient = (stay?.class as { readonly code?: string } | undefined)?.code === 'IMP';
  // `Service` is demanded, but nothing in it.
  return inpatient
    ? parent(namespace, 'Service', withValue(nodeOf(namespace, 'AdmCat'), '1', 'Heldøgnsopphold'))
    : withText(namespace, 'Service', '');
}

const mainName = 'Hoveddiagnose';

const kindOf = ({ category }: Resource): string | undefined =>
  ((category ?? []) as readonly Concept[]).find(({ coding = [], text }) => coding.length === 0 && text !== undefined)
    ?.text;

/** The one that says so, the first of the Encounter by rank, else the first that is named. */
function mainDiagnosis(conditions: readonly Resource[], stay: Resource | undefined): Resource | undefined {
  const ranked = (
    (stay?.diagnosis ?? []) as readonly {
      readonly rank?: number;
      readonly condition?: { readonly reference?: string };
    }[]
  ).find(({ rank }) => rank === 1)?.condition?.reference;
  return (
    conditions.find((one) => kindOf(one) === mainName) ??
    conditions.find(({ id }) => ranked !== undefined && ranked === `Condition/${id}`) ??
    conditions.find((one) => kindOf(one) === undefined)
  );
}

function diagnosis(namespace: string, condition: Resource, main: boolean): ContentNode {
  const code = (condition.code ?? {}) as Concept;
  const known = knownCoding(code);
  const words = known === undefined ? wordsOf(code) : code.text;
  const kind = main ? mainName : (kindOf(condition) ?? 'Bidiagnose');
  const type = nodeOf(namespace, 'Type');
  if (kind === mainName) type.attributes['V'] = 'H';
  type.attributes['DN'] = kind;
  return parent(
    namespace,
    'InfItem',
    parent(
      namespace,
      'Observation',
      ...(words === undefined ? [] : [withText(namespace, 'Description', words)]),
      ...(known === undefined
        ? []
        : [parent(namespace, 'CodedDescr', conceptNode(namespace, 'Concept', { coding: [known] }))]),
    ),
    type,
  );
}

/** 8311 ← 9142, the headings of the physician in PLO. */
const headings: Readonly<Record<string, string>> = {
  AAI: 'AI',
  FO: 'FO',
  FU: 'FU',
  HJ: 'HJ',
  IP: 'IP',
  OP: 'OP',
  SYKM: 'SY',
  VU: 'VU',
};

interface Section {
  readonly title?: string;
  readonly code?: Concept;
  readonly text?: { readonly div?: string };
  readonly section?: readonly Section[];
}

/** The sections in their order, those below others after them; one whose heading the standard does not have keeps its title. */
function comments(
  namespace: string,
  composition: Resource | undefined,
  text: string | undefined,
): readonly ContentNode[] {
  const all = (sections: readonly Section[]): readonly Section[] =>
    sections.flatMap((one) => [one, ...all(one.section ?? [])]);
  const told = all((composition?.section ?? []) as readonly Section[]).flatMap(({ title, code, text: narrative }) => {
    const words = narrativeText(narrative?.div ?? '');
    return words === '' ? [] : [comment(namespace, headingOf(namespace, title, code), words)];
  });
  if (text === undefined || text === '') return told;
  return [...told, comment(namespace, headingOf(namespace, undefined, undefined), text)];
}

const comment = (namespace: string, heading: ContentNode, text: string): ContentNode =>
  parent(namespace, 'Comment', heading, withText(namespace, 'TextResultValue', text));

function headingOf(namespace: string, title: string | undefined, { coding = [] }: Concept = {}): ContentNode {
  const node = nodeOf(namespace, 'Heading');
  const own = coding.find(({ system }) => system === codeSystemOf('8311'));
  const code = own?.code ?? headings[coding.find(({ system }) => system === codeSystemOf('9142'))?.code ?? ''];
  if (code !== undefined) node.attributes['V'] = code;
  node.attributes['DN'] = own?.display ?? title ?? coding[0]?.display ?? 'Notat';
  return node;
}
