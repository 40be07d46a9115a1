import { readFileSync } from 'node:fs';
import { ploReceiver } from '../../src/bridge/receive-message.js';
import { askReferrer } from '../../src/bridge/send/ask-referrer.js';
import { answerReferral } from '../../src/bridge/send/answer-referral.js';
import type { OutgoingParts } from '../../src/bridge/send/outgoing-parts.js';
import { sendAdmissionReport } from '../../src/bridge/send/admission-report.js';
import { sendHealthInformation } from '../../src/bridge/send/health-information.js';
import { sendLimitsQuestion } from '../../src/bridge/send/limits-question.js';
import { sendPlanToGp } from '../../src/bridge/send/plan-to-gp.js';
import { sendServiceNotice } from '../../src/bridge/send/service-notice.js';
import type { Resource } from '../../src/fhir/resource.js';
import { askBack } from '../../src/followup/referral/ask-back.js';
import { acceptReferral, rejectReferral } from '../../src/followup/referral/decide-referral.js';
import { pauseExtension } from '../../src/followup/episode/pause-element.js';
import { carePlanFromRuleSet } from '../../src/followup/plan/care-plan-from-rule-set.js';
import { contentHash } from '../../src/followup/plan/content-hash.js';
import { parseRuleSet } from '../../src/followup/ruleset/parse-rule-set.js';
import { approvalCode } from '../../src/mapping/outbound/approval-code.js';
import { dialogueNote } from '../../src/mapping/outbound/dialogue-note.js';
import { patientOf } from '../../src/mapping/outbound/referral-answer.js';
import { writeMsgHead } from '../../src/mapping/outbound/write-msg-head.js';
import { readMsgHead } from '../../src/mapping/plo/msg-head.js';
import { dialogueText } from '../../src/mapping/plo/readable-text.js';
import { treeFault } from '../../src/mapping/tree/check-tree.js';
import { readXml } from '../../src/mapping/xml/read-xml.js';
import { openStage, outgoingOf, type Stage } from './bridge-stage.js';

const her = 'urn:oid:2.16.578.1.12.4.1.2';
const hpr = 'urn:oid:2.16.578.1.12.4.1.4.4';
let stage: Stage;
let outgoing: OutgoingParts;
beforeEach(async () => {
  stage = await openStage();
  outgoing = outgoingOf(stage);
});
afterEach(() => stage.close());

async function sent() {
  const rows = await stage.parts.messages.list({ direction: 'out', limit: 10 });
  return Promise.all(
    rows.map(async (row) => ({ row, head: readMsgHead(readXml((await stage.parts.messages.raw(row.id))!)) })),
  );
}

/** The municipality answers the referral that has come. */
async function decide(answer: 'accepted' | 'rejected'): Promise<{ task: string; version: string }> {
  const [referral] = await stage.all('ServiceRequest');
  const task = (await stage.all('Task')).find(({ status }) => status === 'received')!;
  const by = { type: 'Practitioner', identifier: { system: hpr, value: '999000101' }, display: 'Siri Testsykepleier' };
  const facts = {
    referral: referral!,
    task,
    by,
    centre: { reference: 'Organization/310000019' },
    note: 'Oppstart mandag.',
    now: Date.now(),
    ids: stage.parts.ids,
  };
  const changes =
    answer === 'accepted'
      ? acceptReferral(facts)
      : rejectReferral({ ...facts, reason: 'Pasienten bor i en annen kommune.' });
  if (changes instanceof Error) throw changes;
  await stage.parts.commit({ action: 'test', decide: () => changes }, outgoing.by, 'test');
  return { task: task.id!, version: '2' };
}

const cases: readonly [file: string, answer: 'accepted' | 'rejected', type: string, text: string][] = [
  ['henvisning-nytilstand.xml', 'accepted', 'DIALOG_STATUS_HENVISNING', 'Oppstart mandag.'],
  ['henvisning-nytilstand.xml', 'rejected', 'DIALOG_STATUS_HENVISNING', 'Pasienten bor i en annen kommune.'],
  ['dialog-foresporsel.xml', 'accepted', 'DIALOG_SVAR', 'Oppstart mandag.'],
];
test.each(cases)(
  '%s that is %s is answered with %s in its conversation, once, however often the job is done',
  async (file, answer, type, text) => {
    const message = readFileSync(`test/fixtures/messages/${file}`);
    await ploReceiver(stage.parts)(message, { ...stage.hospital, carries: '*' }, 'http');
    const payload = await decide(answer);
    const job = answerReferral(outgoing);
    await job(payload);
    await job(payload);
    const [one, ...others] = await sent();
    expect(others).toEqual([]);
    const original = readMsgHead(readXml(message));
    expect([one!.row.state, one!.head.type.code, one!.head.conversation?.conversation]).toEqual([
      'queued',
      type,
      original.id,
    ]);
    expect(dialogueText(one!.head.content)?.text).toContain(text);
    const communications = await stage.all('Communication');
    expect(communications.map(({ status }) => status)).toEqual(['completed', 'in-progress']);
  },
);

test('the referrer is asked in the conversation of the referral, once; the answer by message lets its Task go on', async () => {
  const message = readFileSync('test/fixtures/messages/henvisning-nytilstand.xml');
  const receive = ploReceiver(stage.parts);
  const carrier = { ...stage.hospital, carries: '*' } as const;
  await receive(message, carrier, 'http');
  const task = (await stage.all('Task')).find(({ status }) => status === 'received')!;
  const changes = askBack({
    referral: (await stage.all('ServiceRequest'))[0]!,
    task,
    question: 'Bruker pasienten oksygen?',
    by: { type: 'Practitioner', identifier: { system: hpr, value: '999000101' }, display: 'Siri Testsykepleier' },
    now: Date.now(),
    ids: stage.parts.ids,
  });
  if (changes instanceof Error) throw changes;
  await stage.parts.commit({ action: 'test', decide: () => changes }, outgoing.by, 'test');
  const job = askReferrer(outgoing);
  await job({ task: task.id!, version: '2' });
  await job({ task: task.id!, version: '2' });
  const [question, ...others] = await sent();
  expect(others).toEqual([]);
  const referral = readMsgHead(readXml(message));
  expect(question!.head.type.code).toBe('DIALOG_HELSEFAGLIG');
  expect(question!.head.conversation).toMatchObject({ parent: referral.id, conversation: referral.id });
  expect(dialogueText(question!.head.content)?.text).toContain('Bruker pasienten oksygen?');

  const reply = (parent: string, id: string): Buffer =>
    Buffer.from(
      writeMsgHead(
        {
          type: 'DIALOG_HELSEFAGLIG',
          id,
          at: Date.now(),
          conversation: { parent, conversation: referral.id },
          sender: referral.sender,
          receiver: referral.receiver,
          patient: patientOf(referral),
        },
        dialogueNote({
          version: '1.1',
          topicCode: { list: '7322', code: '6', display: 'Henvendelse om pasient' },
          text: 'Ja, to liter.',
          contact: { name: 'Kari Testlege', idents: [{ type: 'HPR', id: '999000102' }], profession: 'LE' },
        }),
      ),
    );
  const taskNow = async () => (await stage.all('Task')).find(({ id }) => id === task.id)!;
  await receive(reply(referral.id, '0f0e0d0c-0000-4000-8000-000000000001'), carrier, 'http');
  expect((await taskNow()).status).toBe('on-hold');
  await receive(reply(question!.row.id, '0f0e0d0c-0000-4000-8000-000000000002'), carrier, 'http');
  expect(await taskNow()).toMatchObject({
    status: 'received',
    note: [{ text: 'Bruker pasienten oksygen?' }, { text: 'Ja, to liter.' }],
  });
});

test('a referral that came over FHIR is not answered by message', async () => {
  await stage.put(
    { resourceType: 'Patient', id: 'p', active: true },
    { resourceType: 'ServiceRequest', id: 'r', status: 'active', intent: 'order', subject: { reference: 'Patient/p' } },
    { resourceType: 'Task', id: 't', status: 'accepted', intent: 'order', focus: { reference: 'ServiceRequest/r' } },
  );
  await answerReferral(outgoing)({ task: 't', version: '1' });
  expect(await sent()).toEqual([]);
});

describe('a plan that is submitted', () => {
  const plan: Resource = carePlanFromRuleSet(
    parseRuleSet({
      ruleSetVersion: '1',
      timezone: 'Europe/Oslo',
      measures: {},
      rules: [],
      schedules: [],
      escalations: [],
      ebp: { red: { action: 'Ring 113' } },
    }),
    { id: 'plan', subject: { reference: 'Patient/p' }, title: 'Egenbehandlingsplan kols' },
  );
  const task: Resource = {
    resourceType: 'Task',
    id: 'approve',
    status: 'requested',
    intent: 'order',
    focus: { reference: 'CarePlan/plan/_history/1' },
    input: [{ type: { text: 'content-hash' }, valueString: contentHash(plan) }],
    owner: { reference: 'Practitioner/gp' },
    requester: {
      type: 'Practitioner',
      identifier: { system: hpr, value: '999000101' },
      display: 'Siri Testsykepleier',
    },
  };
  const put = (office: Resource['identifier']) =>
    stage.put(
      {
        resourceType: 'Practitioner',
        id: 'gp',
        identifier: [
          { system: hpr, value: '999000102' },
          { system: her, value: '8990021' },
        ],
        name: [{ family: 'Testlege', given: ['Kari'] }],
      },
      { resourceType: 'Organization', id: 'office', name: 'Fjordheim legesenter', identifier: office },
      {
        resourceType: 'PractitionerRole',
        id: 'role',
        practitioner: { reference: 'Practitioner/gp' },
        organization: { reference: 'Organization/office' },
      },
      {
        resourceType: 'Patient',
        id: 'p',
        active: true,
        identifier: [{ system: 'urn:oid:2.16.578.1.12.4.1.4.1', value: '12834812019' }],
        name: [{ family: 'Prøvepasient', given: ['Ola'] }],
        birthDate: '1948-03-12',
        generalPractitioner: [{ reference: 'Practitioner/gp' }],
      },
      plan,
      task,
    );

  test('goes to the GP at the office’s address, with the code of exactly that content', async () => {
    await put([{ system: her, value: '8990020' }]);
    const job = sendPlanToGp(outgoing);
    await job({ task: 'approve', version: '1' });
    await job({ task: 'approve', version: '1' });
    const [one, ...others] = await sent();
    expect(others).toEqual([]);
    expect([one!.row.sender, one!.row.receiver]).toEqual(['8990002', '8990021']);
    expect(dialogueText(one!.head.content)?.text).toContain(`GODKJENT ${approvalCode(contentHash(plan))}`);
    expect(one!.head.attachments.map(({ mimeType }) => mimeType)).toEqual(['application/pdf']);
    expect(one!.head.patient?.family).toBe('Prøvepasient');
  });

  test('is not sent when its content is another than was submitted', async () => {
    await put([{ system: her, value: '8990020' }]);
    const changed: Resource = { ...plan, title: 'En annen plan', description: 'Endret etter innsending' };
    const decide = () => [{ op: 'update', by: 'module', resource: changed } as const];
    await stage.parts.commit({ action: 'test', decide }, outgoing.by, 'test');
    await sendPlanToGp(outgoing)({ task: 'approve', version: '1' });
    expect(await sent()).toEqual([]);
  });

  test('is not sent where the office has no address for messages', async () => {
    await put([{ system: 'urn:oid:2.16.578.1.12.4.1.4.101', value: '310000035' }]);
    await sendPlanToGp(outgoing)({ task: 'approve', version: '1' });
    expect(await sent()).toEqual([]);
  });
});

describe('what the service tells others by message', () => {
  const fnr = 'urn:oid:2.16.578.1.12.4.1.4.1';
  const patient: Resource = {
    resourceType: 'Patient',
    id: 'p',
    active: true,
    identifier: [{ system: fnr, value: '12834812019' }],
    name: [{ family: 'Prøvepasient', given: ['Ola'] }],
    generalPractitioner: [{ reference: 'Organization/office' }],
  };
  const weight = {
    resourceType: 'Observation',
    id: 'w',
    status: 'final',
    category: [
      { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/observation-category', code: 'vital-signs' }] },
    ],
    code: { text: 'Vekt' },
    subject: { reference: 'Patient/p' },
    effectiveDateTime: new Date(Date.now() - 3600_000).toISOString(),
    valueQuantity: { value: 92.5, unit: 'kg' },
  };
  const episode = (status: string, more: object = {}): Resource => ({
    resourceType: 'EpisodeOfCare',
    id: 'dho',
    status,
    patient: { reference: 'Patient/p' },
    managingOrganization: { reference: 'Organization/8990002' },
    period: { start: '2026-01-10T10:00:00Z' },
    ...more,
  });
  beforeEach(() =>
    stage.put(
      {
        resourceType: 'Organization',
        id: 'office',
        name: 'Fjordheim legesenter',
        identifier: [{ system: her, value: '8990020' }],
      },
      patient,
      weight,
      {
        resourceType: 'MedicationStatement',
        id: 'm',
        status: 'active',
        medicationCodeableConcept: {
          coding: [{ system: 'http://www.whocc.no/atc', code: 'C03CA02', display: 'Bumetanid' }],
          text: 'Burinex',
        },
        subject: { reference: 'Patient/p' },
      },
      {
        resourceType: 'Condition',
        id: 'c',
        clinicalStatus: {
          coding: [{ system: 'http://terminology.hl7.org/CodeSystem/condition-clinical', code: 'active' }],
        },
        code: { coding: [{ system: 'urn:oid:2.16.578.1.12.4.1.1.7110', code: 'I509', display: 'Hjertesvikt' }] },
        subject: { reference: 'Patient/p' },
      },
    ),
  );
  const written = async (): Promise<{ readonly xml: string; readonly to: string | undefined }> => {
    const [one, ...others] = await sent();
    expect(others).toEqual([]);
    const xml = Buffer.from((await stage.parts.messages.raw(one!.row.id))!).toString();
    expect(treeFault(readXml(Buffer.from(xml)), stage.parts.trees)).toBeUndefined();
    return { xml, to: one!.row.receiver };
  };

  test.each<[string, Resource, string]>([
    ['starts', episode('active'), '<po:Startdato>2026-01-10</po:Startdato>'],
    [
      'ends',
      episode('finished', { period: { start: '2026-01-10T10:00:00Z', end: '2026-03-01T10:00:00Z' } }),
      '<po:Sluttdato>2026-03-01</po:Sluttdato>',
    ],
    [
      'pauses',
      episode('onhold', {
        extension: [pauseExtension({ mode: 'all', reason: 'holiday', plannedEnd: '2026-07-20T10:00:00+02:00' })],
      }),
      'satt på pause til 2026-07-20: Ferie.',
    ],
  ])('the GP is told when the service %s', async (_when, resource, text) => {
    await stage.put(resource);
    const job = sendServiceNotice(outgoing);
    await job({ id: 'dho', version: '1' });
    await job({ id: 'dho', version: '1' });
    const { xml, to } = await written();
    expect(to).toBe('8990020');
    expect(xml).toContain('ORIENTERING_TJENESTETILBUD');
    expect(xml).toContain(text);
  });

  test('the hospital gets a report at admission, with measurements, diagnoses, medicines and the service', async () => {
    await stage.put(episode('active'), {
      resourceType: 'Encounter',
      id: 'e',
      status: 'in-progress',
      class: { code: 'IMP' },
      subject: { reference: 'Patient/p' },
      serviceProvider: { reference: 'Organization/8990011' },
    });
    await sendAdmissionReport(outgoing)({ id: 'e', version: '1' });
    const { xml, to } = await written();
    expect(to).toBe('8990011');
    for (const text of ['Vekt: 92.5 kg', 'V="I509"', '<epj3:Navn>Burinex</epj3:Navn>', 'Digital hjemmeoppfølging'])
      expect(xml).toContain(text);
  });

  test('a Task to tell the GP becomes information with the reason and the measurements', async () => {
    await stage.put(episode('active'), {
      resourceType: 'Task',
      id: 't',
      status: 'requested',
      intent: 'order',
      for: { reference: 'Patient/p' },
      description: 'Vekten har økt 3 kg på to dager.',
    });
    await sendHealthInformation(outgoing)({ task: 't', version: '1' });
    const { xml } = await written();
    expect(xml).toContain('Vekten har økt 3 kg på to dager.');
    expect(xml).toContain('TypeInnholdKonsultasjon V="3"');
    expect(xml).toContain('Vekt: 92.5 kg');
  });

  test('missing limits that are handed to the GP become a question; handed within the service they do not', async () => {
    const task = (id: string, owner: string): Resource => ({
      resourceType: 'Task',
      id,
      status: 'requested',
      intent: 'order',
      for: { reference: 'Patient/p' },
      description: 'Vekt',
      owner: { reference: owner },
    });
    await stage.put(task('own', 'Organization/8990002'), task('gp', 'Organization/office'));
    await sendLimitsQuestion(outgoing)({ task: 'own', version: '1' });
    expect(await sent()).toEqual([]);
    await sendLimitsQuestion(outgoing)({ task: 'gp', version: '1' });
    const { xml, to } = await written();
    expect(to).toBe('8990020');
    expect(xml).toContain('Hvilke grenser skal gjelde');
    expect(xml).toContain('Vekt: 92.5 kg');
  });
});
