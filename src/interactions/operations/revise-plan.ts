// CarePlan/$revise: profiles/operations/CarePlan-revise.json
import { revisePlan } from '../../followup/plan/revise-plan.js';
import { type Operation, OperationParameters } from '../operation.js';
import { notAPlan } from './plan-facts.js';
import { callerReference, demandRole, runOperation } from './run-operation.js';

/** A new draft from the plan in force, which goes on being monitored until the draft is approved. */
export const revise: Operation = {
  name: 'revise',
  definition: 'http://hjemmebro.no/fhir/OperationDefinition/CarePlan-revise',
  type: 'CarePlan',
  level: 'instance',
  affectsState: true,
  amountsTo: 'create',
  followUp: true,
  async handle(request, context) {
    demandRole(context.principal, ['municipality', 'hospital', 'gp', 'admin'], 'This client does not make plans.');
    const parameters = new OperationParameters(request);
    return runOperation({
      request,
      context,
      name: '$revise',
      key: { type: 'CarePlan', id: request.segments[1]! },
      decide: async (plan, view) =>
        notAPlan(plan) ??
        revisePlan({
          plan,
          drafts: await view.search('CarePlan', `replaces=CarePlan/${plan.id}&status=draft`),
          author: callerReference(context.principal),
          note: parameters.text('note'),
          now: view.now,
          ids: context.services.ids,
        }),
    });
  },
};
