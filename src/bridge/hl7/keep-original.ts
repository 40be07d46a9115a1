// The original of an HL7 v2 message: https://hl7.org/fhir/R4/documentreference.html
import { identifierSystems } from '../../fhir/national-identifiers.js';
import type { Change } from '../../fhir/change.js';
import type { Resource } from '../../fhir/resource.js';
import { referenceTo, type Reference } from '../../followup/vocabulary/element.js';
import { created } from '../../followup/vocabulary/module-change.js';
import { canonicalBase, engineDevice, structure } from '../../followup/vocabulary/systems.js';
import type { View } from '../../interactions/commit-types.js';
import { instant } from '../../kernel/clock.js';
import type { Parameters } from '../../mapping/run-map.js';
import type { MessageParts } from '../message-parts.js';
import { centreReference } from '../message/directory.js';
import { messageIdSystem } from '../message/identifiers.js';
import { readMessage } from '../message/read.js';
import { type ArrivedHl7, senderName } from './arrived-hl7.js';

const mediaType = 'x-application/hl7-v2+er7';

export interface Original {
  readonly changes: readonly Change[];
  readonly document: Reference;
}

/** The names of the event for a person: `Innleggelse (ADT^A01)`. */
export interface Named {
  readonly name: string;
  /** Elements that no map has a place for; they stand in the original only. */
  readonly unmapped?: readonly string[];
}

/** The original as Binary and DocumentReference, also of an event for which nothing else is made. */
export function keepOriginal(
  arrived: ArrivedHl7,
  patient: Reference,
  { name, unmapped = [] }: Named,
  { view, ids }: { readonly view: View; readonly ids: MessageParts['ids'] },
): Original {
  const { type, event } = arrived.read.header;
  const binary: Resource = {
    resourceType: 'Binary',
    id: ids.next(),
    contentType: mediaType,
    ...(patient.reference !== undefined && { securityContext: patient }),
    data: Buffer.from(arrived.bytes).toString('base64'),
  };
  const document: Resource = {
    resourceType: 'DocumentReference',
    id: ids.next(),
    identifier: [{ system: messageIdSystem, value: arrived.messageId }],
    status: 'current',
    type: {
      coding: [
        { system: 'http://terminology.hl7.org/CodeSystem/v2-0076', code: type },
        { system: 'http://terminology.hl7.org/CodeSystem/v2-0003', code: event },
      ].filter(({ code }) => code !== ''),
      text: name,
    },
    subject: patient,
    date: instant(view.now),
    author: [senderReference(arrived)],
    description: [
      name,
      ...(unmapped.length === 0 ? [] : [`Står bare i originalmeldingen: ${unmapped.join(', ')}`]),
    ].join('. '),
    content: [{ attachment: { contentType: mediaType, url: `Binary/${binary.id}`, title: name } }],
  };
  return {
    changes: [document, binary].map((resource) => ({ op: 'create', resource, by: 'module' })),
    document: referenceTo(document, name),
  };
}

/** The sending organisation as FHIR refers to it. */
export const senderReference = (arrived: ArrivedHl7): Reference => ({
  type: 'Organization',
  ...(arrived.organisation && { identifier: { system: identifierSystems.enh, value: arrived.organisation } }),
  display: senderName(arrived),
});

/** What every map may use. */
export const mapParameters = (arrived: ArrivedHl7): Parameters => ({
  messageIdentifier: { system: messageIdSystem, value: arrived.messageId },
  visitSystem: ownSystem(arrived, 'visit-number'),
  sender: senderReference(arrived),
});

/** Identifier.system of a number that the sender counts by itself. */
export const ownSystem = (
  { read: { header } }: ArrivedHl7,
  kind: 'visit-number' | 'result-number' | 'report-number' | 'order-number' | 'patient-number',
): string =>
  `${canonicalBase}/${kind}/${encodeURIComponent(header.sendingFacility || header.sendingApplication || 'unknown')}`;

/** The centre that gets what a person must look at. */
export const centreOf = (view: View, { settings }: MessageParts): Promise<Reference> =>
  centreReference(view, { name: 'Oppfølgingssenter', idents: [] }, settings.centreHerId);

export interface ToRead {
  readonly patient: Reference;
  readonly owner: Reference;
  readonly document: Reference;
  readonly name: string;
  readonly reason: string;
  readonly priority?: 'urgent' | 'routine';
}

/** A message that a person must read. */
export function readingTask(arrived: ArrivedHl7, toRead: ToRead, view: View, { ids }: MessageParts): Change {
  const at = instant(view.now);
  return created({
    resourceType: 'Task',
    id: ids.next(),
    meta: { profile: [structure('dho-task')] },
    status: 'requested',
    intent: 'order',
    priority: toRead.priority ?? 'urgent',
    code: readMessage,
    description: `${toRead.name} fra ${senderName(arrived)}. ${toRead.reason}`,
    focus: toRead.document,
    for: toRead.patient,
    authoredOn: at,
    lastModified: at,
    requester: engineDevice,
    owner: toRead.owner,
  });
}
