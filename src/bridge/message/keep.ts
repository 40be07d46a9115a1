// https://hl7.org/fhir/R4/documentreference.html · https://hl7.org/fhir/R4/communication.html
import type { Change } from '../../fhir/change.js';
import type { Resource } from '../../fhir/resource.js';
import { many, referenceTo, type Reference } from '../../followup/vocabulary/element.js';
import type { View } from '../../interactions/commit-types.js';
import { instant } from '../../kernel/clock.js';
import { codeSystemOf } from '../../mapping/code-systems.js';
import { fhirDateTime } from '../../mapping/message-time.js';
import { messageTypeName, presentName } from '../../mapping/plo/message-types.js';
import { summaryIdOf } from '../../mapping/plo/message-envelope.js';
import { dialogueText, readableText } from '../../mapping/plo/readable-text.js';
import { sendStatusOf } from '../../mapping/plo/send-status.js';
import { runMap } from '../../mapping/run-map.js';
import type { MessageParts } from '../message-parts.js';
import type { Arrived } from './arrived.js';
import { findOne, partyReference } from './directory.js';
import { conversationIdSystem, messageIdSystem, summaryIdSystem } from './identifiers.js';
import { unmappedOf } from './map-message.js';

export interface Kept {
  readonly changes: readonly Change[];
  /** The original, as DocumentReference. */
  readonly document: Reference;
  readonly communication: Reference;
}

/** The original with its attachments (DocumentReference + Binary) and the act of sending it (Communication). */
export async function keepMessage(
  arrived: Arrived,
  patient: Reference | undefined,
  view: View,
  parts: MessageParts,
): Promise<Kept> {
  const { head } = arrived;
  const { ids } = parts;
  const subject = patient ?? logicalPatient(arrived);
  const sent = fhirDateTime(head.generated);
  const originals = [
    {
      mimeType: 'application/xml',
      base64: Buffer.from(arrived.bytes).toString('base64'),
      description: messageTypeName(head.type.code),
    },
    ...head.attachments.filter((attachment) => isBase64(attachment.base64)),
  ].map((file) => ({ file, binary: binary(ids.next(), file, patient) }));
  const sender = await partyReference(view, head.sender, ['Organization']);
  const document: Resource = {
    resourceType: 'DocumentReference',
    id: ids.next(),
    identifier: [{ system: messageIdSystem, value: head.id }, ...summaryIdentifier(arrived)],
    status: 'current',
    type: {
      coding: [{ system: codeSystemOf('8279'), code: head.type.code, display: messageTypeName(head.type.code) }],
    },
    ...(subject && { subject }),
    date: instant(view.now),
    author: [sender],
    description: messageTypeName(head.type.code),
    content: originals.map(({ file, binary: { id } }) => ({
      attachment: {
        contentType: file.mimeType,
        url: `Binary/${id}`,
        title: file.description ?? 'Vedlegg',
        ...(sent && { creation: sent }),
      },
    })),
  };
  const communication = await communicationOf(arrived, { subject, sender, document, sent }, view, parts);
  return {
    changes: [document, communication, ...originals.map(({ binary: resource }) => resource)].map((resource) => ({
      op: 'create',
      resource,
      by: 'module',
    })),
    document: referenceTo(document, messageTypeName(head.type.code)),
    communication: referenceTo(communication),
  };
}

/** Of what is in force: a cancellation is found by no later one. */
function summaryIdentifier({ head }: Arrived): readonly { readonly system: string; readonly value: string }[] {
  const value = summaryIdOf(head);
  return value === undefined || sendStatusOf(head) === 'C' ? [] : [{ system: summaryIdSystem, value }];
}

interface Sending {
  readonly subject: Reference | undefined;
  readonly sender: Reference;
  readonly document: Resource;
  readonly sent: string | undefined;
}

async function communicationOf(
  arrived: Arrived,
  { subject, sender, document, sent }: Sending,
  view: View,
  parts: MessageParts,
): Promise<Resource> {
  const { head } = arrived;
  const named = (value: string | undefined): Promise<Resource | undefined> =>
    value === undefined
      ? Promise.resolve(undefined)
      : findOne(view, 'Communication', { system: messageIdSystem, value });
  const parent = await named(head.conversation?.parent);
  const first = await named(head.conversation?.conversation);
  const map = parts.maps.forMessage(presentName(head.type.code));
  const dialogue = map && runMap(map, head.root).resources.find(({ resourceType }) => resourceType === 'Communication');
  const question = dialogueText(head.content);
  const text = question?.text ?? (head.content === undefined ? '' : readableText(head.content));
  const unmapped = unmappedOf(arrived, parts);
  return {
    resourceType: 'Communication',
    id: parts.ids.next(),
    identifier: [
      { system: messageIdSystem, value: head.id },
      { system: conversationIdSystem, value: head.conversation?.conversation ?? head.id },
    ],
    ...(first && { partOf: [referenceTo(first)] }),
    ...(parent && { inResponseTo: [referenceTo(parent)] }),
    status: 'completed',
    category: [
      { coding: [{ system: codeSystemOf('8279'), code: head.type.code, display: messageTypeName(head.type.code) }] },
    ],
    ...(subject && { subject }),
    topic: dialogue?.topic ?? { text: question?.topic ?? messageTypeName(head.type.code) },
    about: [referenceTo(document)],
    ...(sent?.includes('T') && { sent }),
    received: instant(view.now),
    recipient: [await partyReference(view, head.receiver, ['HealthcareService', 'Organization'])],
    sender,
    ...(dialogue?.reasonCode === undefined ? {} : { reasonCode: dialogue.reasonCode }),
    ...(text !== '' && { payload: dialogue?.payload ?? [{ contentString: text }] }),
    ...notes(dialogue, unmapped),
  };
}

/** What the map has no place for is named, so that nobody takes the structured parts for the whole. */
function notes(dialogue: Resource | undefined, unmapped: readonly string[]): { readonly note?: readonly unknown[] } {
  const all = [
    ...many<unknown>(dialogue?.note),
    ...(unmapped.length === 0 ? [] : [{ text: `Står bare i originalmeldingen: ${unmapped.join(', ')}` }]),
  ];
  return all.length === 0 ? {} : { note: all };
}

const binary = (
  id: string,
  file: { readonly mimeType: string; readonly base64: string },
  patient: Reference | undefined,
): Resource => ({
  resourceType: 'Binary',
  id,
  contentType: file.mimeType,
  ...(patient && { securityContext: patient }),
  data: file.base64,
});

const isBase64 = (text: string): boolean => text.length % 4 === 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(text);

/** A patient unknown here stays a logical reference. */
export function logicalPatient({ identity, head }: Arrived): Reference | undefined {
  if (identity === undefined) return undefined;
  const display = [head.patient?.given, head.patient?.family].filter((part) => part !== undefined).join(' ');
  return { type: 'Patient', identifier: { ...identity }, ...(display !== '' && { display }) };
}
