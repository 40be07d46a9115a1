// CarePlan/$revise: profiles/operations/CarePlan-revise.json
import { revisePlan } from '../../followup/plan/revise-plan.js';
import { moduleOperation } from './module-operation.js';
import { notAPlan } from './plan-facts.js';

/** A new draft from the plan in force, which goes on being monitored until the draft is approved. */
export const revise = moduleOperation({
  type: 'CarePlan',
  name: 'revise',
  amountsTo: 'create',
  roles: ['municipality', 'hospital', 'gp', 'admin'],
  refusal: 'This client does not make plans.',
  decide: async ({ resource: plan, view, parameters, facts }) =>
    notAPlan(plan) ??
    revisePlan({
      plan,
      drafts: await view.search('CarePlan', `replaces=CarePlan/${plan.id}&status=draft`),
      author: facts.by,
      note: parameters.text('note'),
      now: facts.now,
      ids: facts.ids,
    }),
});
