// Every message is kept as it was sent: Communication + DocumentReference + Binary, as for those received.
import type { Change } from '../../fhir/change.js';
import type { Resource } from '../../fhir/resource.js';
import { identifierSystems } from '../../fhir/national-identifiers.js';
import { referenceTo, type Reference } from '../../followup/vocabulary/element.js';
import { updated } from '../../followup/vocabulary/module-change.js';
import { instant } from '../../kernel/clock.js';
import { codeSystemOf } from '../../mapping/code-systems.js';
import type { BuiltMessage } from '../../mapping/outbound/built-message.js';
import { messageTypeName } from '../../mapping/plo/message-types.js';
import { readMsgHead } from '../../mapping/plo/msg-head.js';
import { dialogueText } from '../../mapping/plo/readable-text.js';
import { readXml } from '../../mapping/xml/read-xml.js';
import { conversationIdSystem, messageIdSystem } from '../message/identifiers.js';
import type { Build, Draft, OutgoingParts } from './outgoing-parts.js';
import { stableId } from './stable-id.js';

export interface Occasion {
  /** For the audit. */
  readonly action: string;
  readonly build: Build;
}

/** Builds the message, keeps it as sent, and queues it. Done again with the same message it changes nothing. */
export async function writeMessage(
  { action, build }: Occasion,
  { commit, by, queue, log }: OutgoingParts,
): Promise<void> {
  let built: { readonly message: BuiltMessage; readonly at: number } | undefined;
  await commit(
    {
      action,
      decide: async (view) => {
        const draft = await build(view);
        built = draft && { message: draft.message, at: view.now };
        if (
          draft === undefined ||
          (await view.read({ type: 'Communication', id: stableId(draft.message.id, 'Communication') })) !== undefined
        )
          return [];
        return kept(draft, view.now);
      },
    },
    by,
    action,
  );
  if (built === undefined) return;
  await queue(built.message, built.at);
  log.info({ message: built.message.id, type: built.message.msgType }, 'a message was queued');
}

function kept({ message, subject, request }: Draft, now: number): readonly Change[] {
  const name = messageTypeName(message.msgType);
  const head = readMsgHead(readXml(message.raw));
  const code = { coding: [{ system: codeSystemOf('8279'), code: message.msgType, display: name }] };
  const identifier = [{ system: messageIdSystem, value: message.id }];
  const thread = { system: conversationIdSystem, value: message.conversation ?? message.id };
  const party = (herId: string): Reference => ({ identifier: { system: identifierSystems.herId, value: herId } });
  const about = subject && { subject };
  const binary: Resource = {
    resourceType: 'Binary',
    id: stableId(message.id, 'Binary'),
    contentType: 'application/xml',
    ...(subject && { securityContext: subject }),
    data: Buffer.from(message.raw).toString('base64'),
  };
  const document: Resource = {
    resourceType: 'DocumentReference',
    id: stableId(message.id, 'DocumentReference'),
    identifier,
    status: 'current',
    type: code,
    ...about,
    date: instant(now),
    description: name,
    content: [{ attachment: { contentType: 'application/xml', url: `Binary/${binary.id}`, title: name } }],
  };
  const text = dialogueText(head.content)?.text;
  const communication: Resource = {
    resourceType: 'Communication',
    id: stableId(message.id, 'Communication'),
    identifier: [...identifier, thread],
    ...(request && { basedOn: [referenceTo(request)] }),
    status: 'in-progress',
    category: [code],
    ...about,
    about: [referenceTo(document)],
    sent: instant(now),
    sender: party(message.sender),
    recipient: [party(message.receiver)],
    ...(text && { payload: [{ contentString: text }] }),
  };
  return [
    ...[document, communication, binary].map((resource): Change => ({ op: 'create', resource, by: 'module' })),
    ...(request === undefined ? [] : [updated(request, { status: 'completed' })]),
  ];
}
