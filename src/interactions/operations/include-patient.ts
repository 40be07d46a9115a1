// EpisodeOfCare/$include: profiles/operations/EpisodeOfCare-include.json
import { includePatient } from '../../followup/referral/inclusion.js';
import { type Operation, OperationParameters } from '../operation.js';
import { callerReference, demandRole, runOperation } from './run-operation.js';

/** The assessment of need ends with inclusion: from service 100 to 103. */
export const include: Operation = {
  name: 'include',
  definition: 'http://hjemmebro.no/fhir/OperationDefinition/EpisodeOfCare-include',
  type: 'EpisodeOfCare',
  level: 'instance',
  affectsState: true,
  amountsTo: 'update',
  followUp: true,
  async handle(request, context) {
    const { principal, services } = context;
    demandRole(principal, ['municipality', 'admin'], 'Only the follow-up centre decides on inclusion.');
    const parameters = new OperationParameters(request);
    return runOperation({
      request,
      context,
      name: '$include',
      key: { type: 'EpisodeOfCare', id: request.segments[1]! },
      first: true,
      decide: (episode, view) =>
        includePatient({
          episode,
          criteria: parameters.all('criterion').map(String),
          note: parameters.text('note'),
          waitlist: parameters.flag('waitlist') ?? false,
          by: callerReference(principal),
          now: view.now,
          ids: services.ids,
        }),
    });
  },
};
