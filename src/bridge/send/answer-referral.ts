// The answer to a referral that came by message: DIALOG_STATUS_HENVISNING or DIALOG_SVAR.
import { buildReferralAnswer } from '../../mapping/outbound/referral-answer.js';
import { messageJob, type TaskPayload } from './message-job.js';
import type { OutgoingParts } from './outgoing-parts.js';
import { reasonOf, referralByMessage } from './referral-by-message.js';
import { stableId } from './stable-id.js';

/** Handler of the job `message-referral-answer`. A referral that did not come by message is answered over FHIR alone. */
export const answerReferral = (parts: OutgoingParts) =>
  messageJob<TaskPayload>('message referral answer', parts, async ({ task: id, version }, view) => {
    const found = await referralByMessage(id, view);
    if (found === undefined) return undefined;
    const { referral, task, subject, note, contact } = found;
    const accepted = task.status !== 'rejected';
    const message = buildReferralAnswer({
      referral,
      answer: accepted ? 'accepted' : 'rejected',
      text: accepted ? acceptance(note) : `Henvisningen er avvist. ${reasonOf(task)}`.trim(),
      contact,
      id: stableId('referral answer', id, version),
      at: view.now,
    });
    return { message, subject };
  });

const acceptance = (note: string | undefined): string =>
  ['Henvisningen er mottatt og vurdert. Pasienten får tilbud om digital hjemmeoppfølging.', note]
    .filter((part) => part !== undefined)
    .join('\n');
