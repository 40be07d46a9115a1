// CarePlan/$propose-change: profiles/operations/CarePlan-propose-change.json
import { proposeChange } from '../../followup/plan/propose-change.js';
import { type Operation, OperationParameters } from '../operation.js';
import { notAPlan, openTasks } from './plan-facts.js';
import { centre } from './referral.js';
import { callerReference, demandRole, runOperation } from './run-operation.js';

/** A comment on a plan goes to those who write it. */
export const proposePlanChange: Operation = {
  name: 'propose-change',
  definition: 'http://hjemmebro.no/fhir/OperationDefinition/CarePlan-propose-change',
  type: 'CarePlan',
  level: 'instance',
  affectsState: true,
  amountsTo: 'read',
  followUp: true,
  async handle(request, context) {
    const { principal, services } = context;
    demandRole(principal, ['gp', 'hospital', 'municipality', 'admin'], 'This client proposes no changes of plans.');
    const parameters = new OperationParameters(request);
    return runOperation({
      request,
      context,
      name: '$propose-change',
      key: { type: 'CarePlan', id: request.segments[1]! },
      decide: async (plan, view) => {
        const refused = notAPlan(plan);
        if (refused !== undefined) return refused;
        const answers = principal.role === 'gp' || principal.role === 'hospital';
        const [asked] = answers ? await openTasks(plan, view) : [];
        return proposeChange({
          plan,
          comment: parameters.text('comment') ?? '',
          by: callerReference(principal),
          asked,
          centre: await centre(principal.controller, view),
          now: view.now,
          ids: services.ids,
        });
      },
    });
  },
};
