// EpisodeOfCare/$decline-plan: profiles/operations/EpisodeOfCare-decline-plan.json
import { choosePlan } from '../../followup/episode/decline-plan.js';
import { moduleOperation } from './module-operation.js';
import { openApprovals } from './plan-facts.js';
import { keyIn } from './run-operation.js';

/** The patient wants no self-management plan, or wants one after all. */
export const declinePlan = moduleOperation({
  type: 'EpisodeOfCare',
  name: 'decline-plan',
  roles: ['municipality', 'admin'],
  refusal: 'Only the follow-up centre records what the patient wants.',
  given: (parameters) => parameters.flag('declined') ?? true,
  decide: async ({ resource: episode, view, parameters, given: declined, facts }) => {
    const patient = keyIn(episode['patient']);
    return choosePlan({
      episode,
      declined,
      reason: parameters.text('reason') ?? '',
      by: facts.by,
      waiting: patient === undefined ? [] : await openApprovals(patient.id, view),
      now: facts.now,
    });
  },
});
