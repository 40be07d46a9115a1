// The plan that was submitted for approval, to the GP: DIALOG_HELSEFAGLIG with the plan as PDF.
import { identifierSystems } from '../../fhir/national-identifiers.js';
import type { Resource } from '../../fhir/resource.js';
import { contentHash } from '../../followup/plan/content-hash.js';
import { planSections } from '../../followup/plan/plan-text.js';
import { identifierIn, many, targetOf, type Reference } from '../../followup/vocabulary/element.js';
import type { View } from '../../interactions/commit-types.js';
import { approvalCode } from '../../mapping/outbound/approval-code.js';
import type { BuiltMessage } from '../../mapping/outbound/built-message.js';
import { outboundPatient, partyOf } from '../../mapping/outbound/fhir-parties.js';
import { buildPlanToGp } from '../../mapping/outbound/plan-to-gp.js';
import { partyName, type Party } from '../../mapping/plo/party.js';
import { findOne } from '../message/directory.js';
import { contactOf, practitionerOf } from './contact.js';
import type { OutgoingParts } from './outgoing-parts.js';
import { stableId } from './stable-id.js';
import { writeMessage } from './write-message.js';

interface Payload {
  readonly task: string;
  readonly version: string;
}

/** Handler of the job `message-plan-to-gp`. A GP without an address for messages gets the plan over FHIR alone. */
export const sendPlanToGp =
  (parts: OutgoingParts) =>
  async (payload: unknown): Promise<void> => {
    const { task: id, version } = payload as Payload;
    let subject: Reference | undefined;
    const build = async (view: View): Promise<BuiltMessage | undefined> => {
      const task = await view.read({ type: 'Task', id });
      const plan = await readTarget(task?.focus, view);
      const patient = await readTarget(plan?.subject, view);
      if (task?.status !== 'requested' || plan === undefined || patient === undefined) return undefined;
      // Changed since it was submitted: the new version is sent when that is submitted.
      if (submittedHash(task) !== contentHash(plan)) return undefined;
      subject = { reference: `Patient/${patient.id}` };
      const receiver = await addressOfGp(task.owner as Reference | undefined, patient, view);
      const sender = await ownAddress(parts.senderHerId, view);
      if (receiver === undefined || sender === undefined) return undefined;
      const link = parts.planLink?.(plan.id ?? '');
      return buildPlanToGp({
        plan: { title: titleOf(plan), patient: patientLine(patient), sections: planSections(plan) },
        approvalCode: approvalCode(contentHash(plan)),
        ...(link === undefined ? {} : { link }),
        sender,
        receiver,
        patient: outboundPatient(patient),
        contact: await contactOf(task.requester as Reference | undefined, partyName(sender), view),
        id: stableId('plan to GP', id, version),
        at: view.now,
      });
    };
    await writeMessage({ action: 'message plan to GP', build, patient: () => subject }, parts);
  };

const titleOf = (plan: Resource): string => (typeof plan.title === 'string' ? plan.title : 'Egenbehandlingsplan');

/** Hash of the content that was submitted, as the Task carries it. */
const submittedHash = (task: Resource): string | undefined =>
  many<{ readonly valueString?: string }>(task.input).find(({ valueString }) => valueString?.startsWith('sha256:'))
    ?.valueString;

async function readTarget(reference: unknown, view: View): Promise<Resource | undefined> {
  const key = targetOf(reference as Reference | undefined);
  return key === undefined ? undefined : view.read(key);
}

const hasHerId = (resource: Resource | undefined): resource is Resource =>
  identifierIn(resource, identifierSystems.herId) !== undefined;

/** The GP's office and, where it has a HER-id of its own, the GP: from the owner of the Task and the patient's GP references. */
async function addressOfGp(owner: Reference | undefined, patient: Resource, view: View): Promise<Party | undefined> {
  const references = [owner, ...many<Reference>(patient.generalPractitioner)];
  let office: Resource | undefined;
  for (const reference of references) office ??= await officeOf(reference, view);
  if (office === undefined) return undefined;
  const practitioner = await practitionerOf(owner, view);
  return partyOf(office, hasHerId(practitioner) ? { practitioner } : {});
}

async function officeOf(reference: Reference | undefined, view: View): Promise<Resource | undefined> {
  const target = await readTarget(reference, view);
  if (target?.resourceType === 'Organization') return hasHerId(target) ? target : undefined;
  if (target?.resourceType === 'PractitionerRole') return officeOf(target.organization as Reference | undefined, view);
  const practitioner = await practitionerOf(reference, view);
  if (practitioner === undefined) return undefined;
  const roles = await view.search('PractitionerRole', `practitioner=Practitioner/${practitioner.id}`);
  for (const role of roles) {
    const office = await officeOf(role.organization as Reference | undefined, view);
    if (office !== undefined) return office;
  }
  return undefined;
}

/** The service that sends, below its legal entity. */
async function ownAddress(herId: string, view: View): Promise<Party | undefined> {
  for (const [type, parent] of [
    ['HealthcareService', 'providedBy'],
    ['Organization', 'partOf'],
  ] as const) {
    const unit = await findOne(view, type, { system: identifierSystems.herId, value: herId });
    if (unit === undefined) continue;
    const organisation = await readTarget(unit[parent], view);
    return hasHerId(organisation) ? partyOf(organisation, { unit }) : partyOf(unit);
  }
  return undefined;
}

function patientLine(patient: Resource): string {
  const [name] = many<{ readonly family?: string; readonly given?: readonly string[] }>(patient.name);
  const born =
    typeof patient.birthDate === 'string' ? `, født ${patient.birthDate.split('-').toReversed().join('.')}` : '';
  return `${[...(name?.given ?? []), name?.family ?? ''].join(' ').trim()}${born}`;
}
