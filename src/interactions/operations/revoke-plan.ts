// CarePlan/$revoke: profiles/operations/CarePlan-revoke.json
import { revokePlan } from '../../followup/plan/revoke-plan.js';
import { Failure } from '../../kernel/failure.js';
import { type Operation, OperationParameters } from '../operation.js';
import { ifMatch } from '../respond.js';
import { approverOf } from './plan-approver.js';
import { notAPlan, openEntries, openTasks, planFacts } from './plan-facts.js';
import { centre } from './referral.js';
import { callerReference, demandRole, runOperation } from './run-operation.js';

/** A plan in force is ended by its doctor, with a reason; a draft is given up. */
export const revoke: Operation = {
  name: 'revoke',
  definition: 'http://hjemmebro.no/fhir/OperationDefinition/CarePlan-revoke',
  type: 'CarePlan',
  level: 'instance',
  affectsState: true,
  amountsTo: 'update',
  followUp: true,
  async handle(request, context) {
    const { principal, services } = context;
    demandRole(principal, ['gp', 'hospital', 'municipality', 'admin'], 'This client revokes no plans.');
    const parameters = new OperationParameters(request);
    const version = ifMatch(request);
    const isDoctor = principal.role === 'gp' || principal.role === 'hospital';
    return runOperation({
      request,
      context,
      name: '$revoke',
      key: { type: 'CarePlan', id: request.segments[1]! },
      decide: async (plan, view) => {
        const refused = notAPlan(plan);
        if (refused !== undefined) return refused;
        const facts = await planFacts(plan, view);
        if (facts instanceof Failure) return facts;
        return revokePlan({
          ...facts,
          carePlan: plan,
          ...(isDoctor && plan['status'] !== 'draft' ? { approver: approverOf(principal) } : {}),
          reason: parameters.text('reason') ?? '',
          ifMatch: version,
          by: callerReference(principal),
          waiting: [...(await openTasks(plan, view)), ...(await openEntries(plan, 'take-over', view))],
          centre: await centre(principal.controller, view),
          now: view.now,
          ids: services.ids,
        });
      },
    });
  },
};
