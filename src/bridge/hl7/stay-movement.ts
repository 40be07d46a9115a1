// ADT^A01 admit, A02 transfer, A03 discharge, A04 register, A11 A12 A13 cancel them: https://www.hl7.eu/HL7v2x/v251/std251/ch03.html
import type { Resource } from '../../fhir/resource.js';
import type { Change } from '../../fhir/change.js';
import { registerVisit } from '../../followup/admission/visit.js';
import type { View } from '../../interactions/commit-types.js';
import { Failure } from '../../kernel/failure.js';
import { runMap } from '../../mapping/run-map.js';
import type { MessageParts } from '../message-parts.js';
import { followedPatient, stayChanges, storedStay, type StayEvent } from '../message/stay.js';
import type { Handling } from '../message/arrived.js';
import type { ArrivedHl7 } from './arrived-hl7.js';
import { centreOf, keepOriginal, mapParameters, readingTask } from './keep-original.js';

interface Movement {
  readonly event: StayEvent;
  readonly map: 'adt-a01' | 'adt-a03';
  readonly name: string;
}

const movements = {
  A01: { event: 'admitted', map: 'adt-a01', name: 'Innleggelse (ADT^A01)' },
  A02: { event: 'transferred', map: 'adt-a01', name: 'Overflytting (ADT^A02)' },
  A03: { event: 'discharged', map: 'adt-a03', name: 'Utskrivning (ADT^A03)' },
  A04: { event: 'admitted', map: 'adt-a01', name: 'Registrert kontakt (ADT^A04)' },
  A11: { event: 'cancelled', map: 'adt-a01', name: 'Kansellert innleggelse (ADT^A11)' },
  A12: { event: 'transfer-cancelled', map: 'adt-a01', name: 'Kansellert overflytting (ADT^A12)' },
  A13: { event: 'discharge-cancelled', map: 'adt-a03', name: 'Kansellert utskrivning (ADT^A13)' },
} as const satisfies Readonly<Record<string, Movement>>;

/** The events that a cancellation takes back. */
export const cancelledBy: Readonly<Record<string, readonly string[]>> = {
  A11: ['ADT^A01', 'ADT^A04'],
  A12: ['ADT^A02'],
  A13: ['ADT^A03'],
};

export const treatMovement =
  (code: keyof typeof movements) =>
  (arrived: ArrivedHl7, parts: MessageParts): Handling => {
    const movement: Movement = movements[code];
    const encounter = mapped(arrived, movement.map, parts);
    const period = encounter.period as { start?: string; end?: string } | undefined;
    if (movement.event === 'discharged' && period?.end === undefined)
      throw new Failure('unprocessable', 'PV1-45 and EVN-2 hold no time of discharge.');
    if (movement.event === 'admitted' && period?.start === undefined)
      throw new Failure('unprocessable', 'PV1-44 and EVN-2 hold no time of admission.');
    return (view) => handle(arrived, { ...movement, visit: isVisit(code, encounter) }, encounter, view, parts);
  };

/** An outpatient contact is no admission (HL7 table 0004 `O`, `R`, `P`), nor is one that is only registered. */
const isVisit = (code: string, encounter: Resource): boolean => {
  const kind = (encounter.class as { code?: string } | undefined)?.code ?? 'IMP';
  return !['IMP', 'EMER'].includes(kind) || (code === 'A04' && kind !== 'IMP');
};

async function handle(
  arrived: ArrivedHl7,
  movement: Movement & { readonly visit: boolean },
  encounter: Resource,
  view: View,
  parts: MessageParts,
): Promise<readonly Change[]> {
  const { event, name } = movement;
  const followed = await followedPatient(view, arrived.identity);
  if (followed === undefined) return [];
  const { patient, episode } = followed;
  const original = keepOriginal(arrived, patient, { name }, { view, ids: parts.ids });
  const owner = await centreOf(view, parts);
  const stay = { event, encounter, earlier: [], owner };
  if (movement.visit) {
    const stored = await storedStay(stay, patient, view);
    return [...original.changes, ...registerVisit({ encounter, stored, patient, episode, ids: parts.ids }, event)];
  }
  const effects = await stayChanges(stay, followed, view, parts.ids);
  if (effects.length > 0) return [...original.changes, ...effects];
  const reason = 'Må vurderes av en person.';
  return [
    ...original.changes,
    readingTask(arrived, { patient, owner, document: original.document, name, reason }, view, parts),
  ];
}

function mapped(arrived: ArrivedHl7, map: Movement['map'], { maps }: MessageParts): Resource {
  return runMap(maps.named(map), arrived.read.tree, mapParameters(arrived)).resources[0]!;
}
