// LOG_DOD, orientering om dødsfall (HIS 1149:2014): https://www.ehelse.no/standardisering/standarder/pleie-og-omsorgsmeldinger
import type { Change } from '../../fhir/change.js';
import type { Resource } from '../../fhir/resource.js';
import { pauseEpisode, resumeEpisode } from '../../followup/episode/move-episode.js';
import { pauseOf } from '../../followup/episode/pause-element.js';
import { referenceTo } from '../../followup/vocabulary/element.js';
import { updated } from '../../followup/vocabulary/module-change.js';
import { worklistEntry } from '../../followup/vocabulary/worklist.js';
import type { View } from '../../interactions/commit-types.js';
import { Failure } from '../../kernel/failure.js';
import { sendStatusOf } from '../../mapping/plo/send-status.js';
import type { MessageParts } from '../message-parts.js';
import type { Arrived, Treat } from './arrived.js';
import { centreReference } from './directory.js';
import { keepMessage } from './keep.js';
import { mapMessage } from './map-message.js';
import { readingTask } from './read.js';
import { undoEarlier } from './undo.js';

const pauseText = 'Melding om dødsfall';

/**
 * The patient is noted as dead, nobody is reminded of measurements any more, and a person ends the service: a message
 * alone ends nothing that cannot be taken back.
 */
export const treatDeath: Treat = (arrived, parts) => {
  const [told] = mapMessage(arrived, parts, {});
  return async (view) => {
    const [patient, second] = arrived.identity === undefined ? [] : await view.patients(arrived.identity);
    if (patient === undefined || second !== undefined) return [];
    const subject = referenceTo(patient);
    const kept = await keepMessage(arrived, subject, view, parts);
    const episodes = await view.search(
      'EpisodeOfCare',
      `patient=Patient/${patient.id}&status=planned,waitlist,active,onhold`,
    );
    const facts = { arrived, patient, episodes, view, parts };
    if (sendStatusOf(arrived.head) === 'C') {
      const reason = 'Meldingen om dødsfall er trukket tilbake av avsenderen.';
      return [
        ...kept.changes,
        ...(await alive(facts)),
        ...(await undoEarlier(arrived.head, view)).changes,
        await readingTask(arrived, { kept, patient: subject, reason }, view, parts),
      ];
    }
    return [...kept.changes, ...(await dead(facts, told!.deceasedDateTime))];
  };
};

interface DeathFacts {
  readonly arrived: Arrived;
  readonly patient: Resource;
  readonly episodes: readonly Resource[];
  readonly view: View;
  readonly parts: MessageParts;
}

async function dead({ arrived, patient, episodes, view, parts }: DeathFacts, time: unknown): Promise<Change[]> {
  const { ids } = parts;
  const changes: Change[] = [updated(patient, { deceasedDateTime: time, deceasedBoolean: undefined })];
  const active = episodes.find(({ status }) => status === 'active');
  if (active !== undefined) {
    const pause = { mode: 'missing-only', reason: 'other', text: pauseText } as const;
    const flags = await flagsOf(patient, view);
    // The Task below stands in the place of a reminder to resume.
    const paused = certain(pauseEpisode({ episode: active, flags, pause, now: view.now, ids }));
    changes.push(...paused.filter((change) => change.op === 'delete' || change.resource.resourceType !== 'Task'));
  }
  if (episodes.length === 0) return changes;
  return [
    ...changes,
    worklistEntry(
      {
        code: 'death-check',
        patient: referenceTo(patient),
        focus: referenceTo(active ?? episodes[0]!),
        owner: await centreReference(view, arrived.head.receiver, parts.settings.centreHerId),
        priority: 'urgent',
        description: 'Pasienten er meldt død. Avslutt tjenesten, hent utstyret og ta kontakt med de pårørende.',
      },
      { ids, now: view.now },
    ),
  ];
}

async function alive({ patient, episodes, view, parts }: DeathFacts): Promise<Change[]> {
  const changes: Change[] =
    patient.deceasedDateTime === undefined
      ? []
      : [updated(patient, { deceasedDateTime: undefined, deceasedBoolean: undefined })];
  const paused = episodes.find((one) => one.status === 'onhold' && pauseOf(one)?.text === pauseText);
  if (paused !== undefined) {
    const flags = await flagsOf(patient, view);
    changes.push(...certain(resumeEpisode({ episode: paused, flags, now: view.now, ids: parts.ids })));
  }
  return changes;
}

const flagsOf = (patient: Resource, view: View): Promise<readonly Resource[]> =>
  view.search('Flag', `patient=Patient/${patient.id}&status=active`);

/** The statuses were looked at before the call, so a refusal here is an error of ours. */
function certain(changes: Change[] | Failure): Change[] {
  if (changes instanceof Failure) throw new Failure('fault', changes.message, { cause: changes });
  return changes;
}
