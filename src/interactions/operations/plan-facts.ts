import type { Resource } from '../../fhir/resource.js';
import { isPlan } from '../../followup/managed/guard-managed.js';
import { inForce } from '../../followup/managed/protected-elements.js';
import type { TaskCode } from '../../followup/vocabulary/codes.js';
import { system } from '../../followup/vocabulary/systems.js';
import { Failure } from '../../kernel/failure.js';
import type { View } from '../commit-types.js';
import { keyIn } from './run-operation.js';

/** What an answer to a plan depends on, beside the plan and its Task. */
export interface PlanFacts {
  readonly patient: Resource;
  /** What the patient's generalPractitioner and the plan's author point at. */
  readonly resolved: readonly Resource[];
  /** HPR numbers of the doctors who answer for the patient at the hospital. */
  readonly hospitalDoctors: readonly string[];
  /** The plan in force that the draft replaces. */
  readonly replaced?: Resource;
  readonly otherInForce: readonly Resource[];
}

/** Self-management plans alone come into force. */
export function notAPlan(resource: Resource): Failure | undefined {
  if (isPlan(resource)) return undefined;
  return new Failure('unprocessable', 'This CarePlan is not a self-management plan (category VKP 2).', {
    expression: 'CarePlan.category',
  });
}

/** Gathers the facts under the patient's lock; also for an answer that comes as a message. */
export async function planFacts(carePlan: Resource, view: View): Promise<PlanFacts | Failure> {
  const patient = await patientOf(carePlan, view);
  if (patient === undefined)
    return new Failure('unprocessable', 'The plan names no Patient of this server.', {
      expression: 'CarePlan.subject',
    });
  return {
    patient,
    resolved: await practitionersOf(patient, carePlan, view),
    hospitalDoctors: await hospitalDoctors(carePlan, view),
    ...(await plansInForce(carePlan, view)),
  };
}

/** Open Tasks `approve`, the newest first. */
export const openTasks = (carePlan: Resource, view: View): Promise<readonly Resource[]> =>
  view.search(
    'Task',
    `focus=CarePlan/${carePlan.id}&code=${system.r4TaskCode}|approve&status=requested,received,accepted,in-progress,on-hold&_sort=-_lastUpdated`,
  );

/** Open Tasks `approve` about any plan of the patient. */
export const openApprovals = (patient: string, view: View): Promise<readonly Resource[]> =>
  view.search(
    'Task',
    `patient=Patient/${patient}&code=${system.r4TaskCode}|approve&status=requested,received,accepted,in-progress,on-hold`,
  );

/** Open worklist entries of the module about the plan. */
export const openEntries = (carePlan: Resource, code: TaskCode, view: View): Promise<readonly Resource[]> =>
  view.search(
    'Task',
    `focus=CarePlan/${carePlan.id}&code=${system.taskCode}|${code}&status=requested,received,accepted,in-progress,on-hold`,
  );

async function patientOf(carePlan: Resource, view: View): Promise<Resource | undefined> {
  const key = keyIn(carePlan['subject']);
  if (key?.type === 'Patient') return view.read(key);
  const identifier = (carePlan['subject'] as { identifier?: { system?: string; value?: string } } | undefined)
    ?.identifier;
  if (identifier?.system === undefined || identifier.value === undefined) return undefined;
  return (await view.patients({ system: identifier.system, value: identifier.value }))[0];
}

export async function generalPractitioner(carePlan: Resource, view: View): Promise<object | undefined> {
  const patient = await patientOf(carePlan, view);
  return (patient?.['generalPractitioner'] as object[] | undefined)?.[0];
}

/** What the patient's generalPractitioner and the plan's author point at, and what those point at. */
async function practitionersOf(patient: Resource, carePlan: Resource, view: View): Promise<readonly Resource[]> {
  const found: Resource[] = [];
  const visit = async (reference: unknown): Promise<void> => {
    const key = keyIn(reference);
    const resource = key === undefined ? undefined : await view.glance(key);
    if (
      resource === undefined ||
      found.some((one) => one.id === resource.id && one.resourceType === resource.resourceType)
    )
      return;
    found.push(resource);
    if (resource.resourceType === 'PractitionerRole') {
      await visit(resource['practitioner']);
      await visit(resource['organization']);
    }
  };
  for (const reference of [...((patient['generalPractitioner'] as unknown[] | undefined) ?? []), carePlan['author']])
    await visit(reference);
  return found;
}

/** HPR numbers of the doctors who answer for the patient at the hospital: whoever made a referral that was accepted. */
async function hospitalDoctors(carePlan: Resource, view: View): Promise<readonly string[]> {
  const key = keyIn(carePlan['subject']);
  if (key === undefined) return [];
  const accepted = await view.search(
    'Task',
    `patient=Patient/${key.id}&code=${system.r4TaskCode}|fulfill&status=accepted,completed`,
  );
  const numbers: string[] = [];
  for (const task of accepted) {
    const referral = keyIn(task['focus']);
    const requester = referral === undefined ? undefined : (await view.read(referral))?.['requester'];
    const literal = keyIn(requester);
    const holder = literal === undefined ? requester : await view.glance(literal);
    for (const identifier of identifiersIn(holder))
      if (identifier.system === 'urn:oid:2.16.578.1.12.4.1.4.4' && identifier.value !== undefined)
        numbers.push(identifier.value);
  }
  return numbers;
}

function identifiersIn(holder: unknown): readonly { system?: string; value?: string }[] {
  const identifier = (holder as { identifier?: unknown } | undefined)?.identifier;
  return (Array.isArray(identifier) ? identifier : identifier === undefined ? [] : [identifier]) as {
    system?: string;
    value?: string;
  }[];
}

async function plansInForce(
  carePlan: Resource,
  view: View,
): Promise<{ replaced?: Resource; otherInForce: readonly Resource[] }> {
  const key = keyIn(carePlan['subject']);
  const active = key === undefined ? [] : await view.search('CarePlan', `subject=Patient/${key.id}&status=active`);
  const plans = active.filter((plan) => isPlan(plan) && inForce(plan));
  const named = ((carePlan['replaces'] as unknown[] | undefined) ?? []).map((reference) => keyIn(reference)?.id);
  const replaced = plans.find((plan) => named.includes(plan.id));
  return { ...(replaced === undefined ? {} : { replaced }), otherInForce: plans };
}
