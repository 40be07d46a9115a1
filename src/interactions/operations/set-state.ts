// EpisodeOfCare/$set-state: profiles/operations/EpisodeOfCare-set-state.json
import { setState as set } from '../../followup/episode/set-state.js';
import { Failure } from '../../kernel/failure.js';
import { oneOf } from '../operation.js';
import { flagsOf } from './episode.js';
import { moduleOperation } from './module-operation.js';

/** A nurse's own assessment of the patient, beside the zone. */
export const setState = moduleOperation({
  type: 'EpisodeOfCare',
  name: 'set-state',
  roles: ['municipality', 'admin'],
  refusal: 'Only the follow-up centre sets the state of its patients.',
  given: (parameters) => {
    const colour = oneOf(parameters, 'colour', ['green', 'yellow', 'red', 'none']);
    if (colour !== undefined) return colour;
    throw new Failure('invalid', 'The parameter colour is needed: green, yellow, red or none.', {
      expression: "Parameters.parameter.where(name='colour')",
      code: 'required',
    });
  },
  decide: async ({ resource: episode, view, parameters, given, facts }) =>
    set({
      ...facts,
      episode,
      flags: await flagsOf(episode, view),
      colour: given === 'none' ? undefined : given,
      reason: parameters.text('reason') ?? '',
    }),
});
