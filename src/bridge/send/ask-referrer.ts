// The question about a referral that came by message goes to its sender: DIALOG_HELSEFAGLIG.
import { many, targetOf, type Reference } from '../../followup/vocabulary/element.js';
import { buildReferralQuestion } from '../../mapping/outbound/referral-question.js';
import { partyName } from '../../mapping/plo/party.js';
import { originalOf } from './answer-referral.js';
import { contactOf } from './contact.js';
import { messageJob, type TaskPayload } from './message-job.js';
import type { OutgoingParts } from './outgoing-parts.js';
import { stableId } from './stable-id.js';

/** Handler of the job `message-referral-question`. A referrer over FHIR sees the question on the Task. */
export const askReferrer = (parts: OutgoingParts) =>
  messageJob<TaskPayload>('message referral question', parts, async ({ task: id, version }, view) => {
    const task = await view.read({ type: 'Task', id });
    const key = targetOf(task?.focus as Reference | undefined);
    const request = key === undefined ? undefined : await view.read(key);
    const referral = request && (await originalOf(request, view));
    // Answered meanwhile: there is nothing to ask any more.
    if (task?.status !== 'on-hold' || request === undefined || referral === undefined) return undefined;
    const note = many<{ readonly authorReference?: Reference }>(task.note).at(-1);
    const message = buildReferralQuestion({
      referral,
      text: (task.statusReason as { readonly text?: string } | undefined)?.text ?? '',
      contact: await contactOf(
        note?.authorReference ?? (task.owner as Reference | undefined),
        partyName(referral.receiver),
        view,
      ),
      id: stableId('referral question', id, version),
      at: view.now,
    });
    return { message, subject: request.subject as Reference };
  });
