// ADT^A40 merge patient - patient identifier list: https://www.hl7.eu/HL7v2x/v251/std251/ch03.html
import type { Change } from '../../fhir/change.js';
import type { Resource } from '../../fhir/resource.js';
import { type Identifier, many, referenceTo } from '../../followup/vocabulary/element.js';
import { updated } from '../../followup/vocabulary/module-change.js';
import type { View, Work } from '../../interactions/commit-types.js';
import { mergePatients } from '../../interactions/merge-patients.js';
import { Failure } from '../../kernel/failure.js';
import { patientIdentityOf } from '../../mapping/hl7/patient-identity.js';
import type { XmlElement } from '../../mapping/xml/xml-element.js';
import type { MessageParts } from '../message-parts.js';
import type { Handling } from '../message/arrived.js';
import type { ArrivedHl7, Identity } from './arrived-hl7.js';
import { localNumbers, mergedIdentities } from './identities.js';
import { centreOf, keepOriginal, readingTask } from './keep-original.js';

const name = 'Sammenslåing av pasienter (ADT^A40)';

/** A commit's part of a message that needs more of the commit than changes. */
export interface MergeWork {
  readonly decide: Handling;
  readonly conclude: NonNullable<Work['conclude']>;
  readonly reaction: 'none';
}

/** The person of MRG is the person of the PID before it. */
interface Pair {
  readonly identity: Identity;
  readonly merged: readonly Identity[];
  /** Numbers of MRG that only the hospital knows, with who counts them. */
  readonly local: readonly { readonly value: string; readonly authority: string }[];
}

/**
 * The person of MRG-1 is the person of PID-3, in every pair of the message. Where both are Patients here, they become one, and a
 * person is told; where only one is known, it has both numbers from now on. A number that only the hospital counts by is looked
 * for too; where no Patient has it, there is nothing to merge.
 */
export function treatPatientMerge(arrived: ArrivedHl7, parts: MessageParts): MergeWork {
  const pairs = pairsOf(arrived.read.tree);
  let concludes: NonNullable<Work['conclude']>[] = [];
  return {
    reaction: 'none',
    async decide(view) {
      concludes = [];
      const changes = new Map<string, Change>();
      for (const pair of pairs) {
        const { changes: made, conclude } = await mergePair(pair, arrived, view, parts);
        if (conclude !== undefined) concludes.push(conclude);
        for (const change of made) {
          const key = keyOfChange(change);
          if (changes.has(key))
            throw new Failure('unprocessable', 'Merges of one message touch the same resource; send one merge each.');
          changes.set(key, change);
        }
      }
      return [...changes.values()];
    },
    async conclude(tx) {
      for (const conclude of concludes) await conclude(tx);
    },
  };
}

const keyOfChange = (change: Change): string =>
  change.op === 'delete' ? `${change.type}/${change.id}` : `${change.resource.resourceType}/${change.resource.id}`;

/** @throws Failure `unprocessable` where a pair names nobody, or MRG holds something that only looks like a national number */
function pairsOf(tree: XmlElement): readonly Pair[] {
  const groups: XmlElement[][] = [];
  for (const segment of tree.children) {
    if (segment.name === 'PID') groups.push([segment]);
    else groups.at(-1)?.push(segment);
  }
  return groups.map((children) => {
    const group = { ...tree, children };
    const identity = patientIdentityOf(group);
    if (identity === undefined)
      throw new Failure('unprocessable', 'PID-3 holds no valid Norwegian identity number.', { expression: 'PID.3' });
    const merged = mergedIdentities(group).filter(({ value }) => value !== identity.value);
    const local = localNumbers(group);
    if (merged.length === 0 && (local.length === 0 || local.some(({ value }) => /^\d{11}$/.test(value))))
      throw new Failure('unprocessable', 'MRG-1 holds no valid identity number other than that of PID-3.', {
        expression: 'MRG.1',
      });
    return { identity, merged, local };
  });
}

async function mergePair(
  { identity, merged, local }: Pair,
  arrived: ArrivedHl7,
  view: View,
  parts: MessageParts,
): Promise<{ readonly changes: readonly Change[]; readonly conclude?: NonNullable<Work['conclude']> }> {
  const [survivor, second] = await view.patients(identity);
  if (second !== undefined) return { changes: [] };
  const others = await patientsOf(merged, local, view);
  const to = survivor ?? others[0];
  if (to === undefined) return { changes: [] };
  const [from, further] = others.filter(({ id }) => id !== to.id);
  if (from === undefined) return { changes: merged.length === 0 ? [] : withNumbers(to, [identity, ...merged]) };
  if (further !== undefined)
    throw new Failure('unprocessable', 'The message merges more than two Patients at once; send one merge each.');
  const { changes, conclude } = await mergePatients(from, withNumbersIn(to, [identity]), view);
  return { changes: [...changes, ...(await tellCentre(arrived, to, from, view, parts))], conclude };
}

async function patientsOf(
  identities: readonly Identity[],
  local: Pair['local'],
  view: View,
): Promise<readonly Resource[]> {
  const found: Resource[] = [];
  for (const identity of identities) found.push(...(await view.patients(identity)));
  for (const { value, authority } of local) {
    const named = await view.search('Patient', `identifier=${encodeURIComponent(value)}`);
    found.push(...named.filter((one) => one.active !== false && hasLocal(one, value, authority)));
  }
  return [...new Map(found.map((one) => [one.id, one])).values()];
}

const hasLocal = (patient: Resource, value: string, authority: string): boolean =>
  many<Identifier & { readonly assigner?: { readonly display?: string } }>(patient.identifier).some(
    (one) => one.value === value && one.assigner?.display === authority,
  );

const withNumbersIn = (patient: Resource, identities: readonly Identity[]): Resource => {
  const own = many<Identifier>(patient.identifier);
  const missing = identities.filter(
    (one) => !own.some(({ system, value }) => system === one.system && value === one.value),
  );
  return missing.length === 0 ? patient : { ...patient, identifier: [...missing.map((one) => ({ ...one })), ...own] };
};

const withNumbers = (patient: Resource, identities: readonly Identity[]): Change[] => {
  const next = withNumbersIn(patient, identities);
  return next === patient ? [] : [updated(patient, { identifier: next.identifier })];
};

/** Whoever follows the patient up must see what was put together. */
async function tellCentre(
  arrived: ArrivedHl7,
  to: Resource,
  from: Resource,
  view: View,
  parts: MessageParts,
): Promise<readonly Change[]> {
  const patient = referenceTo(to);
  const original = keepOriginal(arrived, patient, { name }, { view, ids: parts.ids });
  const running: (Resource | undefined)[] = [];
  for (const one of [to, from]) running.push(await episodeOf(one, view));
  if (running.every((episode) => episode === undefined)) return original.changes;
  const both = running.every((episode) => episode !== undefined);
  const reason = both
    ? 'Begge hadde oppfølging: kontroller hvilken plan som skal gjelde, og avslutt den andre.'
    : 'Alt som var registrert på den ene, står nå på den andre. Kontroller plan og varsler.';
  const owner = await centreOf(view, parts);
  return [
    ...original.changes,
    readingTask(arrived, { patient, owner, document: original.document, name, reason }, view, parts),
  ];
}

const episodeOf = async (patient: Resource, view: View): Promise<Resource | undefined> =>
  (await view.search('EpisodeOfCare', `patient=Patient/${patient.id}&status=planned,waitlist,active,onhold`))[0];
