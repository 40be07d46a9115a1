// LOG_INNLAGT and LOG_UTSKREVET (HIS 1149:2014): https://www.ehelse.no/standardisering/standarder/pleie-og-omsorgsmeldinger
import type { Change } from '../../fhir/change.js';
import type { Resource } from '../../fhir/resource.js';
import type { View } from '../../interactions/commit-types.js';
import { Failure } from '../../kernel/failure.js';
import { runMap, type Parameters } from '../../mapping/run-map.js';
import { sendStatusOf } from '../../mapping/plo/send-status.js';
import type { MessageParts } from '../message-parts.js';
import type { Arrived, Treat } from './arrived.js';
import { centreReference, partyReference } from './directory.js';
import { keepMessage, messageIdSystem } from './keep.js';
import { readingTask } from './read.js';
import { followedPatient, stayChanges, type StayEvent } from './stay.js';

export const treatAdmission: Treat = (arrived, parts) => treatStay('admitted', arrived, parts);
export const treatDischarge: Treat = (arrived, parts) => treatStay('discharged', arrived, parts);

function treatStay(event: StayEvent, arrived: Arrived, parts: MessageParts): ReturnType<Treat> {
  mapped(arrived, parts, {});
  return async (view) => {
    const followed = arrived.identity && (await followedPatient(view, arrived.identity));
    if (followed === undefined) return [];
    const kept = await keepMessage(arrived, followed.patient, view, parts);
    const effects = await stayEffects(event, arrived, view, parts);
    if (effects.length > 0 && sendStatusOf(arrived.head) !== 'C') return [...kept.changes, ...effects];
    // Cancelled, or the service has not begun: a person must look.
    const reason =
      followed.episode === undefined ? 'Tjenesten er ikke startet ennå.' : cancellationReason(event, effects);
    return [
      ...kept.changes,
      ...effects,
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
  const stay = {
    event: cancelled ? 'cancelled' : event,
    encounter: mapped(arrived, parts, { sender: await partyReference(view, head.sender, ['Organization']) }),
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

/** @throws Failure `unprocessable` (T02) when the content is not a message about a stay, or its time is missing */
function mapped({ head }: Arrived, { maps }: MessageParts, parameters: Parameters): Resource {
  const map = maps.forMessage(head.type.code);
  if (map === undefined) throw new Failure('fault', `There is no map for ${head.type.code}.`);
  const { resources, missing } = runMap(map, head.root, {
    messageIdentifier: { system: messageIdSystem, value: head.id },
    ...parameters,
  });
  if (resources[0] === undefined)
    throw new Failure('unprocessable', `Innholdet er ikke en ${head.type.code} i en versjon som støttes.`);
  if (missing.length > 0)
    throw new Failure('unprocessable', `Meldingen mangler et gyldig tidspunkt (${missing.join(', ')}).`);
  return resources[0];
}
