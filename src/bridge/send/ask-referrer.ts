// The question about a referral that came by message goes to its sender: DIALOG_HELSEFAGLIG.
import { buildReferralQuestion } from '../../mapping/outbound/referral-question.js';
import { messageJob, type TaskPayload } from './message-job.js';
import type { OutgoingParts } from './outgoing-parts.js';
import { reasonOf, referralByMessage } from './referral-by-message.js';
import { stableId } from './stable-id.js';

/** Handler of the job `message-referral-question`. A referrer over FHIR sees the question on the Task. */
export const askReferrer = (parts: OutgoingParts) =>
  messageJob<TaskPayload>('message referral question', parts, async ({ task: id, version }, view) => {
    const found = await referralByMessage(id, view);
    // Answered meanwhile: there is nothing to ask any more.
    if (found?.task.status !== 'on-hold') return undefined;
    const { referral, task, subject, contact } = found;
    const message = buildReferralQuestion({
      referral,
      text: reasonOf(task),
      contact,
      id: stableId('referral question', id, version),
      at: view.now,
    });
    return { message, subject };
  });
