// A worklist entry about missing limits that is handed to the GP becomes a question in a message.
import { asReference } from '../../followup/vocabulary/element.js';
import { outboundPatient } from '../../mapping/outbound/fhir-parties.js';
import { buildLimitsQuestion } from '../../mapping/outbound/limits-question.js';
import { partyName } from '../../mapping/plo/party.js';
import { addressOfOther, ownAddress, readTarget } from './addresses.js';
import { contactOf } from './contact.js';
import { measurementLines } from './measurements.js';
import { messageJob, type TaskPayload } from './message-job.js';
import type { OutgoingParts } from './outgoing-parts.js';
import { stableId } from './stable-id.js';

/** Handler of the job `message-limits-question`. Handed to somebody in the own service, it is no message. */
export const sendLimitsQuestion = (parts: OutgoingParts) =>
  messageJob<TaskPayload>('message limits question', parts, async ({ task: id, version }, view) => {
    const task = await view.read({ type: 'Task', id });
    const patient = await readTarget(task?.for, view);
    if (task?.status !== 'requested' || patient?.id === undefined) return undefined;
    const receiver = await addressOfOther(asReference(task.owner), parts.senderHerId, view);
    const sender = await ownAddress(parts.senderHerId, view);
    if (receiver === undefined || sender === undefined) return undefined;
    const message = buildLimitsQuestion({
      reason: typeof task.description === 'string' ? task.description : '',
      measurements: await measurementLines(patient.id, view),
      sender,
      receiver,
      patient: outboundPatient(patient),
      contact: await contactOf(asReference(task.requester), partyName(sender), view),
      id: stableId('limits question', id, version),
      at: view.now,
    });
    return { message, subject: { reference: `Patient/${patient.id}` } };
  });
