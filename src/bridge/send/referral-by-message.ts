import type { Resource } from '../../fhir/resource.js';
import { many, targetOf, type Reference } from '../../followup/vocabulary/element.js';
import type { View } from '../../interactions/commit-types.js';
import type { MsgHead } from '../../mapping/plo/envelope.js';
import { readMsgHead } from '../../mapping/plo/msg-head.js';
import { partyName, type Professional } from '../../mapping/plo/party.js';
import { readXml } from '../../mapping/xml/read-xml.js';
import { contactOf } from './contact.js';

/** A referral that came by message, and where its case stands. */
export interface ReferralByMessage {
  /** As it was received. */
  readonly referral: MsgHead;
  readonly task: Resource;
  readonly subject: Reference;
  /** Text of the newest note on the Task. */
  readonly note: string | undefined;
  /** Who wrote that note, else whose the Task is. */
  readonly contact: Professional;
}

/** The case of a Task about a referral; undefined when the referral did not come as a message. */
export async function referralByMessage(task: string, view: View): Promise<ReferralByMessage | undefined> {
  const found = await view.read({ type: 'Task', id: task });
  const key = targetOf(found?.focus as Reference | undefined);
  const request = key === undefined ? undefined : await view.read(key);
  const referral = request && (await originalOf(request, view));
  if (found === undefined || request === undefined || referral === undefined) return undefined;
  const note = many<{ readonly text?: string; readonly authorReference?: Reference }>(found.note).at(-1);
  const asked = note?.authorReference ?? (found.owner as Reference | undefined);
  return {
    referral,
    task: found,
    subject: request.subject as Reference,
    note: note?.text,
    contact: await contactOf(asked, partyName(referral.receiver), view),
  };
}

/** Why a Task stands as it does, in words. */
export const reasonOf = (task: Resource): string =>
  (task.statusReason as { readonly text?: string } | undefined)?.text ?? '';

async function originalOf(request: Resource, view: View): Promise<MsgHead | undefined> {
  for (const reference of many<Reference>(request.supportingInfo)) {
    const key = targetOf(reference);
    if (key?.type !== 'DocumentReference') continue;
    const [first] = many<{ readonly attachment?: { readonly contentType?: string; readonly url?: string } }>(
      (await view.read(key))?.content,
    );
    const binary = targetOf({ reference: first?.attachment?.url ?? '' });
    const data = binary?.type === 'Binary' ? (await view.read(binary))?.data : undefined;
    if (first?.attachment?.contentType === 'application/xml' && typeof data === 'string')
      return readMsgHead(readXml(Buffer.from(data, 'base64')));
  }
  return undefined;
}
