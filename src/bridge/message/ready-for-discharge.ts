// LOG_UTSKRIVNINGSKLAR and LOG_AVMELDING (HIS 1149:2014): https://www.ehelse.no/standardisering/standarder/pleie-og-omsorgsmeldinger
import type { Change } from '../../fhir/change.js';
import type { Resource } from '../../fhir/resource.js';
import {
  extensionOf,
  many,
  type Period,
  type Reference,
  referenceTo,
  withExtension,
} from '../../followup/vocabulary/element.js';
import { updated } from '../../followup/vocabulary/module-change.js';
import { structure, system } from '../../followup/vocabulary/systems.js';
import { worklistEntry } from '../../followup/vocabulary/worklist.js';
import type { View } from '../../interactions/commit-types.js';
import { instant } from '../../kernel/clock.js';
import { sendStatusOf } from '../../mapping/plo/send-status.js';
import type { MessageParts } from '../message-parts.js';
import type { Arrived, Treat } from './arrived.js';
import { centreReference, partyReference } from './directory.js';
import { messageIdSystem } from './identifiers.js';
import { keepMessage } from './keep.js';
import { mapMessage } from './map-message.js';
import { readingTask } from './read.js';
import { type FollowedPatient, followedPatient, stayChanges } from './stay.js';

const readyUrl = structure('dho-ready-for-discharge');

/** The stay gets the time from which the patient is ready, and the centre a Task to prepare for it. */
export const treatReady: Treat = (arrived, parts) => treat(arrived, parts, sendStatusOf(arrived.head) !== 'C');

/** The patient is not ready after all: the time and the Task are taken away. */
export const treatNotReady: Treat = (arrived, parts) => treat(arrived, parts, false);

function treat(arrived: Arrived, parts: MessageParts, ready: boolean): ReturnType<Treat> {
  mapMessage(arrived, parts, {});
  return async (view) => {
    const followed = arrived.identity && (await followedPatient(view, arrived.identity));
    if (followed === undefined) return [];
    const kept = await keepMessage(arrived, followed.patient, view, parts);
    const withdrawn = arrived.head.type.code === 'LOG_AVMELDING' && sendStatusOf(arrived.head) === 'C';
    const effects = withdrawn
      ? []
      : ready
        ? await becameReady(arrived, followed, view, parts)
        : await notReadyAfterAll(followed, view);
    if (effects.length > 0) return [...kept.changes, ...effects];
    const reason =
      followed.episode === undefined
        ? 'Tjenesten er ikke startet ennå.'
        : withdrawn
          ? 'Avmeldingen er trukket tilbake; vurder om pasienten er utskrivningsklar.'
          : 'Oppholdet meldingen gjelder, er ikke kjent her.';
    return [...kept.changes, await readingTask(arrived, { kept, patient: followed.patient, reason }, view, parts)];
  };
}

async function becameReady(
  arrived: Arrived,
  followed: FollowedPatient,
  view: View,
  parts: MessageParts,
): Promise<readonly Change[]> {
  const { head } = arrived;
  const [encounter] = mapMessage(arrived, parts, { sender: await partyReference(view, head.sender, ['Organization']) });
  const owner = await centreReference(view, head.receiver, parts.settings.centreHerId);
  const running = await runningStays(followed.patient, view);
  // Without the time of admission the message says nothing of a stay that is not known.
  if ((encounter!.period as Period | undefined)?.start === undefined && running.length !== 1) return [];
  const earlier = [head.conversation?.parent, head.conversation?.conversation].flatMap((value) =>
    value === undefined ? [] : [{ system: messageIdSystem, value }],
  );
  const known = (encounter!.period as Period | undefined)?.start === undefined ? running[0] : undefined;
  const stay = known === undefined ? encounter! : { ...encounter!, period: known.period };
  const changes = await stayChanges({ event: 'admitted', encounter: stay, earlier, owner }, followed, view, parts.ids);
  // Told after the stay has ended: there is nothing to prepare.
  const stored = changes.flatMap((change) =>
    change.op !== 'delete' && change.resource.resourceType === 'Encounter' ? [change.resource] : [],
  )[0];
  if (stored === undefined || stored.status === 'finished') return changes;
  const time = extensionOf(stored, readyUrl)?.valueDateTime;
  const from = typeof time === 'string' ? ` fra ${time.slice(0, 10)}` : '';
  return [
    ...changes,
    worklistEntry(
      {
        code: 'discharge-check',
        patient: followed.patient,
        focus: referenceTo(stored),
        owner,
        priority: 'urgent',
        description: `Pasienten er meldt utskrivningsklar${from}. Forbered at oppfølgingen gjenopptas.`,
      },
      { ids: parts.ids, now: view.now },
    ),
  ];
}

async function notReadyAfterAll({ patient }: FollowedPatient, view: View): Promise<readonly Change[]> {
  const changes: Change[] = [];
  for (const stay of await runningStays(patient, view)) {
    if (extensionOf(stay, readyUrl) === undefined) continue;
    changes.push(updated(withExtension(stay, readyUrl), {}));
    const tasks = await view.search(
      'Task',
      `patient=${patient.reference}&code=${system.taskCode}|discharge-check&status=requested,received,accepted,in-progress`,
    );
    for (const task of tasks.filter(({ focus }) => many<Reference>(focus)[0]?.reference === `Encounter/${stay.id}`))
      changes.push(
        updated(task, {
          status: 'cancelled',
          statusReason: { text: 'Pasienten er ikke utskrivningsklar likevel.' },
          lastModified: instant(view.now),
        }),
      );
  }
  return changes;
}

const runningStays = (patient: Reference, view: View): Promise<readonly Resource[]> =>
  view.search('Encounter', `patient=${patient.reference}&status=arrived,in-progress,onleave`);
