// ADT^A40 merge patient - patient identifier list: https://www.hl7.eu/HL7v2x/v251/std251/ch03.html
import type { Change } from '../../fhir/change.js';
import type { Resource } from '../../fhir/resource.js';
import { type Identifier, many, referenceTo } from '../../followup/vocabulary/element.js';
import { updated } from '../../followup/vocabulary/module-change.js';
import type { View, Work } from '../../interactions/commit-types.js';
import { mergePatients } from '../../interactions/merge-patients.js';
import { Failure } from '../../kernel/failure.js';
import type { MessageParts } from '../message-parts.js';
import type { Handling } from '../message/arrived.js';
import type { ArrivedHl7, Identity } from './arrived-hl7.js';
import { mergedIdentities } from './identities.js';
import { centreOf, keepOriginal, readingTask } from './keep-original.js';

const name = 'Sammenslåing av pasienter (ADT^A40)';

/** A commit's part of a message that needs more of the commit than changes. */
export interface MergeWork {
  readonly decide: Handling;
  readonly conclude: NonNullable<Work['conclude']>;
  readonly reaction: 'none';
}

/**
 * The person of MRG-1 is the person of PID-3. Where both are Patients here, they become one, and a person is told; where only
 * one is known, it has both numbers from now on.
 */
export function treatPatientMerge(arrived: ArrivedHl7, parts: MessageParts): MergeWork {
  const merged = mergedIdentities(arrived.read.tree).filter(({ value }) => value !== arrived.identity.value);
  if (merged.length === 0)
    throw new Failure('unprocessable', 'MRG-1 holds no valid Norwegian identity number other than that of PID-3.', {
      expression: 'MRG.1',
    });
  let concludes: NonNullable<Work['conclude']>[] = [];
  return {
    reaction: 'none',
    async decide(view) {
      concludes = [];
      const [survivor, second] = await view.patients(arrived.identity);
      if (second !== undefined) return [];
      const others = await patientsOf(merged, view);
      const to = survivor ?? others[0];
      if (to === undefined) return [];
      const from = others.filter(({ id }) => id !== to.id);
      if (from.length === 0) return withNumbers(to, [arrived.identity, ...merged]);
      const [one, further] = from;
      if (further !== undefined)
        throw new Failure('unprocessable', 'The message merges more than two Patients at once; send one merge each.');
      const toldNumbers = withNumbersIn(to, [arrived.identity]);
      const { changes, conclude } = await mergePatients(one!, toldNumbers, view);
      concludes.push(conclude);
      return [...changes, ...(await tellCentre(arrived, to, one!, view, parts))];
    },
    async conclude(tx) {
      for (const conclude of concludes) await conclude(tx);
    },
  };
}

async function patientsOf(identities: readonly Identity[], view: View): Promise<readonly Resource[]> {
  const found: Resource[] = [];
  for (const identity of identities) found.push(...(await view.patients(identity)));
  return [...new Map(found.map((one) => [one.id, one])).values()];
}

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
