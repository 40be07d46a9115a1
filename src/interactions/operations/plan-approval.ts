// CarePlan/$submit-for-approval, $approve, $reject: profiles/operations/CarePlan-*.json
import type { Change } from '../../fhir/change.js';
import type { Resource } from '../../fhir/resource.js';
import { isPlan } from '../../followup/managed/guard-managed.js';
import { inForce } from '../../followup/managed/protected-elements.js';
import { approve, type ApprovalFacts, rejectPlan, submitForApproval } from '../../followup/plan/approval.js';
import { Failure } from '../../kernel/failure.js';
import type { View } from '../commit-types.js';
import { type Operation, OperationParameters } from '../operation.js';
import type { Context, FhirRequest } from '../request.js';
import { ifMatch } from '../respond.js';
import { callerReference, demandRole, keyIn, runOperation } from './run-operation.js';

const common = { type: 'CarePlan', level: 'instance', affectsState: true, amountsTo: 'update', followUp: true } as const;
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
        const owner = parameters.reference('owner') ?? (await generalPractitioner(carePlan, view));
        if (owner === undefined) {
          return new Failure('unprocessable', 'The patient has no general practitioner; say in the parameter owner who shall approve.', { expression: 'Patient.generalPractitioner' });
        }
        const earlier = await openTasks(carePlan, view);
        return submitForApproval({ carePlan, owner, requester: callerReference(principal), earlier, note: parameters.text('note'), now: view.now, ids: services.ids });
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
  handle: (request, context) => answerPlan(request, context, (facts, parameters) => rejectPlan({ ...facts, reason: parameters.text('reason') ?? '' })),
};

async function answerPlan(request: FhirRequest, context: Context, decide: (facts: ApprovalFacts, parameters: OperationParameters) => Change[] | Failure) {
  const { principal, services } = context;
  const { role, hpr, organisation, name } = principal;
  demandRole(principal, ['gp', 'hospital'], 'Only the patient’s GP (fastlege) or the responsible hospital doctor answers a plan.');
  if (hpr === undefined || organisation === undefined) throw new Failure('forbidden', 'An answer to a plan needs the HPR number and the organisation of the one who gives it.');
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
      if (task === undefined) return new Failure('conflict', 'The plan has not been submitted, or has been answered already: use CarePlan/$submit-for-approval.', { expression: 'CarePlan' });
      const patient = await patientOf(carePlan, view);
      if (patient === undefined) return new Failure('unprocessable', 'The plan names no Patient of this server.', { expression: 'CarePlan.subject' });
      const responsible = parameters.text('responsible');
      const nextReview = parameters.date('nextReview');
      return decide(
        {
          carePlan,
          task,
          approver: { hpr, organisation, role: role as 'gp' | 'hospital', name },
          ifMatch: version,
          patient,
          resolved: await practitionersOf(patient, carePlan, view),
          hospitalDoctors: await hospitalDoctors(carePlan, view),
          ...(await plansInForce(carePlan, view)),
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

function notAPlan(resource: Resource): Failure | undefined {
  if (isPlan(resource)) return undefined;
  return new Failure('unprocessable', 'This CarePlan is not a self-management plan (category VKP 2).', { expression: 'CarePlan.category' });
}

const openTasks = (carePlan: Resource, view: View): Promise<readonly Resource[]> =>
  view.search('Task', `focus=CarePlan/${carePlan.id}&code=http://hl7.org/fhir/CodeSystem/task-code|approve&status=requested,received,accepted,in-progress,on-hold&_sort=-_lastUpdated`);

async function patientOf(carePlan: Resource, view: View): Promise<Resource | undefined> {
  const key = keyIn(carePlan['subject']);
  if (key?.type === 'Patient') return view.read(key);
  const identifier = (carePlan['subject'] as { identifier?: { system?: string; value?: string } } | undefined)?.identifier;
  if (identifier?.system === undefined || identifier.value === undefined) return undefined;
  return (await view.patients({ system: identifier.system, value: identifier.value }))[0];
}

async function generalPractitioner(carePlan: Resource, view: View): Promise<object | undefined> {
  const patient = await patientOf(carePlan, view);
  return (patient?.['generalPractitioner'] as object[] | undefined)?.[0];
}

/** What the patient's generalPractitioner and the plan's author point at, and what those point at. */
async function practitionersOf(patient: Resource, carePlan: Resource, view: View): Promise<readonly Resource[]> {
  const found: Resource[] = [];
  const visit = async (reference: unknown): Promise<void> => {
    const key = keyIn(reference);
    const resource = key === undefined ? undefined : await view.read(key);
    if (resource === undefined || found.some((one) => one.id === resource.id && one.resourceType === resource.resourceType)) return;
    found.push(resource);
    if (resource.resourceType === 'PractitionerRole') {
      await visit(resource['practitioner']);
      await visit(resource['organization']);
    }
  };
  for (const reference of [...((patient['generalPractitioner'] as unknown[] | undefined) ?? []), carePlan['author']]) await visit(reference);
  return found;
}

/** HPR numbers of the doctors who answer for the patient at the hospital: whoever made a referral that was accepted. */
async function hospitalDoctors(carePlan: Resource, view: View): Promise<readonly string[]> {
  const key = keyIn(carePlan['subject']);
  if (key === undefined) return [];
  const accepted = await view.search('Task', `patient=Patient/${key.id}&code=http://hl7.org/fhir/CodeSystem/task-code|fulfill&status=accepted,completed`);
  const numbers: string[] = [];
  for (const task of accepted) {
    const referral = keyIn(task['focus']);
    const requester = referral === undefined ? undefined : (await view.read(referral))?.['requester'];
    const literal = keyIn(requester);
    const holder = literal === undefined ? requester : await view.read(literal);
    for (const identifier of identifiersIn(holder)) if (identifier.system === 'urn:oid:2.16.578.1.12.4.1.4.4' && identifier.value !== undefined) numbers.push(identifier.value);
  }
  return numbers;
}

function identifiersIn(holder: unknown): readonly { system?: string; value?: string }[] {
  const identifier = (holder as { identifier?: unknown } | undefined)?.identifier;
  return (Array.isArray(identifier) ? identifier : identifier === undefined ? [] : [identifier]) as { system?: string; value?: string }[];
}

async function plansInForce(carePlan: Resource, view: View): Promise<{ replaced?: Resource; otherInForce: readonly Resource[] }> {
  const key = keyIn(carePlan['subject']);
  const active = key === undefined ? [] : await view.search('CarePlan', `subject=Patient/${key.id}&status=active`);
  const plans = active.filter((plan) => isPlan(plan) && inForce(plan));
  const named = ((carePlan['replaces'] as unknown[] | undefined) ?? []).map((reference) => keyIn(reference)?.id);
  const replaced = plans.find((plan) => named.includes(plan.id));
  return { ...(replaced === undefined ? {} : { replaced }), otherInForce: plans };
}
