// ServiceRequest/$ask-back and $answer: profiles/operations/ServiceRequest-ask-back.json, ServiceRequest-answer.json
import { resolveParties } from '../../access/parties.js';
import { answerQuestion, askBack as ask } from '../../followup/referral/ask-back.js';
import { system } from '../../followup/vocabulary/systems.js';
import { Failure } from '../../kernel/failure.js';
import { moduleOperation } from './module-operation.js';
import { fulfilTask } from './referral.js';

/** The municipality that received a referral asks the referrer before it decides. */
export const askBack = moduleOperation({
  type: 'ServiceRequest',
  name: 'ask-back',
  roles: ['municipality', 'admin'],
  refusal: 'Only the municipality that received the referral asks back.',
  decide: async ({ resource: referral, view, parameters, facts }) =>
    ask({
      ...facts,
      referral,
      task: await fulfilTask(referral, view),
      question: parameters.text('question') ?? '',
    }),
});

const onlyReferrer = 'Only the referrer answers a question about its referral.';

/** The referrer answers; or the centre notes what the referrer said. */
export const answer = moduleOperation({
  type: 'ServiceRequest',
  name: 'answer',
  roles: ['municipality', 'hospital', 'gp', 'admin'],
  refusal: onlyReferrer,
  decide: async ({ resource: referral, view, parameters, principal, facts }) => {
    const referrer = await resolveParties(referral['requester'], view);
    const centre = principal.role === 'municipality' || principal.role === 'admin';
    if (!centre && !referrer.some((party) => principal.parties.includes(party)))
      return new Failure('forbidden', onlyReferrer, { expression: 'ServiceRequest.requester' });
    const [question] = await view.search(
      'Communication',
      `based-on=ServiceRequest/${referral.id}&category=${system.messageTopic}|referral-question&_sort=-sent`,
    );
    return answerQuestion({
      ...facts,
      referral,
      task: await fulfilTask(referral, view),
      question,
      text: parameters.text('text') ?? '',
    });
  },
});
