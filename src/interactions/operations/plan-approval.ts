// CarePlan/$submit-for-approval, $approve, $reject: profiles/operations/CarePlan-*.json
import type { Change } from '../../fhir/change.js';
import { beforeApproval } from '../../followup/lint/before-approval.js';
import { approve, type ApprovalFacts, rejectPlan, submitForApproval } from '../../followup/plan/approval.js';
import { Failure } from '../../kernel/failure.js';
import { type Operation, OperationParameters } from '../operation.js';
import type { Context, FhirRequest } from '../request.js';
import { ifMatch } from '../respond.js';
import { approverOf } from './plan-approver.js';
import { generalPractitioner, notAPlan, openTasks, planFacts } from './plan-facts.js';
import { callerReference, demandRole, runOperation } from './run-operation.js';

const common = {
  type: 'CarePlan',
  level: 'instance',
  affectsState: true,
  amountsTo: 'update',
  followUp: true,
} as const;
const definition = (name: string): string => `http://hjemmebro.no/fhir/OperationDefinition/CarePlan-${name}`;

/** The draft, as it is now, goes to the one who shall approve it: the patient's GP unless `owner` says otherwise. */
export const submit: Operation = {
  ...common,
  name: 'submit-for-approval',
  definition: definition('submit-for-approval'),
  async handle(request, context) {
    demandRole(context.principal, ['municipality', 'hospital', 'gp', 'admin'], 'This client does not submit plans.');
    const parameters = new OperationParameters(request);
    const { principal, services } = context;
    return runOperation({
      request,
      context,
      name: '$submit-for-approval',
      key: { type: 'CarePlan', id: request.segments[1]! },
      decide: async (carePlan, view) => {
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
        const earlier = await openTasks(carePlan, view);
        return submitForApproval({
          carePlan,
          owner,
          requester: callerReference(principal),
          earlier,
          note: parameters.text('note'),
          findings,
          override,
          due: view.now + services.approvalDays * 86_400_000,
          now: view.now,
          ids: services.ids,
        });
      },
    });
  },
};

/** The patient's GP, or the responsible hospital doctor, approves exactly the version that was submitted. */
export const approvePlan: Operation = {
  ...common,
  name: 'approve',
  definition: definition('approve'),
  handle: (request, context) => answerPlan(request, context, (facts) => approve(facts)),
};

/** The plan goes back to its author, with a reason. */
export const rejectPlanOperation: Operation = {
  ...common,
  name: 'reject',
  definition: definition('reject'),
  handle: (request, context) =>
    answerPlan(request, context, (facts, parameters) =>
      rejectPlan({ ...facts, reason: parameters.text('reason') ?? '' }),
    ),
};

async function answerPlan(
  request: FhirRequest,
  context: Context,
  decide: (facts: ApprovalFacts, parameters: OperationParameters) => Change[] | Failure,
) {
  const { principal, services } = context;
  const approver = approverOf(principal);
  const parameters = new OperationParameters(request);
  const version = ifMatch(request);
  return runOperation({
    request,
    context,
    name: `$${request.segments[2]!.slice(1)}`,
    key: { type: 'CarePlan', id: request.segments[1]! },
    decide: async (carePlan, view) => {
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
          approver,
          ifMatch: version,
          ...facts,
          ...(responsible === 'sykehus' || responsible === 'fastlege' ? { responsible } : {}),
          ...(nextReview === undefined ? {} : { nextReview }),
          interim: parameters.one('interim') === true || parameters.one('interim') === 'true',
          note: parameters.text('note'),
          now: view.now,
          ids: services.ids,
        },
        parameters,
      );
    },
  });
}
