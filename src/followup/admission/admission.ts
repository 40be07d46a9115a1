/**
 * A hospital tells that a patient is admitted or discharged (PLO LOG_INNLAGT / LOG_UTSKREVET, HL7 v2 ADT A01 / A03).
 * Decision 12: a message pauses only the alerts about missing measurements, and makes a Task; discharge resumes by itself
 * only when the patient went home and the pause came from that admission. https://hl7.org/fhir/R4/encounter.html
 */
import type { Change } from '../../fhir/change.js';
import type { Resource } from '../../fhir/resource.js';
import type { Ids } from '../../kernel/ids.js';
import { Failure } from '../../kernel/failure.js';
import { pauseEpisode, resumeEpisode } from '../episode/move-episode.js';
import { pauseOf } from '../episode/pause-element.js';
import type { TaskCode } from '../vocabulary/codes.js';
import { asReference, type Period, type Reference, referenceTo, targetOf } from '../vocabulary/element.js';
import { created, updated } from '../vocabulary/module-change.js';
import { worklistEntry } from '../vocabulary/worklist.js';

export interface AdmissionFacts {
  /** The stay as mapped from the message: identifier, class, serviceProvider, period, hospitalization. No subject needed. */
  readonly encounter: Resource;
  /** The same stay as stored before, by identifier or as the patient's running one. */
  readonly stored?: Resource | undefined;
  /** The patient whose service runs; undefined when the person is unknown here. */
  readonly patient: Reference | undefined;
  /** The running EpisodeOfCare (active or onhold); undefined = no home follow-up, and then nothing is kept but the message. */
  readonly episode: Resource | undefined;
  readonly flags: readonly Resource[];
  /** The centre whose worklist gets the Task. */
  readonly owner?: Reference | undefined;
  /** The end of the current shift, when the Task is due. */
  readonly due?: number | undefined;
  readonly now: number;
  readonly ids: Ids;
}

/** Does the service run for this patient? */
export const relates = (facts: AdmissionFacts): facts is AdmissionFacts & { patient: Reference; episode: Resource } =>
  facts.patient !== undefined &&
  facts.episode !== undefined &&
  (facts.episode.status === 'active' || facts.episode.status === 'onhold');

/** → Encounter in-progress; pause `missing-only` when the service is active; a Task for the centre. */
export function admitPatient(facts: AdmissionFacts): Change[] {
  if (!relates(facts)) return [];
  const stay: Resource = {
    ...facts.stored,
    ...facts.encounter,
    id: facts.stored?.id ?? facts.encounter.id ?? facts.ids.next(),
    status: 'in-progress',
    subject: facts.patient,
    episodeOfCare: [referenceTo(facts.episode)],
  };
  const encounter = facts.stored === undefined ? created(stay) : updated(facts.stored, stay);
  if (facts.stored?.status === 'in-progress') return [encounter];
  const pause = { mode: 'missing-only', reason: 'hospital', admission: referenceTo(stay) } as const;
  const paused = facts.episode.status === 'active' ? certain(pauseEpisode({ ...facts, pause })) : [];
  const text =
    paused.length > 0
      ? 'Pasienten er innlagt. Varsler om manglende målinger er satt på pause; vurder om oppfølgingen skal pauses helt.'
      : 'Pasienten er innlagt. Oppfølgingen var allerede på pause.';
  return [encounter, ...paused, task(facts, 'admission-check', stay, text)];
}

/** → Encounter finished; resume, or a Task when a person must judge. `home`: did the patient go home? */
export function dischargePatient(facts: AdmissionFacts & { readonly home: boolean }): Change[] {
  if (!relates(facts)) return [];
  const { stored, encounter, home } = facts;
  const period = { ...(stored?.period as Period), ...(encounter.period as Period) };
  const stay: Resource = {
    ...stored,
    ...encounter,
    id: stored?.id ?? encounter.id ?? facts.ids.next(),
    status: 'finished',
    subject: facts.patient,
    episodeOfCare: [referenceTo(facts.episode)],
    period,
  };
  const kept = stored === undefined ? created(stay) : updated(stored, stay);
  if (stored?.status === 'finished') return [kept];
  if (home && pausedBy(facts.episode, stay)) return [kept, ...certain(resumeEpisode(facts))];
  const text = home
    ? 'Pasienten er utskrevet til hjemmet. Pausen kom ikke fra denne innleggelsen; vurder om oppfølgingen skal gjenopptas.'
    : 'Pasienten er utskrevet, men ikke til hjemmet. Vurder oppfølgingen videre.';
  return [kept, task(facts, 'discharge-check', stay, text)];
}

/** The admission message is cancelled: its Encounter is entered-in-error and the pause that came from it ends. */
export function cancelAdmission(facts: AdmissionFacts): Change[] {
  const { stored } = facts;
  if (!relates(facts) || stored === undefined || stored.status === 'entered-in-error') return [];
  const cancelled = updated(stored, { status: 'entered-in-error' });
  if (pausedBy(facts.episode, stored)) return [cancelled, ...certain(resumeEpisode(facts))];
  return [cancelled, task(facts, 'admission-check', stored, 'Meldingen om innleggelse er kansellert av avsender.')];
}

/**
 * The discharge message is cancelled: the patient is still in hospital. The stay runs again, and so does the pause of alerts
 * about missing measurements; a Task says so, as the patient may have been told otherwise.
 */
export function cancelDischarge(facts: AdmissionFacts): Change[] {
  const { stored } = facts;
  if (!relates(facts) || stored?.status !== 'finished') return [];
  const { end: _over, ...period } = (stored.period ?? {}) as Period;
  const stay = { ...stored, status: 'in-progress', period };
  const pause = { mode: 'missing-only', reason: 'hospital', admission: referenceTo(stored) } as const;
  const paused = facts.episode.status === 'active' ? certain(pauseEpisode({ ...facts, pause })) : [];
  const text = 'Utskrivningen er kansellert av avsender: pasienten er fortsatt innlagt.';
  return [
    updated(stored, { status: 'in-progress', period, hospitalization: undefined }),
    ...paused,
    task(facts, 'admission-check', stay, text),
  ];
}

function pausedBy(episode: Resource, stay: Resource): boolean {
  const admission = targetOf(pauseOf(episode)?.admission);
  return episode.status === 'onhold' && admission?.type === 'Encounter' && admission.id === stay.id;
}

const task = (facts: AdmissionFacts, code: TaskCode, stay: Resource, description: string): Change =>
  worklistEntry(
    {
      code,
      patient: facts.patient,
      focus: referenceTo(stay),
      owner: facts.owner ?? asReference(facts.episode?.managingOrganization),
      priority: 'urgent',
      due: facts.due,
      description,
    },
    facts,
  );

/** The statuses were looked at before the call, so a refusal here is an error of ours. */
function certain(changes: Change[] | Failure): Change[] {
  if (changes instanceof Failure) throw new Failure('fault', changes.message, { cause: changes });
  return changes;
}
