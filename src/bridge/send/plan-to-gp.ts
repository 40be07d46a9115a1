// The plan that was submitted for approval, to the GP: DIALOG_HELSEFAGLIG with the plan as PDF.
import type { Resource } from '../../fhir/resource.js';
import { contentHash } from '../../followup/plan/content-hash.js';
import { planSections } from '../../followup/plan/plan-text.js';
import { many, type Reference } from '../../followup/vocabulary/element.js';
import { approvalCode } from '../../mapping/outbound/approval-code.js';
import { outboundPatient } from '../../mapping/outbound/fhir-parties.js';
import { buildPlanToGp } from '../../mapping/outbound/plan-to-gp.js';
import { partyName } from '../../mapping/plo/party.js';
import { addressOfGp, ownAddress, readTarget } from './addresses.js';
import { contactOf } from './contact.js';
import { messageJob, type TaskPayload } from './message-job.js';
import type { OutgoingParts } from './outgoing-parts.js';
import { stableId } from './stable-id.js';

/** Handler of the job `message-plan-to-gp`. A GP without an address for messages gets the plan over FHIR alone. */
export const sendPlanToGp = (parts: OutgoingParts) =>
  messageJob<TaskPayload>('message plan to GP', parts, async ({ task: id, version }, view) => {
    const task = await view.read({ type: 'Task', id });
    const plan = await readTarget(task?.focus, view);
    const patient = await readTarget(plan?.subject, view);
    if (task?.status !== 'requested' || plan === undefined || patient === undefined) return undefined;
    // Changed since it was submitted: the new version is sent when that is submitted.
    if (submittedHash(task) !== contentHash(plan)) return undefined;
    const receiver = await addressOfGp(task.owner as Reference | undefined, patient, view);
    const sender = await ownAddress(parts.senderHerId, view);
    if (receiver === undefined || sender === undefined) return undefined;
    const link = parts.planLink?.(plan.id ?? '');
    const message = await buildPlanToGp({
      plan: { title: titleOf(plan), patient: patientLine(patient), sections: planSections(plan) },
      approvalCode: approvalCode(contentHash(plan)),
      reminder: task.priority === 'urgent',
      ...(link === undefined ? {} : { link }),
      sender,
      receiver,
      patient: outboundPatient(patient),
      contact: await contactOf(task.requester as Reference | undefined, partyName(sender), view),
      id: stableId('plan to GP', id, version),
      at: view.now,
    });
    return { message, subject: { reference: `Patient/${patient.id}` } };
  });

const titleOf = (plan: Resource): string => (typeof plan.title === 'string' ? plan.title : 'Egenbehandlingsplan');

/** Hash of the content that was submitted, as the Task carries it. */
const submittedHash = (task: Resource): string | undefined =>
  many<{ readonly valueString?: string }>(task.input).find(({ valueString }) => valueString?.startsWith('sha256:'))
    ?.valueString;

function patientLine(patient: Resource): string {
  const [name] = many<{ readonly family?: string; readonly given?: readonly string[] }>(patient.name);
  const born =
    typeof patient.birthDate === 'string' ? `, født ${patient.birthDate.split('-').toReversed().join('.')}` : '';
  return `${[...(name?.given ?? []), name?.family ?? ''].join(' ').trim()}${born}`;
}
