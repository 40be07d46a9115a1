// CarePlan/$propose-change: profiles/operations/CarePlan-propose-change.json
import { proposeChange } from '../../followup/plan/propose-change.js';
import { moduleOperation } from './module-operation.js';
import { notAPlan, openTasks } from './plan-facts.js';
import { centre } from './referral.js';

/** A comment on a plan goes to those who write it. */
export const proposePlanChange = moduleOperation({
  type: 'CarePlan',
  name: 'propose-change',
  amountsTo: 'read',
  roles: ['gp', 'hospital', 'municipality', 'admin'],
  refusal: 'This client proposes no changes of plans.',
  decide: async ({ resource: plan, view, parameters, principal, facts }) => {
    const refused = notAPlan(plan);
    if (refused !== undefined) return refused;
    const answers = principal.role === 'gp' || principal.role === 'hospital';
    const [asked] = answers ? await openTasks(plan, view) : [];
    return proposeChange({
      ...facts,
      plan,
      comment: parameters.text('comment') ?? '',
      asked,
      centre: await centre(principal.controller, view),
    });
  },
});
