// CarePlan/$submit-for-approval, $approve, $reject: profiles/operations/CarePlan-*.json
import type { Change } from '../../fhir/change.js';
import { beforeApproval } from '../../followup/lint/before-approval.js';
import { approve, type ApprovalFacts, rejectPlan, submitForApproval } from '../../followup/plan/approval.js';
import { Failure } from '../../kernel/failure.js';
import type { Operation, OperationParameters } from '../operation.js';
import { ifMatch } from '../respond.js';
import { moduleOperation } from './module-operation.js';
import { approverOf } from './plan-approver.js';
import { generalPractitioner, notAPlan, openTasks, planFacts } from './plan-facts.js';

const type = 'CarePlan';

/** The draft, as it is now, goes to the one who shall approve it: the patient's GP unless `owner` says otherwise. */
export const submit = moduleOperation({
  type,
  name: 'submit-for-approval',
  roles: ['municipality', 'hospital', 'gp', 'admin'],
  refusal: 'This client does not submit plans.',
  decide: async ({ resource: carePlan, view, parameters, context, facts }) => {
    const refused = notAPlan(carePlan);
    if (refused !== undefined) return refused;
    const override = parameters.text('override');
    const findings = beforeApproval(carePlan, override);
    if (findings instanceof Failure) return findings;
    const owner = parameters.reference('owner') ?? (await generalPractitioner(carePlan, view));
    if (owner === undefined) {
      return new Failure(
        'unprocessable',
        'The patient has no general practitioner; say in the parameter owner who shall approve.',
        { expression: 'Patient.generalPractitioner' },
      );
    }
    return submitForApproval({
      carePlan,
      owner,
      requester: facts.by,
      earlier: await openTasks(carePlan, view),
      note: parameters.text('note'),
      findings,
      override,
      due: facts.now + context.services.approvalDays * 86_400_000,
      now: facts.now,
      ids: facts.ids,
    });
  },
});

/** The patient's GP, or the responsible hospital doctor, approves exactly the version that was submitted. */
export const approvePlan = answerOperation('approve', (facts) => approve(facts));

/** The plan goes back to its author, with a reason. */
export const rejectPlanOperation = answerOperation('reject', (facts, parameters) =>
  rejectPlan({ ...facts, reason: parameters.text('reason') ?? '' }),
);

function answerOperation(
  name: string,
  decide: (facts: ApprovalFacts, parameters: OperationParameters) => Change[] | Failure,
): Operation {
  return moduleOperation({
    type,
    name,
    given: (_parameters, request, { principal }) => ({ approver: approverOf(principal), ifMatch: ifMatch(request) }),
    decide: async ({ resource: carePlan, view, parameters, given, facts: { now, ids } }) => {
      const refused = notAPlan(carePlan);
      if (refused !== undefined) return refused;
      const [task] = await openTasks(carePlan, view);
      if (task === undefined)
        return new Failure(
          'conflict',
          'The plan has not been submitted, or has been answered already: use CarePlan/$submit-for-approval.',
          { expression: 'CarePlan' },
        );
      const facts = await planFacts(carePlan, view);
      if (facts instanceof Failure) return facts;
      const responsible = parameters.text('responsible');
      const nextReview = parameters.date('nextReview');
      return decide(
        {
          carePlan,
          task,
          ...given,
          ...facts,
          ...(responsible === 'sykehus' || responsible === 'fastlege' ? { responsible } : {}),
          ...(nextReview === undefined ? {} : { nextReview }),
          interim: parameters.one('interim') === true || parameters.one('interim') === 'true',
          note: parameters.text('note'),
          now,
          ids,
        },
        parameters,
      );
    },
  });
}
