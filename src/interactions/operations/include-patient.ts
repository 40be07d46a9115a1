// EpisodeOfCare/$include: profiles/operations/EpisodeOfCare-include.json
import { includePatient } from '../../followup/referral/inclusion.js';
import { moduleOperation } from './module-operation.js';

/** The assessment of need ends with inclusion: from service 100 to 103. */
export const include = moduleOperation({
  type: 'EpisodeOfCare',
  name: 'include',
  roles: ['municipality', 'admin'],
  refusal: 'Only the follow-up centre decides on inclusion.',
  first: true,
  decide: ({ resource: episode, parameters, facts }) =>
    includePatient({
      ...facts,
      episode,
      criteria: parameters.all('criterion').map(String),
      note: parameters.text('note'),
      waitlist: parameters.flag('waitlist') ?? false,
    }),
});
