// A message that somebody asks for: https://hl7.org/fhir/R4/communicationrequest.html
import type { Change } from '../../fhir/change.js';
import { identifierSystems } from '../../fhir/national-identifiers.js';
import type { Resource } from '../../fhir/resource.js';
import {
  asReference,
  type Concept,
  hasCode,
  identifierIn,
  many,
  type Reference,
  targetOf,
} from '../../followup/vocabulary/element.js';
import { updated } from '../../followup/vocabulary/module-change.js';
import type { View } from '../../interactions/commit-types.js';
import { Failure } from '../../kernel/failure.js';
import { codeSystemOf } from '../../mapping/code-systems.js';
import type { BuiltMessage } from '../../mapping/outbound/built-message.js';
import { buildDialogue, type DialogueType, dialogueTypes, topicListOf } from '../../mapping/outbound/dialogue.js';
import { outboundPatient } from '../../mapping/outbound/fhir-parties.js';
import { buildDischargeSummary, dischargeSummaryVersions } from '../../mapping/outbound/discharge-summary.js';
import { requestedType, requestedVersion } from '../../mapping/outbound/message-jobs.js';
import { buildOwnReferral, ownReferralVersions } from '../../mapping/outbound/own-referral.js';
import { buildReferral, type OutboundReferral } from '../../mapping/outbound/referral.js';
import { buildReport, type ReportType, reportTypes } from '../../mapping/outbound/report.js';
import type { OutboundAttachment } from '../../mapping/outbound/write-msg-head.js';
import { partyName } from '../../mapping/plo/party.js';
import type { SendStatus } from '../../mapping/plo/send-status.js';
import { conversationIdSystem, messageIdSystem } from '../message/identifiers.js';
import { addressOfHerId, addressOfOther, ownAddress, readTarget } from './addresses.js';
import { contactOf } from './contact.js';
import type { CausePayload } from './message-job.js';
import type { OutgoingParts } from './outgoing-parts.js';
import { stableId } from './stable-id.js';
import { writeMessage } from './write-message.js';

type Common = Omit<OutboundReferral, 'type' | 'request' | 'resources' | 'priorities'>;

/**
 * Handler of the job `message-requested`: writes the message that an active CommunicationRequest names in its category (8279).
 * Afterwards the request is `completed`; where the message cannot be written it is `on-hold`, and statusReason says why.
 */
export const sendRequested =
  (parts: OutgoingParts) =>
  async (payload: unknown): Promise<void> => {
    const { id, version } = payload as CausePayload;
    const action = 'message requested';
    try {
      await writeMessage(
        {
          action,
          async build(view) {
            const request = await view.read({ type: 'CommunicationRequest', id });
            if (request === undefined) return undefined;
            // Done once before and not queued: the process died in between.
            const done = await view.read({
              type: 'Communication',
              id: stableId(messageId(id, version), 'Communication'),
            });
            if (request.status !== 'active' && done === undefined) return undefined;
            const message = await build(request, version, view, parts);
            const subject = asReference(request.subject);
            return { message, subject, request };
          },
        },
        parts,
      );
    } catch (error) {
      if (!(error instanceof Failure) || !['unprocessable', 'invalid'].includes(error.category)) throw error;
      const reason = error.message;
      await parts.commit({ action, decide: (view) => held(id, reason, view) }, parts.by, action);
    }
  };

async function held(id: string, reason: string, view: View): Promise<readonly Change[]> {
  const request = await view.read({ type: 'CommunicationRequest', id });
  return request?.status !== 'active' ? [] : [updated(request, { status: 'on-hold', statusReason: { text: reason } })];
}

async function build(request: Resource, version: string, view: View, parts: OutgoingParts): Promise<BuiltMessage> {
  const type = requestedType(request)!;
  const content = await contentOf(request, view);
  const files = await filesOf(content.resources, asReference(request.subject)?.reference, view);
  const attachments = [...attachmentsOf(request), ...files];
  const common = { ...(await commonOf(request, version, view, parts)), ...(attachments.length > 0 && { attachments }) };
  if ((dialogueTypes as readonly string[]).includes(type)) {
    const topic = topicOf(request, type as DialogueType);
    const title = (request.reasonCode as readonly Concept[] | undefined)?.[0]?.text ?? firstLine(content.text);
    return buildDialogue({ ...common, type: type as DialogueType, ...(topic && { topic }), title, text: content.text });
  }
  if (type === 'HENVISNING_NYTILSTAND' || type === 'HENVISNING_VIDERE') {
    const asked = referralAmong(content.resources, type);
    return buildReferral(
      {
        ...common,
        type,
        request: asked,
        resources: content.resources,
        priorities: parts.maps.table('referral-priority'),
      },
      parts,
    );
  }
  if (type === 'HENVISNING') {
    const asked = referralAmong(content.resources, type);
    const written = versionOf(request, type, ownReferralVersions);
    const priorities = parts.maps.table('referral-priority');
    return buildOwnReferral(
      { ...common, version: written, resources: content.resources, request: asked, priorities },
      parts,
    );
  }
  if (type === 'EPIKRISE') {
    const written = versionOf(request, type, dischargeSummaryVersions);
    const resources = await withStay(content.resources, view);
    const referral = await messageOfReferral(resources, view);
    return buildDischargeSummary({ ...common, version: written, resources, text: content.text, referral }, parts);
  }
  if (!(reportTypes as readonly string[]).includes(type))
    throw new Failure('unprocessable', `Messages of the type ${type.slice(0, 60)} are not sent from here.`, {
      expression: 'CommunicationRequest.category',
    });
  const patient = type === 'LOG_DOD' ? await readTarget(request.subject, view) : undefined;
  return buildReport(
    { ...common, type: type as ReportType, resources: [...content.resources, ...(patient ? [patient] : [])] },
    parts,
  );
}

function referralAmong(resources: readonly Resource[], type: string): Resource {
  const found = resources.find(({ resourceType }) => resourceType === 'ServiceRequest');
  if (found === undefined) throw needs(type, 'a ServiceRequest');
  return found;
}

/** The version that the request names; the newest where it names none. */
function versionOf<T extends string>(request: Resource, type: string, [newest, ...older]: readonly [T, ...T[]]): T {
  const asked = requestedVersion(request);
  const found = asked === undefined ? newest : [newest, ...older].find((one) => one === asked);
  if (found === undefined)
    throw new Failure('unprocessable', `${type} is written here in the versions ${[newest, ...older].join(', ')}.`, {
      expression: 'CommunicationRequest.category.coding.version',
    });
  return found;
}

/** With the stay that the Composition names, where no other is among them. */
async function withStay(resources: readonly Resource[], view: View): Promise<readonly Resource[]> {
  if (resources.some(({ resourceType }) => resourceType === 'Encounter')) return resources;
  const composition = resources.find(({ resourceType }) => resourceType === 'Composition');
  const stay = await readTarget(composition?.encounter, view);
  if (stay !== undefined && patientOf(stay) !== patientOf(composition!)) throw ofAnother('Encounter');
  return stay === undefined ? resources : [...resources, stay];
}

/** The MsgId that a referral came with, where it came as Henvisning 2.0. */
async function messageOfReferral(resources: readonly Resource[], view: View): Promise<string | undefined> {
  const request = resources.find(({ resourceType }) => resourceType === 'ServiceRequest');
  for (const reference of many<Reference>(request?.supportingInfo)) {
    const original = await readTarget(reference, view);
    const types = ['HENVISNING_NYTILSTAND', 'HENVISNING_VIDERE'];
    if (types.some((code) => hasCode(original?.type, codeSystemOf('8279'), code)))
      return identifierIn(original, messageIdSystem);
  }
  return undefined;
}

const needs = (type: string, what: string): Failure =>
  new Failure('unprocessable', `${type} needs ${what} among the payloads.`, {
    expression: 'CommunicationRequest.payload',
  });

const firstLine = (text: string): string => text.split('\n', 1)[0]!.slice(0, 80);

async function commonOf(
  request: Resource,
  version: string,
  view: View,
  { senderHerId }: OutgoingParts,
): Promise<Common> {
  const patient = await readTarget(request.subject, view);
  const [recipient] = many<Reference>(request.recipient);
  const her = recipient?.identifier?.system === identifierSystems.herId ? recipient.identifier.value : undefined;
  const receiver =
    her === undefined ? await addressOfOther(recipient, senderHerId, view) : await addressOfHerId(her, recipient, view);
  const sender = await ownAddress(senderHerId, view);
  if (patient === undefined) throw new Failure('unprocessable', 'The subject must be a Patient of this server.');
  if (sender === undefined)
    throw new Failure('unprocessable', 'The directory does not know the HER-id of this service.');
  if (receiver === undefined)
    throw new Failure('unprocessable', 'The recipient has no address for messages (HER-id).', {
      expression: 'CommunicationRequest.recipient',
    });
  const conversation = await conversationOf(request, view);
  return {
    sender,
    receiver,
    patient: outboundPatient(patient),
    contact: await contactOf(asReference(request.requester), partyName(sender), view),
    status: statusOf(request),
    ...(conversation && { conversation }),
    id: messageId(request.id ?? '', version),
    at: view.now,
  };
}

const messageId = (id: string, version: string): string => stableId('requested message', id, version);

/** 7309 in reasonCode; a request that replaces another is a change where it does not say otherwise. */
function statusOf(request: Resource): SendStatus {
  const code = codingOf(request, '7309')?.code;
  return code === 'C' || code === 'M' || code === 'N' ? code : many(request.replaces).length > 0 ? 'M' : 'N';
}

const codingOf = (request: Resource, list: string) =>
  many<Concept>(request.reasonCode)
    .flatMap(({ coding = [] }) => coding)
    .find(({ system }) => system === codeSystemOf(list));

function topicOf(request: Resource, type: DialogueType) {
  const lists = type === 'DIALOG_FORESPORSEL' ? ['9152', '9153', '9154'] : [topicListOf(type)];
  for (const list of lists) {
    const coding = codingOf(request, list);
    if (coding?.code !== undefined) return { list, code: coding.code, display: coding.display ?? coding.code };
  }
  return undefined;
}

/** Of the message that is answered (about), or that this one changes or cancels (replaces). */
async function conversationOf(request: Resource, view: View) {
  const answered: (Resource | undefined)[] = [];
  for (const reference of many<Reference>(request.about))
    if (reference.reference?.startsWith('Communication/') === true) answered.push(await readTarget(reference, view));
  for (const reference of many<Reference>(request.replaces)) {
    const [sent] = await view.search('Communication', `based-on=${reference.reference ?? ''}`);
    answered.push(sent);
  }
  const idOf = (communication: Resource | undefined, system: string): string | undefined =>
    many<{ readonly system?: string; readonly value?: string }>(communication?.identifier).find(
      (one) => one.system === system,
    )?.value;
  for (const communication of answered) {
    const parent = idOf(communication, messageIdSystem);
    if (parent !== undefined) return { parent, conversation: idOf(communication, conversationIdSystem) ?? parent };
  }
  return undefined;
}

interface Payload {
  readonly contentString?: string;
  readonly contentReference?: Reference;
  readonly contentAttachment?: File;
}

/** The text, and the resources that are named; of a Composition also the entries of its sections. */
async function contentOf(request: Resource, view: View) {
  const payloads = many<Payload>(request.payload);
  const resources: Resource[] = [];
  for (const { contentReference } of payloads) {
    const found = contentReference && (await readTarget(contentReference, view));
    if (found === undefined) continue;
    resources.push(found);
    for (const { entry } of many<{ readonly entry?: readonly Reference[] }>(found.section))
      for (const reference of entry ?? [])
        resources.push(...[await readTarget(reference, view)].filter((one) => one !== undefined));
  }
  const patient = asReference(request.subject)?.reference;
  const other = resources.find((one) => ![undefined, patient].includes(patientOf(one)));
  if (other !== undefined) throw ofAnother(other.resourceType);
  return { resources, text: payloads.flatMap(({ contentString }) => contentString ?? []).join('\n') };
}

const patientOf = ({ subject, patient }: Resource): string | undefined => asReference(subject ?? patient)?.reference;

const ofAnother = (type: string): Failure =>
  new Failure('unprocessable', `A ${type} among the payloads is about another patient.`, {
    expression: 'CommunicationRequest.payload',
  });

interface File {
  readonly contentType?: string;
  readonly title?: string;
  readonly data?: string;
  readonly url?: string;
}

const attachmentsOf = (request: Resource) =>
  many<Payload>(request.payload).flatMap(({ contentAttachment: file }) =>
    file?.data === undefined ? [] : [attachment(file, file.data)],
  );

/** What the documents that are named hold: in themselves, or as a Binary of this server. */
async function filesOf(
  resources: readonly Resource[],
  patient: string | undefined,
  view: View,
): Promise<readonly OutboundAttachment[]> {
  const found: OutboundAttachment[] = [];
  for (const document of resources.filter(({ resourceType }) => resourceType === 'DocumentReference')) {
    for (const { attachment: file } of many<{ readonly attachment: File }>(document.content)) {
      const key = targetOf({ reference: file.url ?? '' });
      const binary = key?.type === 'Binary' ? await view.read(key) : undefined;
      if (binary !== undefined && ![undefined, patient].includes(asReference(binary.securityContext)?.reference))
        throw ofAnother('Binary');
      const data = file.data ?? (typeof binary?.data === 'string' ? binary.data : undefined);
      if (data === undefined)
        throw new Failure('unprocessable', 'A document among the payloads is not held by this server.', {
          expression: 'DocumentReference.content.attachment',
        });
      found.push(attachment(file, data));
    }
  }
  return found;
}

const attachment = ({ contentType, title }: File, data: string): OutboundAttachment => ({
  mimeType: contentType ?? 'application/octet-stream',
  description: title ?? 'Vedlegg',
  bytes: Buffer.from(data, 'base64'),
});
