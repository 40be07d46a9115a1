// EpisodeOfCare/$start, $pause, $resume, $end: profiles/operations/EpisodeOfCare-*.json
import type { Change } from '../../fhir/change.js';
import type { Resource } from '../../fhir/resource.js';
import { switchGreenAlerts } from '../../followup/episode/green-alerts.js';
import { endEpisode, pauseEpisode, resumeEpisode, startEpisode } from '../../followup/episode/move-episode.js';
import { isPauseReason, pauseReasons } from '../../followup/episode/pause-element.js';
import { Failure } from '../../kernel/failure.js';
import type { View } from '../commit-types.js';
import type { Operation, OperationParameters } from '../operation.js';
import { type serviceNews, tellAbout } from '../../followup/episode/tell-about.js';
import { isPlan } from '../../followup/managed/guard-managed.js';
import { inForce } from '../../followup/managed/protected-elements.js';
import type { Reference } from '../../followup/vocabulary/element.js';
import { moduleOperation } from './module-operation.js';
import { openApprovals } from './plan-facts.js';
import { referralTask } from './referral.js';
import { keyIn } from './run-operation.js';

interface EpisodeFacts {
  readonly episode: Resource;
  readonly flags: readonly Resource[];
  readonly now: number;
  readonly ids: { next(): string };
}

/** What those concerned are told. */
interface News {
  readonly what: keyof typeof serviceNews;
  readonly details: (parameters: OperationParameters) => string | undefined;
}

type Decide = (
  facts: EpisodeFacts,
  parameters: OperationParameters,
  view: View,
) => Promise<Change[] | Failure> | Change[] | Failure;

function episodeOperation(name: string, news: News | undefined, decide: Decide): Operation {
  return moduleOperation({
    type: 'EpisodeOfCare',
    name,
    roles: ['municipality', 'admin'],
    refusal: 'Only the follow-up centre starts, pauses and ends the service.',
    decide: async ({ resource: episode, view, parameters, facts: { now, ids } }) => {
      const facts = { episode, flags: await flagsOf(episode, view), now, ids };
      const changes = await decide(facts, parameters, view);
      if (changes instanceof Failure || news === undefined) return changes;
      const recipients = await concerned(episode, parameters, view);
      return [...changes, ...tellAbout({ ...facts, what: news.what, recipients, details: news.details(parameters) })];
    },
  });
}

/** The service begins: trial first. */
export const start = episodeOperation('start', undefined, async (facts, parameters, view) => {
  const phase = parameters.text('phase') ?? 'trial';
  if (phase !== 'trial' && phase !== 'daily')
    return new Failure('invalid', 'phase is trial or daily.', {
      expression: "Parameters.parameter.where(name='phase')",
    });
  return startEpisode({ ...facts, phase, referralTask: await taskOfEpisode(facts.episode, view) });
});

/** Pause by a person: everything, or only the alerts about missing measurements. */
export const pause = episodeOperation(
  'pause',
  { what: 'service-paused', details: pauseWords },
  async (facts, parameters, view) => {
    const mode = parameters.requiredText('mode');
    if (mode !== 'all' && mode !== 'missing-only')
      return new Failure('invalid', 'mode is all or missing-only.', {
        expression: "Parameters.parameter.where(name='mode')",
      });
    const reason = parameters.requiredText('reason');
    if (!isPauseReason(reason))
      return new Failure('invalid', `reason is one of ${Object.keys(pauseReasons).join(', ')}; say more in text.`, {
        expression: "Parameters.parameter.where(name='reason')",
        code: 'code-invalid',
      });
    return pauseEpisode({
      ...facts,
      reminders: await reminders(facts.episode, view),
      pause: { mode, reason, text: parameters.text('text'), plannedEnd: parameters.date('plannedEnd') },
    });
  },
);

/** The pause ends; histories begin anew (new baseline). */
export const resume = episodeOperation(
  'resume',
  { what: 'service-resumed', details: () => undefined },
  async (facts, _parameters, view) => resumeEpisode({ ...facts, reminders: await reminders(facts.episode, view) }),
);

/** Whether what has not come opens green alerts for this patient. */
export const greenAlerts = episodeOperation('green-alerts', undefined, ({ episode }, parameters) => {
  const on = parameters.one('on');
  if (on !== true && on !== false && on !== 'true' && on !== 'false')
    return new Failure('invalid', 'The parameter on is needed: true or false.', {
      expression: "Parameters.parameter.where(name='on')",
      code: 'required',
    });
  return switchGreenAlerts({ episode, on: String(on) === 'true', reason: parameters.text('reason') });
});

/** The service ends, with a reason. */
export const end = episodeOperation(
  'end',
  { what: 'service-ended', details: (parameters) => parameters.text('reason') },
  async (facts, parameters, view) =>
    endEpisode({
      ...facts,
      reason: parameters.text('reason') ?? '',
      reminders: await reminders(facts.episode, view),
      devicesOut: await devicesOut(facts.episode, view),
      ...(await plansOf(facts.episode, view)),
    }),
);

/** `Ferie, til 01.08.2026: reiser til Spania`. */
function pauseWords(parameters: OperationParameters): string {
  const reason = parameters.requiredText('reason');
  const until = parameters.date('plannedEnd')?.slice(0, 10).split('-').toReversed().join('.');
  const mode = parameters.text('mode') === 'all' ? 'ingen varsler' : 'ingen varsler om uteblitte målinger';
  const text = parameters.text('text');
  return [
    isPauseReason(reason) ? pauseReasons[reason] : reason,
    ...(until === undefined ? [] : [`til ${until}`]),
    mode,
    ...(text === undefined ? [] : [text]),
  ].join(', ');
}

/** Who is told: the patient's GP, the referrer, and whom the centre names. */
async function concerned(episode: Resource, parameters: OperationParameters, view: View): Promise<Reference[]> {
  const key = keyIn(episode['patient']);
  const patient = key === undefined ? undefined : await view.read(key);
  const referrals = await Promise.all(
    ((episode['referralRequest'] as unknown[] | undefined) ?? []).map(async (reference) => {
      const referral = keyIn(reference);
      return referral === undefined ? undefined : (await view.read(referral))?.['requester'];
    }),
  );
  const inform = parameters.all('inform').map((one) => (typeof one === 'string' ? { reference: one } : one));
  return [
    ...((patient?.['generalPractitioner'] as Reference[] | undefined) ?? []),
    ...referrals.filter((one) => one !== undefined),
    ...inform,
  ] as Reference[];
}

/** The plan that ends with the service, and what is asked about drafts; of a service that has run. */
async function plansOf(episode: Resource, view: View) {
  const patient = keyIn(episode['patient']);
  if (patient === undefined || episode['status'] === 'planned' || episode['status'] === 'waitlist') return {};
  const active = await view.search('CarePlan', `subject=Patient/${patient.id}&status=active`);
  const waiting = await openApprovals(patient.id, view);
  return { plans: active.filter((plan) => isPlan(plan) && inForce(plan)), waiting };
}

/** The patient's active Flags. */
export async function flagsOf(resource: Resource, view: View): Promise<readonly Resource[]> {
  const patient = keyIn(resource['patient']) ?? keyIn(resource['subject']);
  return patient === undefined ? [] : view.search('Flag', `subject=Patient/${patient.id}&status=active`);
}

async function taskOfEpisode(episode: Resource, view: View): Promise<Resource | undefined> {
  for (const reference of (episode['referralRequest'] as unknown[] | undefined) ?? []) {
    const key = keyIn(reference);
    if (key === undefined) continue;
    const task = await referralTask(key.id, view);
    if (task !== undefined) return task;
  }
  return undefined;
}

const reminders = async (episode: Resource, view: View): Promise<readonly Resource[]> =>
  view.search('Task', `focus=EpisodeOfCare/${episode.id}&status=requested&code=resume-reminder`);

async function devicesOut(episode: Resource, view: View): Promise<readonly Resource[]> {
  const patient = keyIn(episode['patient']);
  return patient === undefined ? [] : view.search('Device', `patient=Patient/${patient.id}`);
}
