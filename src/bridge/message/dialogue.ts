// DIALOG_HELSEFAGLIG (HIS 1077). The GP's answer to a plan approves it where its first line is `GODKJENT <code>` with the
// code of the content that was sent, the conversation and the sender fit, and the GP is named by HPR number.
import type { Change } from '../../fhir/change.js';
import type { Resource } from '../../fhir/resource.js';
import { identifierSystems } from '../../fhir/national-identifiers.js';
import { approve } from '../../followup/plan/approval.js';
import {
  asReference,
  identifierIn,
  many,
  type Reference,
  targetOf,
  versionIn,
} from '../../followup/vocabulary/element.js';
import { system } from '../../followup/vocabulary/systems.js';
import type { View } from '../../interactions/commit-types.js';
import { planFacts } from '../../interactions/operations/plan-facts.js';
import { Failure } from '../../kernel/failure.js';
import { approvalCode, approvedCode } from '../../mapping/outbound/approval-code.js';
import { noteContact } from '../../mapping/plo/note-contact.js';
import { herIdsOf } from '../../mapping/plo/party.js';
import { dialogueText } from '../../mapping/plo/readable-text.js';
import type { MessageParts } from '../message-parts.js';
import type { Arrived, Treat } from './arrived.js';
import { findOne } from './directory.js';
import { messageIdSystem } from './identifiers.js';
import { keepMessage } from './keep.js';
import { keepForReading, patientOf } from './read.js';
import { referralReply } from './referral-reply.js';

/** An approval by message takes effect; everything else is read by a person, with the reason where it tried to approve. */
export const treatDialogue: Treat = (arrived, parts) => async (view) => {
  const code = approvedCode(dialogueText(arrived.head.content)?.text ?? '');
  if (code === undefined) {
    const reason =
      arrived.head.type.code === 'DIALOG_AVVIK'
        ? 'Mottakeren melder feil i en melding som er sendt herfra.'
        : undefined;
    return [...(await keepForReading(arrived, view, parts, reason)), ...(await referralReply(arrived, view, parts))];
  }
  const patient = await patientOf(arrived, view);
  const approved = await approval({ arrived, code, patient }, view, parts);
  if (typeof approved === 'string')
    return keepForReading(arrived, view, parts, `Planen er ikke godkjent av svaret: ${approved}`);
  const kept = await keepMessage(arrived, patient, view, parts);
  return [...kept.changes, ...approved];
};

interface Answer {
  readonly arrived: Arrived;
  readonly code: string;
  readonly patient: Reference | undefined;
}

/** The changes of the approval, or why there is none. */
async function approval(
  { arrived, code, patient }: Answer,
  view: View,
  parts: MessageParts,
): Promise<readonly Change[] | string> {
  const { head } = arrived;
  const sent = await planSent(arrived, view);
  if (sent === undefined || patient === undefined || asReference(sent.subject)?.reference !== patient.reference)
    return 'det svarer ikke på en plan som er sendt for denne pasienten.';
  const herIds = herIdsOf(head.sender);
  const receiver = identifierIn(many<Reference>(sent.recipient)[0], identifierSystems.herId);
  if (receiver === undefined || !herIds.includes(receiver))
    return 'avsenderen er en annen enn den planen ble sendt til.';
  const contact = noteContact(head.content);
  const organisation = await parts.organisationNumber(herIds);
  if (contact === undefined || organisation === undefined)
    return 'legen er ikke angitt med HPR-nummer, eller legekontoret er ikke kjent her.';
  const task = await waitingTask(patient, code, view);
  const focus = asReference(task?.focus);
  const key = targetOf(focus);
  const carePlan = key === undefined ? undefined : await view.read(key);
  if (task === undefined || carePlan === undefined) return 'koden hører ikke til en plan som venter på godkjenning.';
  const facts = await planFacts(carePlan, view);
  if (facts instanceof Failure) return facts.message;
  const approver = { ...contact, organisation, role: 'gp' } as const;
  const changes = approve({
    ...facts,
    carePlan,
    task,
    approver,
    ifMatch: versionIn(focus),
    note: 'Godkjent i svar på melding.',
    now: view.now,
    ids: parts.ids,
  });
  return changes instanceof Failure ? changes.message : changes;
}

/** The message with the plan that this one answers. */
async function planSent({ head }: Arrived, view: View): Promise<Resource | undefined> {
  const { parent, conversation } = head.conversation ?? {};
  for (const value of [parent, conversation]) {
    const found =
      value === undefined ? undefined : await findOne(view, 'Communication', { system: messageIdSystem, value });
    if (found !== undefined) return found;
  }
  return undefined;
}

async function waitingTask(patient: Reference, code: string, view: View): Promise<Resource | undefined> {
  const waiting = await view.search(
    'Task',
    `patient=${patient.reference}&code=${system.r4TaskCode}|approve&status=requested,received,accepted,in-progress,on-hold`,
  );
  return waiting.find((task) =>
    many<{ readonly valueString?: string }>(task.input).some(
      ({ valueString }) => valueString?.startsWith('sha256:') === true && approvalCode(valueString) === code,
    ),
  );
}
