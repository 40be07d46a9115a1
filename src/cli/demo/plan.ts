import type { Resource } from '../../fhir/resource.js';
import type { MsgHead } from '../../mapping/plo/envelope.js';
import { approvalCode } from '../../mapping/outbound/approval-code.js';
import { dialogueText } from '../../mapping/plo/readable-text.js';
import { equipmentStates, equipmentStateUrl } from '../../followup/equipment/equipment-state.js';
import { system } from '../../followup/vocabulary/systems.js';
import { demoIds } from '../../system/demo-directory.js';
import { claim, present } from './expected.js';
import type { Accepted } from './refer.js';
import type { Stage } from './stage.js';

export interface Equipped {
  readonly serial: string;
  readonly device: Resource;
}

/** A pulse oximeter of the stock is lent to the patient by its serial number, and the service begins. */
export async function equip(
  { municipality, patient: person, newId, tell }: Stage,
  { patient, episode }: Accepted,
): Promise<Equipped> {
  const gp = { reference: `PractitionerRole/${demoIds.gpRole}`, display: 'Kari Testlege' };
  await municipality.update({ ...patient, generalPractitioner: [gp] });
  const serial = `OX-${newId().replaceAll('-', '').slice(-8).toUpperCase()}`;
  await municipality.create({
    resourceType: 'Device',
    extension: [
      {
        url: equipmentStateUrl,
        valueCoding: { system: system.equipmentState, code: 'stock', display: equipmentStates.stock },
      },
    ],
    status: 'active',
    serialNumber: serial,
    deviceName: [{ name: 'Pulsoksymeter', type: 'user-friendly-name' }],
  });
  const device = await municipality.call(
    { type: 'Device', name: 'assign' },
    { serialNumber: serial, patient: { reference: `Patient/${patient.id}` } },
  );
  const holder = (device['patient'] as { reference?: string } | undefined)?.reference;
  claim(holder === `Patient/${patient.id}`, 'Utstyret skal stå på pasienten etter utlån.');
  const twice = await municipality.refusal((nurse) =>
    nurse.call(
      { type: 'Device', name: 'assign' },
      { serialNumber: serial, patient: { reference: `Patient/${patient.id}` } },
    ),
  );
  claim(
    twice === 409,
    `Utstyr som er hos en pasient, skal ikke kunne lånes ut igjen (409), men svaret var ${twice ?? 'ja'}.`,
  );
  await municipality.call({ type: 'EpisodeOfCare', id: episode.id!, name: 'start' });
  tell(
    `${municipality.name} låner ut pulsoksymeter ${serial} til ${person.given}, fastlegen er Kari Testlege, og tjenesten starter.`,
  );
  return { serial, device };
}

export interface Planned {
  readonly plan: Resource;
  readonly message: MsgHead;
  readonly code: string;
}

/** KOLS template → draft → submitted: the GP gets the plan as a message with a PDF → approved by the GP over FHIR. */
export async function plan(stage: Stage, { patient }: Accepted): Promise<Planned> {
  const { municipality, outgoing, tell } = stage;
  const draft = await municipality.call(
    { type: 'PlanDefinition', id: 'kols', name: 'apply' },
    { subject: { reference: `Patient/${patient.id}` } },
  );
  claim(draft['status'] === 'draft', `Planen fra malen skal være et utkast, men er ${String(draft['status'])}.`);
  const task = await municipality.call({ type: 'CarePlan', id: draft.id!, name: 'submit-for-approval' });
  const hash = present(
    (task['input'] as { valueString?: string }[] | undefined)?.[0]?.valueString,
    'Avtrykket av planens innhold',
  );
  const code = approvalCode(hash);
  const message = await outgoing(
    'Planen til fastlegen',
    (head) => head.type.code === 'DIALOG_HELSEFAGLIG' && (dialogueText(head.content)?.text ?? '').includes(code),
  );
  const pdf = message.attachments.find((attachment) => attachment.mimeType === 'application/pdf');
  claim(
    Buffer.from(pdf?.base64 ?? '', 'base64')
      .subarray(0, 5)
      .toString() === '%PDF-',
    'Planen skal ligge ved som PDF.',
  );
  tell(
    `KOLS-malen gir et utkast (${rulesIn(draft)} regler). Fastlegen får det som DIALOG_HELSEFAGLIG med PDF og koden «GODKJENT ${code}».`,
  );
  const nurse = await municipality.refusal((one) =>
    one.call({ type: 'CarePlan', id: draft.id!, name: 'approve' }, {}, '1'),
  );
  claim(nurse === 403, `Bare legen skal kunne godkjenne; sykepleieren skal få 403, men fikk ${nurse ?? 'ja'}.`);
  return { plan: await approvedBy(stage, draft), message, code };
}

const rulesIn = (draft: Resource): number =>
  (JSON.stringify(draft).match(/StructureDefinition\/dho-rule"/g) ?? []).length;

async function approvedBy({ gp, tell }: Stage, draft: Resource): Promise<Resource> {
  const waiting = await gp.search('Task', {
    focus: `CarePlan/${draft.id}`,
    code: 'http://hl7.org/fhir/CodeSystem/task-code|approve',
    status: 'requested',
  });
  claim(waiting.length === 1, `Fastlegen skal ha én plan til godkjenning, men har ${waiting.length}.`);
  const seen = await gp.read('CarePlan', draft.id!);
  const approved = await gp.call(
    { type: 'CarePlan', id: draft.id!, name: 'approve' },
    {},
    present(seen.meta?.versionId, 'Versjonen av planen'),
  );
  claim(
    approved['status'] === 'active',
    `Den godkjente planen skal gjelde (active), men er ${String(approved['status'])}.`,
  );
  tell(
    `Sykepleieren kan ikke godkjenne (403). Kari Testlege leser versjon ${seen.meta?.versionId} og godkjenner den: planen gjelder fra nå.`,
  );
  return approved;
}
