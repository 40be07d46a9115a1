// Diagnoses, medicines and allergies as Henvisning 1.0/1.1 and Epikrise 1.1/1.2 carry them.
import type { Resource } from '../../fhir/resource.js';
import { Failure } from '../../kernel/failure.js';
import type { Coding } from '../../fhir/resource.js';
import type { Concept } from '../concept.js';
import { listOf } from '../code-systems.js';
import { fhirDateTime } from '../message-time.js';
import { type ContentNode, nodeOf, parent, withText, withValue } from './content-node.js';
import { time } from './own-envelope.js';

interface Note {
  readonly text?: string;
}

/** The coding that is of a code list of the messages (ICD-10, ICPC-2, ATC …). */
export const knownCoding = ({ coding = [] }: Concept): (Coding & { readonly code: string }) | undefined =>
  coding.find(
    (one): one is Coding & { readonly code: string } =>
      one.code !== undefined && one.system !== undefined && listOf(one.system) !== undefined,
  );

export const wordsOf = ({ coding = [], text }: Concept): string | undefined =>
  text ?? coding.find(({ display }) => display !== undefined)?.display ?? coding[0]?.code;

/** The words of what no code list of the messages has a code for. */
export const uncodedWords = (concept: Concept): string | undefined =>
  knownCoding(concept) === undefined ? wordsOf(concept) : undefined;

/** A coded value (CV): a code that the messages know, else the words. */
export function conceptNode(namespace: string, name: string, concept: Concept, display?: string): ContentNode {
  const known = knownCoding(concept);
  const node = nodeOf(namespace, name);
  if (known === undefined) {
    const words = wordsOf(concept);
    if (words !== undefined) node.attributes['OT'] = words;
    return node;
  }
  const shown = display ?? known.display ?? concept.text;
  node.attributes['S'] = listOf(known.system!)!;
  if (concept.text !== undefined && concept.text !== shown) node.attributes['OT'] = concept.text;
  return withValue(node, known.code, shown);
}

/** 8233. */
const itemTypes = {
  CAVE: 'Cave-opplysninger',
  FUNN: 'Funn og undersøkelsesresultat',
  MEDB: 'Legemiddelopplysning',
} as const;

function itemType(namespace: string, code: keyof typeof itemTypes): ContentNode {
  const node = withValue(nodeOf(namespace, 'Type'), code, itemTypes[code]);
  node.attributes['S'] = '2.16.578.1.12.4.1.1.8233';
  return node;
}

/** What a referral tells of beside its reason and diagnoses: allergies, medicines, measurements. */
export const referralItems = (namespace: string, resources: readonly Resource[]): readonly ContentNode[] => [
  ...standing(resources, 'AllergyIntolerance').map((one) =>
    parent(
      namespace,
      'InfItem',
      parent(namespace, 'Observation', withText(namespace, 'Description', allergyText(one))),
      itemType(namespace, 'CAVE'),
    ),
  ),
  ...standing(resources, 'MedicationStatement').map((one) => medicineItem(namespace, one)),
  ...standing(resources, 'Observation').flatMap((one) => resultItems(namespace, one)),
];

const medicineStatus: Readonly<Record<string, string>> = {
  active: 'I bruk',
  completed: 'Avsluttet',
  intended: 'Planlagt',
  stopped: 'Seponert',
  'on-hold': 'Midlertidig stanset',
  'not-taken': 'Tas ikke',
};

/**
 * A MedicationStatement as InfItem. The code lists for the status of a medicine differ between senders, so it stands in words.
 *
 * @throws Failure `unprocessable` for a medicine without a name
 */
export function medicineItem(namespace: string, statement: Resource): ContentNode {
  const concept = medicineOf(statement);
  const words = wordsOf(concept);
  if (words === undefined)
    throw new Failure('unprocessable', 'A medicine in a message needs its name.', {
      expression: 'MedicationStatement.medication',
    });
  const [reason] = (statement.statusReason ?? []) as readonly Concept[];
  const status = nodeOf(namespace, 'Status');
  status.attributes['DN'] = reason?.text ?? medicineStatus[String(statement.status)] ?? 'Ikke oppgitt';
  const drug = conceptNode(namespace, 'DrugId', concept, words);
  drug.attributes['DN'] = words;
  const notes = ((statement.note ?? []) as readonly Note[]).flatMap(({ text }) => text ?? []);
  const dosage = ((statement.dosage ?? []) as readonly Note[]).flatMap(({ text }) => text ?? []);
  const period = (statement.effectivePeriod ?? { start: statement.effectiveDateTime }) as Period;
  return parent(
    namespace,
    'InfItem',
    parent(
      namespace,
      'Medication',
      drug,
      ...(notes.length === 0 ? [] : [withText(namespace, 'Comment', notes.join('\n'))]),
      status,
      ...(dosage.length === 0 ? [] : [withText(namespace, 'DosageText', dosage.join('\n'))]),
    ),
    itemType(namespace, 'MEDB'),
    ...periodNodes(namespace, period),
  );
}

function medicineOf({ medicationCodeableConcept, medicationReference, contained }: Resource): Concept {
  const { reference, display } = (medicationReference ?? {}) as {
    readonly reference?: string;
    readonly display?: string;
  };
  const inside = ((contained ?? []) as readonly Resource[]).find(({ id }) => reference === `#${id}`);
  return (medicationCodeableConcept ?? inside?.code ?? (display === undefined ? {} : { text: display })) as Concept;
}

interface Quantity {
  readonly value?: number;
  readonly unit?: string;
  readonly code?: string;
}
interface Measured {
  readonly code?: Concept;
  readonly valueQuantity?: Quantity;
  readonly valueCodeableConcept?: Concept;
  readonly valueString?: string;
}

/** An Observation as InfItem, one for each of its components; what has no value that can be written stands in no item. */
export function resultItems(namespace: string, observation: Resource): readonly ContentNode[] {
  const measured = [observation as Measured, ...((observation.component ?? []) as readonly Measured[])];
  const at = fhirDateTime(String(observation.effectiveDateTime ?? ''));
  return measured.flatMap((one) => {
    const value = valueNode(namespace, one);
    if (value === undefined || wordsOf(one.code ?? {}) === undefined) return [];
    const item = parent(
      namespace,
      'ResultItem',
      value,
      ...(at === undefined ? [] : [time(namespace, 'InvDate', at)]),
      parent(namespace, 'ClinInv', conceptNode(namespace, 'Id', one.code!)),
    );
    return [parent(namespace, 'InfItem', item, itemType(namespace, 'FUNN'))];
  });
}

function valueNode(namespace: string, measured: Measured): ContentNode | undefined {
  const { valueQuantity, valueCodeableConcept, valueString } = measured;
  if (valueQuantity?.value !== undefined) {
    const number = withValue(nodeOf(namespace, 'NumResultValue'), String(valueQuantity.value));
    const unit = valueQuantity.unit ?? valueQuantity.code;
    if (unit !== undefined) number.attributes['U'] = unit;
    return parent(namespace, 'NumResult', number);
  }
  const text = valueString ?? wordsOf(valueCodeableConcept ?? {});
  return text === undefined
    ? undefined
    : parent(namespace, 'TextResult', parent(namespace, 'Result', withText(namespace, 'TextResultValue', text)));
}

export interface Period {
  readonly start?: string;
  readonly end?: string;
}

/** Beginning and end, as far as they are known. */
export const periodNodes = (namespace: string, { start, end }: Period): readonly ContentNode[] =>
  [
    ['StartDateTime', start],
    ['EndDateTime', end],
  ].flatMap(([name, text]) => {
    const value = text === undefined ? undefined : fhirDateTime(text);
    return value === undefined ? [] : [time(namespace, name!, value)];
  });

/** What an AllergyIntolerance says, in one line. */
export function allergyText({ code, note, reaction }: Resource): string {
  const reactions = ((reaction ?? []) as readonly { readonly manifestation?: readonly Concept[] }[])
    .flatMap(({ manifestation = [] }) => manifestation)
    .flatMap((one) => wordsOf(one) ?? []);
  const notes = ((note ?? []) as readonly Note[]).flatMap(({ text }) => text ?? []);
  const substance = wordsOf((code ?? {}) as Concept) ?? 'Overfølsomhet';
  return [`${substance}${reactions.length === 0 ? '' : `: ${reactions.join(', ')}`}`, ...notes].join('. ');
}

const withdrawn = (resource: Resource, element: string): boolean =>
  ((resource[element] ?? {}) as Concept).coding?.some(({ code }) => code === 'entered-in-error') === true;

/** Of what a message is to tell, what was not entered in error. */
export const standing = (resources: readonly Resource[], type: string): readonly Resource[] =>
  resources.filter(
    (one) => one.resourceType === type && one.status !== 'entered-in-error' && !withdrawn(one, 'verificationStatus'),
  );
