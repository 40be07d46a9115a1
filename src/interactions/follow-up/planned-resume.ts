import type { Change } from '../../fhir/change.js';
import { resumeEpisode } from '../../followup/episode/move-episode.js';
import { pauseOf } from '../../followup/episode/pause-element.js';
import type { ProjectionContext } from '../../followup/projection/projection-context.js';
import { asReference, hasCode } from '../../followup/vocabulary/element.js';
import { system } from '../../followup/vocabulary/systems.js';
import { Failure } from '../../kernel/failure.js';
import type { View } from '../commit-types.js';

/** The planned end of a pause has come: the episode is active again, and the reminder is done. The engine has ended its pause by itself. */
export async function plannedResume(view: View, context: ProjectionContext): Promise<readonly Change[]> {
  const paused = await view.search('EpisodeOfCare', `patient=Patient/${context.patientId}&status=onhold`);
  return paused.flatMap((episode) => {
    const end = Date.parse(pauseOf(episode)?.plannedEnd ?? '');
    if (!(end <= context.now)) return [];
    const reminders = context.openTasks.filter(
      (task) =>
        hasCode(task['code'], system.taskCode, 'resume-reminder') &&
        asReference(task['focus'])?.reference === `EpisodeOfCare/${episode.id}`,
    );
    const changes = resumeEpisode({ episode, flags: context.flags, reminders, now: context.now, ids: context.ids });
    return changes instanceof Failure ? [] : changes;
  });
}
