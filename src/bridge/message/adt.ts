// ADT^A01 admit, A03 discharge, A11 cancel admit, A13 cancel discharge: https://www.hl7.eu/HL7v2x/v251/std251/ch03.html
import { identifierSystems } from '../../fhir/national-identifiers.js';
import type { Resource } from '../../fhir/resource.js';
import type { Change } from '../../fhir/change.js';
import { referenceTo, type Reference } from '../../followup/vocabulary/element.js';
import { created } from '../../followup/vocabulary/module-change.js';
import { canonicalBase, engineDevice, structure } from '../../followup/vocabulary/systems.js';
import type { View } from '../../interactions/commit-types.js';
import { instant } from '../../kernel/clock.js';
import { Failure } from '../../kernel/failure.js';
import type { Hl7Message } from '../../mapping/hl7/read-hl7.js';
import { runMap } from '../../mapping/run-map.js';
import type { MessageParts } from '../message-parts.js';
import type { Handling } from './arrived.js';
import { centreReference } from './directory.js';
import { messageIdSystem } from './identifiers.js';
import { readMessage } from './read.js';
import { followedPatient, stayChanges, type StayEvent } from './stay.js';

export interface ArrivedHl7 {
  readonly read: Hl7Message;
  readonly bytes: Uint8Array;
  readonly identity: { readonly system: string; readonly value: string };
  readonly messageId: string;
  /** Organisation number of the hospital the connection belongs to, where it is one. */
  readonly organisation?: string | undefined;
}

const events: Readonly<Record<string, { readonly event: StayEvent; readonly map: string; readonly name: string }>> = {
  A01: { event: 'admitted', map: 'adt-a01', name: 'Innleggelse (ADT^A01)' },
  A03: { event: 'discharged', map: 'adt-a03', name: 'Utskrivning (ADT^A03)' },
  A11: { event: 'cancelled', map: 'adt-a01', name: 'Kansellert innleggelse (ADT^A11)' },
  A13: { event: 'cancelled', map: 'adt-a03', name: 'Kansellert utskrivning (ADT^A13)' },
};
export const hl7Events: ReadonlySet<string> = new Set(Object.keys(events));

/** What the message does; a Failure `unprocessable` when it does not say when the patient came or went. */
export function hl7Handling(arrived: ArrivedHl7, parts: MessageParts): Handling | Failure {
  const known = events[arrived.read.header.event]!;
  const encounter = mapped(arrived, known.map, parts);
  const period = encounter.period as { start?: string; end?: string } | undefined;
  const time = known.event === 'discharged' ? period?.end : period?.start;
  if (known.event !== 'cancelled' && time === undefined) {
    return new Failure(
      'unprocessable',
      known.event === 'discharged'
        ? 'PV1-45 and EVN-2 hold no time of discharge.'
        : 'PV1-44 and EVN-2 hold no time of admission.',
    );
  }
  return (view) => handle(arrived, encounter, view, parts);
}

/** An outpatient visit is no admission (HL7 table 0004 `O`, `R`, `P`). */
const inpatient = (encounter: Resource): boolean =>
  ['IMP', 'EMER'].includes((encounter.class as { code?: string } | undefined)?.code ?? 'IMP');

async function handle(
  arrived: ArrivedHl7,
  encounter: Resource,
  view: View,
  parts: MessageParts,
): Promise<readonly Change[]> {
  const { header } = arrived.read;
  const known = events[header.event]!;
  const followed = await followedPatient(view, arrived.identity);
  if (followed === undefined || !inpatient(encounter)) return [];
  const kept = keepOriginal(arrived, followed.patient, view, parts);
  const owner = await centreReference(view, { name: 'Oppfølgingssenter', idents: [] }, parts.settings.centreHerId);
  // A cancelled discharge needs a person: the follow-up may have been resumed.
  const effects =
    header.event === 'A13'
      ? []
      : await stayChanges({ event: known.event, encounter, earlier: [], owner }, followed, view, parts.ids);
  if (effects.length > 0) return [...kept.changes, ...effects];
  return [
    ...kept.changes,
    readingTask(arrived, { patient: followed.patient, owner, document: kept.document }, view, parts),
  ];
}

function mapped(arrived: ArrivedHl7, map: string, { maps }: MessageParts): Resource {
  const { header, tree } = arrived.read;
  return runMap(maps.named(map), tree, {
    messageIdentifier: { system: messageIdSystem, value: arrived.messageId },
    visitSystem: `${canonicalBase}/visit-number/${encodeURIComponent(header.sendingFacility || header.sendingApplication)}`,
    sender: {
      ...(arrived.organisation && { identifier: { system: identifierSystems.enh, value: arrived.organisation } }),
      display: header.sendingFacility || header.sendingApplication,
    },
  }).resources[0]!;
}

/** The original as Binary and DocumentReference. */
function keepOriginal(
  arrived: ArrivedHl7,
  patient: Reference,
  view: View,
  { ids }: MessageParts,
): { readonly changes: readonly Change[]; readonly document: Reference } {
  const { name } = events[arrived.read.header.event]!;
  const binary: Resource = {
    resourceType: 'Binary',
    id: ids.next(),
    contentType: 'x-application/hl7-v2+er7',
    securityContext: patient,
    data: Buffer.from(arrived.bytes).toString('base64'),
  };
  const document: Resource = {
    resourceType: 'DocumentReference',
    id: ids.next(),
    identifier: [{ system: messageIdSystem, value: arrived.messageId }],
    status: 'current',
    type: {
      coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0003', code: arrived.read.header.event }],
      text: name,
    },
    subject: patient,
    date: instant(view.now),
    description: name,
    content: [{ attachment: { contentType: 'x-application/hl7-v2+er7', url: `Binary/${binary.id}`, title: name } }],
  };
  return {
    changes: [document, binary].map((resource) => ({ op: 'create', resource, by: 'module' })),
    document: referenceTo(document, name),
  };
}

interface ToRead {
  readonly patient: Reference;
  readonly owner: Reference;
  readonly document: Reference;
}

function readingTask(
  arrived: ArrivedHl7,
  { patient, owner, document }: ToRead,
  view: View,
  { ids }: MessageParts,
): Change {
  const at = instant(view.now);
  const { header } = arrived.read;
  return created({
    resourceType: 'Task',
    id: ids.next(),
    meta: { profile: [structure('dho-task')] },
    status: 'requested',
    intent: 'order',
    priority: 'urgent',
    code: readMessage,
    description: `${events[header.event]!.name} fra ${header.sendingFacility || header.sendingApplication}. Må vurderes av en person.`,
    focus: document,
    for: patient,
    authoredOn: at,
    lastModified: at,
    requester: engineDevice,
    owner,
  });
}
