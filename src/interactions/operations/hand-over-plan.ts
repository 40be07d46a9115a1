// CarePlan/$hand-over: profiles/operations/CarePlan-hand-over.json
import { askToTakeOver, takeOver } from '../../followup/plan/hand-over.js';
import { Failure } from '../../kernel/failure.js';
import { ifMatch } from '../respond.js';
import { moduleOperation } from './module-operation.js';
import { generalPractitioner, notAPlan, openEntries, planFacts } from './plan-facts.js';
import { approverOf } from './plan-approver.js';

/** The hospital or the centre asks the patient's GP to take over; the GP takes over. */
export const handOver = moduleOperation({
  type: 'CarePlan',
  name: 'hand-over',
  roles: ['gp', 'hospital', 'municipality', 'admin'],
  refusal: 'This client hands over no plans.',
  given: (_parameters, request) => ifMatch(request),
  decide: async ({ resource: plan, view, parameters, given: version, principal, facts }) => {
    const refused = notAPlan(plan);
    if (refused !== undefined) return refused;
    const [asked] = await openEntries(plan, 'take-over', view);
    const due = await openEntries(plan, 'hand-over-due', view);
    const handing = { ...facts, plan, asked, due, note: parameters.text('note') };
    if (principal.role === 'gp') {
      const answerable = await planFacts(plan, view);
      if (answerable instanceof Failure) return answerable;
      return takeOver({
        ...handing,
        ...answerable,
        carePlan: plan,
        approver: approverOf(principal),
        ifMatch: version,
      });
    }
    const owner = await generalPractitioner(plan, view);
    if (owner === undefined)
      return new Failure('unprocessable', 'The patient has no general practitioner to hand over to.', {
        expression: 'Patient.generalPractitioner',
      });
    return askToTakeOver({ ...handing, owner });
  },
});
