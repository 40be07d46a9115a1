/**
 * The life of the service: EpisodeOfCare planned → active (trial, then daily) ⇄ onhold → finished | cancelled.
 * `EpisodeOfCare/$start`, `$pause`, `$resume`, `$end`. https://hl7.org/fhir/R4/episodeofcare.html
 */
import type { Change } from '../../fhir/change.js';
import type { Resource } from '../../fhir/resource.js';
import type { Ids } from '../../kernel/ids.js';
import { instant } from '../../kernel/clock.js';
import { Failure } from '../../kernel/failure.js';
import { equipmentState } from '../equipment/equipment-state.js';
import type { FlagCode } from '../vocabulary/codes.js';
import {
  asReference,
  codeIn,
  extensionOf,
  many,
  type Period,
  type Reference,
  referenceTo,
  withExtension,
} from '../vocabulary/element.js';
import { endedState, isState } from './set-state.js';
import { flagChanges } from '../vocabulary/flag.js';
import { updated } from '../vocabulary/module-change.js';
import { structure, system } from '../vocabulary/systems.js';
import { worklistEntry } from '../vocabulary/worklist.js';
import { type Pause, pauseExtension, pauseUrl } from './pause-element.js';

export interface EpisodeFacts {
  readonly episode: Resource;
  /** The patient's Flags of the module. */
  readonly flags: readonly Resource[];
  readonly now: number;
  readonly ids: Ids;
}

export type Phase = 'trial' | 'daily';
const phaseText: Record<Phase, string> = { trial: 'Utprøving', daily: 'Daglig oppfølging' };
export const phaseUrl = structure('dho-phase');
const week = 7 * 86_400_000;

/**
 * planned → active; `referralTask` (accepted) becomes completed. On an active episode with a `phase`: trial → daily.
 */
export function startEpisode(
  facts: EpisodeFacts & { readonly phase?: Phase | undefined; readonly referralTask?: Resource | undefined },
): Change[] | Failure {
  const { episode, now, referralTask, phase } = facts;
  if (codeIn(episode.type, system.service) === '100')
    return new Failure('conflict', 'The need is being assessed (service 100): use EpisodeOfCare/$include first.', {
      expression: 'EpisodeOfCare.type',
    });
  if (episode.status === 'active' && phase === 'daily' && phaseOf(episode) !== 'daily')
    return [updated(withPhase(episode, phase), {})];
  if (episode.status !== 'planned' && episode.status !== 'waitlist') return wrongStatus(episode, 'started', 'planned');
  const started = withPhase(withExtension(episode, pauseUrl), phase ?? 'trial');
  return [
    updated(started, {
      ...moved(episode, 'active', now),
      period: { ...(episode.period as Period), start: instant(now) },
    }),
    ...(referralTask === undefined || referralTask.status !== 'accepted'
      ? []
      : [updated(referralTask, { status: 'completed', lastModified: instant(now) })]),
    ...dhoFlag(facts, 'dho-active'),
  ];
}

/**
 * active → onhold, or another pause instead of the one that runs (after an admission, say); `reminders` are the open Tasks
 * `resume-reminder` of the former. A message pauses only the alerts about missing measurements; `all` is a person's choice
 * and has an end, or a reminder after 7 days (decision 12).
 */
export function pauseEpisode(
  facts: EpisodeFacts & {
    readonly pause: Pause;
    readonly owner?: Reference | undefined;
    readonly reminders?: readonly Resource[];
  },
): Change[] | Failure {
  const { episode, pause, now, ids } = facts;
  if (episode.status !== 'active' && episode.status !== 'onhold')
    return wrongStatus(episode, 'paused', 'active or onhold');
  if (pause.mode === 'all' && pause.admission !== undefined) {
    return new Failure('unprocessable', 'A message pauses only missing-measurement alerts (mode missing-only).', {
      expression: "Parameters.parameter.where(name='mode')",
    });
  }
  if (pause.plannedEnd !== undefined && !(Date.parse(pause.plannedEnd) > now)) {
    return new Failure('unprocessable', 'The planned end of a pause lies in the future.', {
      expression: "Parameters.parameter.where(name='plannedEnd')",
    });
  }
  const end = pause.plannedEnd === undefined ? now + week : Date.parse(pause.plannedEnd);
  return [
    updated(withExtension(episode, pauseUrl, pauseExtension(pause)), moved(episode, 'onhold', now)),
    ...completed(facts.reminders, now),
    ...(pause.admission !== undefined
      ? []
      : [
          worklistEntry(
            {
              code: 'resume-reminder',
              patient: asReference(episode.patient),
              focus: referenceTo(episode),
              owner: facts.owner ?? asReference(episode.managingOrganization),
              due: end,
              description: 'Oppfølgingen er satt på pause. Vurder om den skal gjenopptas.',
            },
            { ids, now },
          ),
        ]),
    ...dhoFlag(facts, 'dho-paused'),
  ];
}

/** onhold → active; `reminders` are the open Tasks `resume-reminder`, which are completed. */
export function resumeEpisode(facts: EpisodeFacts & { readonly reminders?: readonly Resource[] }): Change[] | Failure {
  const { episode, now } = facts;
  if (episode.status !== 'onhold') return wrongStatus(episode, 'resumed', 'onhold');
  return [
    updated(withExtension(episode, pauseUrl), moved(episode, 'active', now)),
    ...completed(facts.reminders, now),
    ...dhoFlag(facts, 'dho-active'),
  ];
}

/**
 * active or onhold → finished, planned → cancelled, with a reason. Equipment still with the patient (`devicesOut`) stops
 * the end: it is fetched back first, or the service is paused meanwhile.
 */
export function endEpisode(
  facts: EpisodeFacts & {
    readonly reason: string;
    readonly devicesOut?: readonly Resource[];
    readonly reminders?: readonly Resource[];
    /** Plans of the patient in force: they are completed with the service. */
    readonly plans?: readonly Resource[];
    /** Open Tasks `approve` of the patient's drafts. */
    readonly waiting?: readonly Resource[];
  },
): Change[] | Failure {
  const { episode, now, reason } = facts;
  const running = episode.status === 'active' || episode.status === 'onhold';
  if (!running && episode.status !== 'planned' && episode.status !== 'waitlist')
    return wrongStatus(episode, 'ended', 'planned, active or onhold');
  if (reason.trim() === '') {
    return new Failure('unprocessable', 'The service ends with a reason.', {
      expression: "Parameters.parameter.where(name='reason')",
      code: 'required',
    });
  }
  if ((facts.devicesOut ?? []).some((device) => equipmentState(device) !== 'lost')) {
    return new Failure(
      'unprocessable',
      'Equipment is still with the patient: use Device/$return first, or $pause meanwhile.',
      {
        expression: 'EpisodeOfCare.status',
      },
    );
  }
  const at = instant(now);
  const ended = withExtension(withExtension(episode, pauseUrl), structure('dho-end-reason'), {
    url: structure('dho-end-reason'),
    valueCodeableConcept: { text: reason },
  });
  return [
    updated(ended, {
      ...moved(episode, running ? 'finished' : 'cancelled', now),
      period: { ...(episode.period as Period), end: at },
    }),
    ...completed(facts.reminders, now),
    ...(facts.plans ?? []).map((plan) => updated(plan, { status: 'completed' })),
    ...(facts.waiting ?? []).map((task) =>
      updated(task, { status: 'cancelled', statusReason: { text: 'Oppfølgingen er avsluttet' }, lastModified: at }),
    ),
    ...dhoFlag(facts, undefined),
    ...flagChanges({ ...facts, patient: asReference(episode.patient) ?? {} }, 'zone', undefined),
    ...facts.flags.filter(isState).map((flag) => endedState(flag, instant(facts.now))),
  ];
}

const dhoFlag = (facts: EpisodeFacts, code: FlagCode | undefined): Change[] =>
  flagChanges({ ...facts, patient: asReference(facts.episode.patient) ?? {} }, 'dho', code);

const completed = (tasks: readonly Resource[] | undefined, now: number): Change[] =>
  (tasks ?? []).map((task) => updated(task, { status: 'completed', lastModified: instant(now) }));

/** The new status, its period opened and that of the former one closed. */
function moved(episode: Resource, status: string, now: number): { status: string; statusHistory: unknown[] } {
  const at = instant(now);
  const history = many<{ status: string; period: Period }>(episode.statusHistory);
  const closed = history.map((one, index) =>
    index === history.length - 1 && one.period.end === undefined ? { ...one, period: { ...one.period, end: at } } : one,
  );
  return { status, statusHistory: [...closed, { status, period: { start: at } }] };
}

const withPhase = (episode: Resource, phase: Phase): Resource =>
  withExtension(episode, phaseUrl, {
    url: phaseUrl,
    valueCoding: { system: system.phase, code: phase, display: phaseText[phase] },
  });

const phaseOf = (episode: Resource): string | undefined =>
  (extensionOf(episode, phaseUrl)?.valueCoding as { code?: string } | undefined)?.code;

const wrongStatus = (episode: Resource, what: string, from: string): Failure =>
  new Failure('conflict', `The service is ${String(episode.status)}; it can be ${what} only when it is ${from}.`, {
    expression: 'EpisodeOfCare.status',
  });
