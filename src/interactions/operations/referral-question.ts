// ServiceRequest/$ask-back and $answer: profiles/operations/ServiceRequest-ask-back.json, ServiceRequest-answer.json
import { resolveParties } from '../../access/parties.js';
import { answerQuestion, askBack as ask } from '../../followup/referral/ask-back.js';
import { system } from '../../followup/vocabulary/systems.js';
import { Failure } from '../../kernel/failure.js';
import { type Operation, OperationParameters } from '../operation.js';
import { fulfilTask } from './referral.js';
import { callerReference, demandRole, runOperation } from './run-operation.js';

const common = {
  type: 'ServiceRequest',
  level: 'instance',
  affectsState: true,
  followUp: true,
} as const;

/** The municipality that received a referral asks the referrer before it decides. */
export const askBack: Operation = {
  ...common,
  name: 'ask-back',
  definition: 'http://hjemmebro.no/fhir/OperationDefinition/ServiceRequest-ask-back',
  amountsTo: 'update',
  async handle(request, context) {
    const { principal, services } = context;
    demandRole(principal, ['municipality', 'admin'], 'Only the municipality that received the referral asks back.');
    const parameters = new OperationParameters(request);
    return runOperation({
      request,
      context,
      name: '$ask-back',
      key: { type: 'ServiceRequest', id: request.segments[1]! },
      decide: async (referral, view) =>
        ask({
          referral,
          task: await fulfilTask(referral, view),
          question: parameters.text('question') ?? '',
          by: callerReference(principal),
          now: view.now,
          ids: services.ids,
        }),
    });
  },
};

/** The referrer answers; or the centre notes what the referrer said. */
export const answer: Operation = {
  ...common,
  name: 'answer',
  definition: 'http://hjemmebro.no/fhir/OperationDefinition/ServiceRequest-answer',
  amountsTo: 'update',
  async handle(request, context) {
    const { principal, services } = context;
    demandRole(
      principal,
      ['municipality', 'hospital', 'gp', 'admin'],
      'Only the referrer answers a question about its referral.',
    );
    const parameters = new OperationParameters(request);
    return runOperation({
      request,
      context,
      name: '$answer',
      key: { type: 'ServiceRequest', id: request.segments[1]! },
      decide: async (referral, view) => {
        const referrer = await resolveParties(referral['requester'], view);
        const centre = principal.role === 'municipality' || principal.role === 'admin';
        if (!centre && !referrer.some((party) => principal.parties.includes(party)))
          return new Failure('forbidden', 'Only the referrer answers a question about its referral.', {
            expression: 'ServiceRequest.requester',
          });
        const [question] = await view.search(
          'Communication',
          `based-on=ServiceRequest/${referral.id}&category=${system.messageTopic}|referral-question&_sort=-sent`,
        );
        return answerQuestion({
          referral,
          task: await fulfilTask(referral, view),
          question,
          text: parameters.text('text') ?? '',
          by: callerReference(principal),
          now: view.now,
          ids: services.ids,
        });
      },
    });
  },
};
