// DIALOG_HELSEFAGLIG (HIS 1077) in the conversation of a referral that the centre has asked about: its Task goes on.
import type { Change } from '../../fhir/change.js';
import { identifierSystems } from '../../fhir/national-identifiers.js';
import { answerQuestion } from '../../followup/referral/ask-back.js';
import { identifierIn, many, type Reference } from '../../followup/vocabulary/element.js';
import { system } from '../../followup/vocabulary/systems.js';
import type { View } from '../../interactions/commit-types.js';
import { Failure } from '../../kernel/failure.js';
import { herIdsOf } from '../../mapping/plo/party.js';
import { dialogueText } from '../../mapping/plo/readable-text.js';
import type { MessageParts } from '../message-parts.js';
import type { Arrived } from './arrived.js';
import { findOne, partyReference } from './directory.js';
import { messageIdSystem } from './identifiers.js';

/**
 * The change of the Task that the message answers; none where it answers no open question, or comes from another than who
 * was asked. The message is for a person to read in any case.
 */
export async function referralReply({ head }: Arrived, view: View, { ids }: MessageParts): Promise<readonly Change[]> {
  const parent = head.conversation?.parent;
  const asked =
    parent === undefined ? undefined : await findOne(view, 'Communication', { system: messageIdSystem, value: parent });
  const receiver = identifierIn(many<Reference>(asked?.recipient)[0], identifierSystems.herId);
  if (asked === undefined || receiver === undefined || !herIdsOf(head.sender).includes(receiver)) return [];
  const [task] = await referralsOnHold(asked.subject as Reference | undefined, view);
  const key = /^ServiceRequest\/(.+)$/.exec((task?.focus as Reference | undefined)?.reference ?? '');
  const referral = key === null ? undefined : await view.read({ type: 'ServiceRequest', id: key[1]! });
  if (task === undefined || referral === undefined) return [];
  const changes = answerQuestion({
    referral,
    task,
    text: dialogueText(head.content)?.text ?? '',
    by: await partyReference(view, head.sender, ['Organization']),
    kept: true,
    now: view.now,
    ids,
  });
  return changes instanceof Failure ? [] : changes;
}

const referralsOnHold = async (patient: Reference | undefined, view: View) =>
  patient?.reference === undefined
    ? []
    : view.search('Task', `patient=${patient.reference}&code=${system.r4TaskCode}|fulfill&status=on-hold`);
