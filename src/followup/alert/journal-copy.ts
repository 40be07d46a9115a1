/**
 * «Kopier til journal»: a closed alert, with what was done and what it was raised on, as the document that the national
 * services take. https://simplifier.net/guide/velferdsteknologiskknutepunktdhor4
 */
import { createHash } from 'node:crypto';
import type { Change } from '../../fhir/change.js';
import type { Resource } from '../../fhir/resource.js';
import { instant } from '../../kernel/clock.js';
import { Failure } from '../../kernel/failure.js';
import { codingOf } from '../plan/code-text.js';
import { alertOf } from '../projection/alert-element.js';
import { isComponentMeasure, type RuleSet } from '../ruleset/grammar.js';
import { timeWords } from '../trend/trend-words.js';
import { escaped } from '../trend/drawing-svg.js';
import { created } from '../vocabulary/module-change.js';
import {
  asReference,
  type Concept,
  extensionOf,
  type Identifier,
  many,
  type Reference,
  targetOf,
} from '../vocabulary/element.js';
import { identifierSystem, structure, system } from '../vocabulary/systems.js';

const profile = (name: string) => ({ profile: [`http://ehelse.no/fhir/StructureDefinition/${name}`] });

export interface JournalFacts {
  /** The alert, `final`. */
  readonly issue: Resource;
  readonly patient: Resource;
  /** Observations and QuestionnaireResponses that the alert was raised on. */
  readonly evidence: readonly Resource[];
  /** The plan that found it, for the code of what is missing. */
  readonly plan?: RuleSet | undefined;
  /** Who closed it. */
  readonly author: Reference;
  /** What was assessed and done. */
  readonly note: string;
  /** What was written back and forth, of an alert about a message; oldest first. */
  readonly exchange?: readonly Resource[];
  /** When it was closed, milliseconds since 1970. */
  readonly closed: number;
}

/** Id of the document of an alert: always the same, so that it is journalled once. */
export function journalId(issue: Resource): string {
  const bytes = createHash('sha256').update(`journal ${issue.id}`).digest().subarray(0, 16);
  bytes[6] = 0x80 | (bytes[6]! & 0x0f);
  bytes[8] = 0x80 | (bytes[8]! & 0x3f);
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/** → the create of the document; refused for an alert that is open, or of a patient without a national identifier. */
export function copyToJournal(facts: JournalFacts): Change[] | Failure {
  const { issue } = facts;
  if (issue.status !== 'final')
    return new Failure(
      'conflict',
      'An alert is copied to the patient record when it is closed: use DetectedIssue/$close.',
      {
        expression: 'DetectedIssue.status',
      },
    );
  const subject = subjectOf(facts.patient);
  if (subject === undefined)
    return new Failure('unprocessable', 'The patient has no national identifier that the patient record knows.', {
      expression: 'Patient.identifier',
    });
  return [created(journalDocument(facts, subject))];
}

const national: readonly string[] = [identifierSystem.fnr, identifierSystem.dnr, identifierSystem.fhn];

/** The person by number and name: the record is another system, which does not know our ids. */
function subjectOf(patient: Resource): Reference | undefined {
  const identifiers = many<Identifier>(patient.identifier);
  const found = national.flatMap((one) => identifiers.find((identifier) => identifier.system === one) ?? [])[0];
  if (found?.value === undefined) return undefined;
  const [name] = many<{ family?: string; given?: string[]; text?: string }>(patient.name);
  const display = name?.text ?? [...(name?.given ?? []), name?.family ?? ''].join(' ').trim();
  return { identifier: { system: found.system!, value: found.value }, ...(display === '' ? {} : { display }) };
}

function journalDocument(facts: JournalFacts, subject: Reference): Resource {
  const { issue, author, closed, note } = facts;
  const id = journalId(issue);
  const urn = (resource: Resource): string => `urn:uuid:${uuidOf(resource)}`;
  const evidence = facts.evidence.map((one) => evidenceCopy(one, subject));
  const finding = findingCopy(
    facts,
    subject,
    evidence.map((one) => ({ reference: urn(one) })),
  );
  const words = [note, ...(facts.exchange ?? []).map(messageWords)].map((one) => `<p>${escaped(one)}</p>`).join('');
  const raised = String(issue.identifiedDateTime ?? instant(closed));
  const composition: Resource = {
    resourceType: 'Composition',
    id: uuidOf({ resourceType: 'Composition', id }),
    meta: profile('vkp-Composition-v090'),
    status: 'final',
    type: { coding: [{ system: system.loinc, code: '34133-9', display: 'Summary of episode note' }] },
    category: [{ coding: [{ system: system.vkpCompositionCategory, code: '2' }] }],
    subject,
    date: instant(closed),
    author: [authorOf(author)],
    title: `Oppfølging av varsel: ${(issue.code as Concept | undefined)?.text ?? 'digital hjemmeoppfølging'}`,
    event: [event('0', raised), event('3', instant(closed))],
    section: [
      {
        title: 'Beskrivelse av oppfølging',
        code: { coding: [{ system: system.vkpCompositionSection, code: '1.1' }] },
        text: { status: 'additional', div: `<div xmlns="http://www.w3.org/1999/xhtml">${words}</div>` },
        entry: [{ reference: urn(finding) }],
      },
    ],
  };
  return {
    resourceType: 'Bundle',
    id,
    identifier: { system: 'urn:ietf:rfc:3986', value: `urn:uuid:${id}` },
    type: 'document',
    timestamp: instant(closed),
    entry: [composition, finding, ...evidence].map((resource) => ({ fullUrl: urn(resource), resource })),
  };
}

/** `02.03.2026 kl. 10:00, pasienten: Jeg er svimmel` */
function messageWords(message: Resource): string {
  const sender = asReference(message.sender);
  const isPatient =
    (targetOf(sender)?.type ?? sender?.type) === 'Patient' || national.includes(sender?.identifier?.system ?? '');
  const who = isPatient ? 'pasienten' : (sender?.display ?? 'oppfølgingssenteret');
  const text = many<{ contentString?: string }>(message.payload).flatMap(({ contentString }) => contentString ?? []);
  const sent = Date.parse(String(message.sent ?? ''));
  return `${Number.isNaN(sent) ? '' : `${timeWords(sent)}, `}${who}: ${text.join(' ') || '(vedlegg)'}`;
}

const event = (code: string, start: string): object => ({
  code: [{ coding: [{ system: system.vkpCompositionEvent, code }] }],
  period: { start },
});

/** By number and name; a person without a number is named at least. */
const authorOf = ({ type, identifier, display }: Reference): Reference => ({
  ...(type === undefined ? {} : { type }),
  ...(identifier === undefined ? {} : { identifier }),
  display: display ?? identifier?.value ?? 'Oppfølgingssenteret',
});

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Our ids are UUIDs; one that a client chose is made one. */
const uuidOf = (resource: Resource): string =>
  uuid.test(resource.id ?? '') && resource.resourceType !== 'Composition'
    ? resource.id!
    : journalId({ resourceType: 'Basic', id: `${resource.resourceType}/${resource.id}` });

const colours: Readonly<Record<string, string>> = {
  red: 'Rødt varsel',
  yellow: 'Gult varsel',
  green: 'Grønt varsel',
  blue: 'Blått varsel',
  grey: 'Grått varsel',
  technical: 'Teknisk varsel',
};

function findingCopy(facts: JournalFacts, subject: Reference, found: readonly Reference[]): Resource {
  const { issue } = facts;
  const concept = issue.code as Concept | undefined;
  const colour = (extensionOf(issue, structure('dho-colour'))?.valueCoding as { code?: string } | undefined)?.code;
  const implicated = found.length > 0 ? found : missing(facts);
  return {
    resourceType: 'DetectedIssue',
    id: uuidOf(issue),
    meta: profile('vkp-DetectedIssue-v090'),
    status: 'final',
    // The binding is required: our own codes are not theirs.
    code: {
      coding: many<{ system?: string }>(concept?.coding).filter((one) => one.system === system.vkpAlert),
      ...(concept?.text === undefined ? {} : { text: concept.text }),
    },
    ...(issue.severity === undefined ? {} : { severity: issue.severity }),
    patient: subject,
    ...(issue.identifiedDateTime === undefined ? {} : { identifiedDateTime: issue.identifiedDateTime }),
    author: { display: 'Hjemmebro' },
    ...(implicated.length === 0 ? {} : { implicated }),
    detail: colours[colour ?? ''] ?? String(issue.detail ?? ''),
  };
}

/** What did not come, as a logical reference: the measurement's code, or the form's name. */
function missing({ issue, plan }: JournalFacts): Reference[] {
  const rule = alertOf(issue)?.rule ?? '';
  if (!rule.startsWith('missing:') || plan === undefined) return [];
  const schedule = plan.schedules.find(({ id }) => id === rule.slice('missing:'.length));
  if (schedule === undefined) return [];
  const measure = Object.hasOwn(plan.measures, schedule.for) ? plan.measures[schedule.for] : undefined;
  const [first] = measure === undefined || isComponentMeasure(measure) ? [] : (measure.code ?? []);
  const display = measure?.title ?? schedule.title ?? schedule.for;
  if (first === undefined) return [{ identifier: { value: display }, display }];
  const { system: of, code } = codingOf(first);
  return [{ identifier: { ...(of === undefined ? {} : { system: of }), value: code! }, display }];
}

const observed = [
  'status',
  'category',
  'code',
  'issued',
  'dataAbsentReason',
  'interpretation',
  'referenceRange',
  'component',
  'note',
];
const answered = ['status', 'questionnaire', '_questionnaire', 'authored', 'item'];

/** The measured and answered itself; references into this server are left out. */
function evidenceCopy(resource: Resource, subject: Reference): Resource {
  const isForm = resource.resourceType === 'QuestionnaireResponse';
  const kept = Object.entries(resource).filter(
    ([name]) => (isForm ? answered : observed).includes(name) || (!isForm && /^(value|effective)[A-Z]/.test(name)),
  );
  const performer = many<Reference>(resource.performer).filter(
    (one) => one.reference === undefined && one.identifier !== undefined,
  );
  return {
    resourceType: resource.resourceType,
    id: uuidOf(resource),
    // The address of the profile is spelt so.
    ...(isForm ? { meta: profile('vkp-QuestionnaireReponse-v090') } : {}),
    ...Object.fromEntries(kept),
    subject,
    ...(performer.length === 0 ? {} : { performer }),
  } as Resource;
}

/** What the alert was raised on, as keys. */
export const evidenceKeys = (issue: Resource): readonly { readonly type: string; readonly id: string }[] =>
  many<Reference>(issue.implicated).flatMap((one) => {
    const target = targetOf(asReference(one));
    return target?.type === 'Observation' || target?.type === 'QuestionnaireResponse' ? [target] : [];
  });
