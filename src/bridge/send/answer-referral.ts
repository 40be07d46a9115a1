// The answer to a referral that came by message: DIALOG_STATUS_HENVISNING or DIALOG_SVAR.
import type { Resource } from '../../fhir/resource.js';
import { many, targetOf, type Reference } from '../../followup/vocabulary/element.js';
import type { View } from '../../interactions/commit-types.js';
import { buildReferralAnswer } from '../../mapping/outbound/referral-answer.js';
import type { MsgHead } from '../../mapping/plo/envelope.js';
import { readMsgHead } from '../../mapping/plo/msg-head.js';
import { partyName } from '../../mapping/plo/party.js';
import { readXml } from '../../mapping/xml/read-xml.js';
import { contactOf } from './contact.js';
import { messageJob, type TaskPayload } from './message-job.js';
import type { OutgoingParts } from './outgoing-parts.js';
import { stableId } from './stable-id.js';

/** Handler of the job `message-referral-answer`. A referral that did not come by message is answered over FHIR alone. */
export const answerReferral = (parts: OutgoingParts) =>
  messageJob<TaskPayload>('message referral answer', parts, async ({ task: id, version }, view) => {
    const task = await view.read({ type: 'Task', id });
    const key = targetOf(task?.focus as Reference | undefined);
    const request = key === undefined ? undefined : await view.read(key);
    const referral = request && (await originalOf(request, view));
    if (task === undefined || request === undefined || referral === undefined) return undefined;
    const accepted = task.status !== 'rejected';
    const note = many<{ readonly text?: string; readonly authorReference?: Reference }>(task.note).at(-1);
    const message = buildReferralAnswer({
      referral,
      answer: accepted ? 'accepted' : 'rejected',
      text: accepted ? acceptance(note?.text) : rejection(task),
      contact: await contactOf(
        note?.authorReference ?? (task.owner as Reference | undefined),
        partyName(referral.receiver),
        view,
      ),
      id: stableId('referral answer', id, version),
      at: view.now,
    });
    return { message, subject: request.subject as Reference };
  });

const acceptance = (note: string | undefined): string =>
  ['Henvisningen er mottatt og vurdert. Pasienten får tilbud om digital hjemmeoppfølging.', note]
    .filter((part) => part !== undefined)
    .join('\n');

const rejection = (task: Resource): string =>
  `Henvisningen er avvist. ${(task.statusReason as { readonly text?: string } | undefined)?.text ?? ''}`.trim();

/** The referral as it was received; undefined when it did not come as a message. */
export async function originalOf(request: Resource, view: View): Promise<MsgHead | undefined> {
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
