// LOG_INNLAGT and LOG_UTSKREVET (HIS 1149:2014): https://www.ehelse.no/standardisering/standarder/pleie-og-omsorgsmeldinger
import type { Change } from '../../fhir/change.js';
import type { View } from '../../interactions/commit-types.js';
import { sendStatusOf } from '../../mapping/plo/send-status.js';
import type { MessageParts } from '../message-parts.js';
import type { Arrived, Treat } from './arrived.js';
import { centreReference, partyReference } from './directory.js';
import { messageIdSystem } from './identifiers.js';
import { keepMessage } from './keep.js';
import { mapMessage } from './map-message.js';
import { readingTask } from './read.js';
import { undoEarlier } from './undo.js';
import { followedPatient, stayChanges, type StayEvent } from './stay.js';

export const treatAdmission: Treat = (arrived, parts) => treatStay('admitted', arrived, parts);
export const treatDischarge: Treat = (arrived, parts) => treatStay('discharged', arrived, parts);

function treatStay(event: StayEvent, arrived: Arrived, parts: MessageParts): ReturnType<Treat> {
  mapMessage(arrived, parts, {});
  return async (view) => {
    const followed = arrived.identity && (await followedPatient(view, arrived.identity));
    if (followed === undefined) return [];
    const kept = await keepMessage(arrived, followed.patient, view, parts);
    const effects = await stayEffects(event, arrived, view, parts);
    if (effects.length > 0 && sendStatusOf(arrived.head) !== 'C') return [...kept.changes, ...effects];
    // Cancelled, or the service has not begun: a person must look.
    const reason =
      followed.episode === undefined ? 'Tjenesten er ikke startet ennå.' : cancellationReason(event, effects);
    const undone = sendStatusOf(arrived.head) === 'C' ? (await undoEarlier(arrived.head, view)).changes : [];
    return [
      ...kept.changes,
      ...effects,
      ...undone,
      await readingTask(arrived, { kept, patient: followed.patient, reason }, view, parts),
    ];
  };
}

async function stayEffects(
  event: StayEvent,
  arrived: Arrived,
  view: View,
  parts: MessageParts,
): Promise<readonly Change[]> {
  const { head } = arrived;
  const cancelled = sendStatusOf(head) === 'C';
  // The withdrawal of a discharge is left to the person: the patient may have measured at home since.
  if (cancelled && event === 'discharged') return [];
  const followed = await followedPatient(view, arrived.identity!);
  const conversation =
    head.conversation === undefined ? [] : [head.conversation.parent, head.conversation.conversation];
  const [encounter] = mapMessage(arrived, parts, { sender: await partyReference(view, head.sender, ['Organization']) });
  const stay = {
    event: cancelled ? 'cancelled' : event,
    encounter: encounter!,
    earlier: conversation.map((value) => ({ system: messageIdSystem, value })),
    owner: await centreReference(view, head.receiver, parts.settings.centreHerId),
  } as const;
  return stayChanges(stay, followed!, view, parts.ids);
}

function cancellationReason(event: StayEvent, effects: readonly Change[]): string {
  if (event === 'discharged')
    return 'Meldingen om utskrivning er trukket tilbake; vurder om pasienten fortsatt er innlagt.';
  return effects.length > 0
    ? 'Innleggelsen er trukket tilbake og oppholdet er merket som feilregistrert.'
    : 'Innleggelsen som trekkes tilbake, er ikke kjent her.';
}
