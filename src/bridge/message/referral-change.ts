// A referral that its sender changes (M) or withdraws (C): kodeverk 7309, same DocumentId, HIS 1207:2017.
import type { Change } from '../../fhir/change.js';
import type { Resource } from '../../fhir/resource.js';
import { hasCode, type Identifier, many } from '../../followup/vocabulary/element.js';
import { updated } from '../../followup/vocabulary/module-change.js';
import { system } from '../../followup/vocabulary/systems.js';
import type { View } from '../../interactions/commit-types.js';
import { instant } from '../../kernel/clock.js';
import { addressOf } from '../../mapping/plo/party.js';
import type { MessageParts } from '../message-parts.js';
import type { Arrived } from './arrived.js';
import { findOne } from './directory.js';
import { documentIdSystem, messageIdSystem } from './identifiers.js';

/**
 * The referral that the message repeats, changes or withdraws: by DocumentId, else by the conversation. Only the one who
 * sent it can do that.
 */
export async function knownReferral(
  { head }: Arrived,
  request: Resource,
  view: View,
  { messages }: Pick<MessageParts, 'messages'>,
): Promise<Resource | undefined> {
  const document = many<Identifier>(request.identifier).find((one) => one.system === documentIdSystem);
  const named = [
    ...(document?.value === undefined ? [] : [{ system: documentIdSystem, value: document.value }]),
    ...[head.conversation?.parent, head.conversation?.conversation].flatMap((value) =>
      value === undefined ? [] : [{ system: messageIdSystem, value }],
    ),
  ];
  for (const identifier of named) {
    const found = await findOne(view, 'ServiceRequest', identifier);
    for (const { system: of, value } of many<Identifier>(found?.identifier)) {
      if (of !== messageIdSystem || value === undefined) continue;
      if ((await messages.find(addressOf(head.sender), value)) !== undefined) return found;
    }
  }
  return undefined;
}

export interface ReferralChange {
  readonly changes: readonly Change[];
  /** For the person who reads the message. */
  readonly reason: string;
}

/** Withdrawn: the request is revoked and its Task cancelled, as long as nobody has decided on it. */
export async function withdrawReferral(known: Resource | undefined, view: View): Promise<ReferralChange> {
  const task = known && (await undecidedTask(known, view));
  if (known === undefined) return { changes: [], reason: 'Henvisningen som trekkes tilbake, er ikke kjent her.' };
  if (task === undefined)
    return { changes: [], reason: 'Henvisningen er trukket tilbake av avsenderen, men er allerede vurdert.' };
  return {
    changes: [
      updated(known, { status: 'revoked' }),
      updated(task, {
        status: 'cancelled',
        statusReason: { text: 'Henvisningen er trukket tilbake av avsenderen.' },
        lastModified: instant(view.now),
      }),
    ],
    reason: 'Henvisningen er trukket tilbake av avsenderen.',
  };
}

/** Changed: the new content takes the place of the old, as long as nobody has decided on it. */
export async function changeReferral(
  known: Resource | undefined,
  mapped: Resource,
  view: View,
): Promise<ReferralChange> {
  const task = known && (await undecidedTask(known, view));
  if (known === undefined) return { changes: [], reason: 'Henvisningen som endres, er ikke kjent her.' };
  if (task === undefined)
    return { changes: [], reason: 'Henvisningen er endret av avsenderen, men er allerede vurdert.' };
  const { category, priority, reasonCode, note, supportingInfo } = mapped;
  const identifier = [...many<Identifier>(known.identifier), ...many<Identifier>(mapped.identifier)];
  return {
    changes: [
      updated(known, {
        identifier: [...new Map(identifier.map((one) => [`${one.system}|${one.value}`, one])).values()],
        category,
        priority,
        reasonCode,
        note,
        supportingInfo: [...many(known.supportingInfo), ...many(supportingInfo)],
      }),
    ],
    reason: 'Henvisningen er endret av avsenderen; den nye teksten står i henvisningen.',
  };
}

async function undecidedTask(request: Resource, view: View): Promise<Resource | undefined> {
  const tasks = await view.search('Task', `focus=ServiceRequest/${request.id}&status=requested,received`);
  return tasks.find((task) => hasCode(task.code, system.r4TaskCode, 'fulfill'));
}
