// EpisodeOfCare/$decline-plan: profiles/operations/EpisodeOfCare-decline-plan.json
import { choosePlan } from '../../followup/episode/decline-plan.js';
import { system } from '../../followup/vocabulary/systems.js';
import { type Operation, OperationParameters } from '../operation.js';
import { callerReference, demandRole, keyIn, runOperation } from './run-operation.js';

/** The patient wants no self-management plan, or wants one after all. */
export const declinePlan: Operation = {
  name: 'decline-plan',
  definition: 'http://hjemmebro.no/fhir/OperationDefinition/EpisodeOfCare-decline-plan',
  type: 'EpisodeOfCare',
  level: 'instance',
  affectsState: true,
  amountsTo: 'update',
  followUp: true,
  async handle(request, context) {
    const { principal } = context;
    demandRole(principal, ['municipality', 'admin'], 'Only the follow-up centre records what the patient wants.');
    const parameters = new OperationParameters(request);
    const declined = parameters.flag('declined') ?? true;
    return runOperation({
      request,
      context,
      name: '$decline-plan',
      key: { type: 'EpisodeOfCare', id: request.segments[1]! },
      decide: async (episode, view) => {
        const patient = keyIn(episode['patient']);
        return choosePlan({
          episode,
          declined,
          reason: parameters.text('reason') ?? '',
          by: callerReference(principal),
          waiting:
            patient === undefined
              ? []
              : await view.search(
                  'Task',
                  `patient=Patient/${patient.id}&code=${system.r4TaskCode}|approve&status=requested,received,accepted,in-progress,on-hold`,
                ),
          now: view.now,
        });
      },
    });
  },
};
