// CarePlan/$hand-over: profiles/operations/CarePlan-hand-over.json
import { askToTakeOver, takeOver } from '../../followup/plan/hand-over.js';
import { Failure } from '../../kernel/failure.js';
import { type Operation, OperationParameters } from '../operation.js';
import { ifMatch } from '../respond.js';
import { generalPractitioner, notAPlan, openEntries, planFacts } from './plan-facts.js';
import { approverOf } from './plan-approver.js';
import { callerReference, demandRole, runOperation } from './run-operation.js';

/** The hospital or the centre asks the patient's GP to take over; the GP takes over. */
export const handOver: Operation = {
  name: 'hand-over',
  definition: 'http://hjemmebro.no/fhir/OperationDefinition/CarePlan-hand-over',
  type: 'CarePlan',
  level: 'instance',
  affectsState: true,
  amountsTo: 'update',
  followUp: true,
  async handle(request, context) {
    const { principal, services } = context;
    demandRole(principal, ['gp', 'hospital', 'municipality', 'admin'], 'This client hands over no plans.');
    const parameters = new OperationParameters(request);
    const version = ifMatch(request);
    return runOperation({
      request,
      context,
      name: '$hand-over',
      key: { type: 'CarePlan', id: request.segments[1]! },
      decide: async (plan, view) => {
        const refused = notAPlan(plan);
        if (refused !== undefined) return refused;
        const [asked] = await openEntries(plan, 'take-over', view);
        const facts = {
          plan,
          asked,
          note: parameters.text('note'),
          by: callerReference(principal),
          now: view.now,
          ids: services.ids,
        };
        if (principal.role === 'gp') {
          const answerable = await planFacts(plan, view);
          if (answerable instanceof Failure) return answerable;
          return takeOver({
            ...facts,
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
        return askToTakeOver({ ...facts, owner });
      },
    });
  },
};
