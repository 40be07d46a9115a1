// CarePlan/$revoke: profiles/operations/CarePlan-revoke.json
import { revokePlan } from '../../followup/plan/revoke-plan.js';
import { Failure } from '../../kernel/failure.js';
import { ifMatch } from '../respond.js';
import { moduleOperation } from './module-operation.js';
import { approverOf } from './plan-approver.js';
import { notAPlan, openEntries, openTasks, planFacts } from './plan-facts.js';
import { centre } from './referral.js';

/** A plan in force is ended by its doctor, with a reason; a draft is given up. */
export const revoke = moduleOperation({
  type: 'CarePlan',
  name: 'revoke',
  roles: ['gp', 'hospital', 'municipality', 'admin'],
  refusal: 'This client revokes no plans.',
  given: (_parameters, request) => ifMatch(request),
  decide: async ({ resource: plan, view, parameters, given: version, principal, facts }) => {
    const refused = notAPlan(plan);
    if (refused !== undefined) return refused;
    const answerable = await planFacts(plan, view);
    if (answerable instanceof Failure) return answerable;
    const isDoctor = principal.role === 'gp' || principal.role === 'hospital';
    return revokePlan({
      ...facts,
      ...answerable,
      carePlan: plan,
      ...(isDoctor && plan['status'] !== 'draft' ? { approver: approverOf(principal) } : {}),
      reason: parameters.text('reason') ?? '',
      ifMatch: version,
      waiting: [
        ...(await openTasks(plan, view)),
        ...(await openEntries(plan, 'take-over', view)),
        ...(await openEntries(plan, 'hand-over-due', view)),
      ],
      centre: await centre(principal.controller, view),
    });
  },
});
