// EpisodeOfCare/$start, $pause, $resume, $end: profiles/operations/EpisodeOfCare-*.json
import type { Change } from '../../fhir/change.js';
import type { Resource } from '../../fhir/resource.js';
import { endEpisode, pauseEpisode, resumeEpisode, startEpisode } from '../../followup/episode/move-episode.js';
import { isPauseReason, pauseReasons } from '../../followup/episode/pause-element.js';
import { Failure } from '../../kernel/failure.js';
import type { View } from '../commit-types.js';
import { type Operation, OperationParameters } from '../operation.js';
import { demandRole, keyIn, runOperation } from './run-operation.js';

interface EpisodeFacts {
  readonly episode: Resource;
  readonly flags: readonly Resource[];
  readonly now: number;
  readonly ids: { next(): string };
}

type Decide = (
  facts: EpisodeFacts,
  parameters: OperationParameters,
  view: View,
) => Promise<Change[] | Failure> | Change[] | Failure;

function episodeOperation(name: string, decide: Decide): Operation {
  return {
    name,
    definition: `http://hjemmebro.no/fhir/OperationDefinition/EpisodeOfCare-${name}`,
    type: 'EpisodeOfCare',
    level: 'instance',
    affectsState: true,
    amountsTo: 'update',
    followUp: true,
    async handle(request, context) {
      demandRole(
        context.principal,
        ['municipality', 'admin'],
        'Only the follow-up centre starts, pauses and ends the service.',
      );
      const parameters = new OperationParameters(request);
      return runOperation({
        request,
        context,
        name: `$${name}`,
        key: { type: 'EpisodeOfCare', id: request.segments[1]! },
        decide: async (episode, view) =>
          decide(
            { episode, flags: await flagsOf(episode, view), now: view.now, ids: context.services.ids },
            parameters,
            view,
          ),
      });
    },
  };
}

/** The service begins: trial first. */
export const start = episodeOperation('start', async (facts, parameters, view) => {
  const phase = parameters.text('phase') ?? 'trial';
  if (phase !== 'trial' && phase !== 'daily')
    return new Failure('invalid', 'phase is trial or daily.', {
      expression: "Parameters.parameter.where(name='phase')",
    });
  return startEpisode({ ...facts, phase, referralTask: await referralTask(facts.episode, view) });
});

/** Pause by a person: everything, or only the alerts about missing measurements. */
export const pause = episodeOperation('pause', async (facts, parameters, view) => {
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
});

/** The pause ends; histories begin anew (new baseline). */
export const resume = episodeOperation('resume', async (facts, _parameters, view) =>
  resumeEpisode({ ...facts, reminders: await reminders(facts.episode, view) }),
);

/** The service ends, with a reason. */
export const end = episodeOperation('end', async (facts, parameters, view) =>
  endEpisode({
    ...facts,
    reason: parameters.text('reason') ?? '',
    reminders: await reminders(facts.episode, view),
    devicesOut: await devicesOut(facts.episode, view),
  }),
);

/** The patient's active Flags. */
export async function flagsOf(resource: Resource, view: View): Promise<readonly Resource[]> {
  const patient = keyIn(resource['patient']) ?? keyIn(resource['subject']);
  return patient === undefined ? [] : view.search('Flag', `subject=Patient/${patient.id}&status=active`);
}

async function referralTask(episode: Resource, view: View): Promise<Resource | undefined> {
  for (const reference of (episode['referralRequest'] as unknown[] | undefined) ?? []) {
    const key = keyIn(reference);
    if (key === undefined) continue;
    const found = await view.search(
      'Task',
      `focus=ServiceRequest/${key.id}&code=http://hl7.org/fhir/CodeSystem/task-code|fulfill`,
    );
    if (found[0] !== undefined) return found[0];
  }
  return undefined;
}

const reminders = async (episode: Resource, view: View): Promise<readonly Resource[]> =>
  view.search('Task', `focus=EpisodeOfCare/${episode.id}&status=requested&code=resume-reminder`);

async function devicesOut(episode: Resource, view: View): Promise<readonly Resource[]> {
  const patient = keyIn(episode['patient']);
  return patient === undefined ? [] : view.search('Device', `patient=Patient/${patient.id}`);
}
