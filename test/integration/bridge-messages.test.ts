import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hl7Receiver } from '../../src/bridge/receive-hl7.js';
import { ploReceiver } from '../../src/bridge/receive-message.js';
import { queueMessage } from '../../src/storage/messages.js';
import { openStage, type Stage } from './bridge-stage.js';

const file = (name: string): Buffer => readFileSync(`test/fixtures/messages/${name}`);
const patient = {
  resourceType: 'Patient',
  id: 'ola',
  active: true,
  identifier: [{ system: 'urn:oid:2.16.578.1.12.4.1.4.1', value: '12834812019' }],
};
const episode = {
  resourceType: 'EpisodeOfCare',
  id: 'dho',
  status: 'active',
  statusHistory: [{ status: 'active', period: { start: '2026-01-10T10:00:00Z' } }],
  patient: { reference: 'Patient/ola' },
  managingOrganization: { reference: 'Organization/310000019' },
};

let stage: Stage;
beforeEach(async () => {
  stage = await openStage();
});
afterEach(() => stage.close());

test('a referral is stored whole: patient, request, task, original, message and receipt in one commit', async () => {
  const answer = await ploReceiver(stage.parts)(file('henvisning-nytilstand.xml'), stage.hospital, 'http');
  expect(answer.accepted).toBe(true);
  const [request] = await stage.all('ServiceRequest');
  const [created] = await stage.all('Patient');
  expect(request).toMatchObject({
    status: 'active',
    subject: { reference: `Patient/${created!.id}` },
    requester: { reference: 'Organization/8990011' },
    performer: [{ reference: 'Organization/8990002' }],
  });
  expect(await stage.all('Task')).toEqual([
    expect.objectContaining({ status: 'received', focus: { reference: `ServiceRequest/${request!.id}` } }),
  ]);
  expect((await stage.all('Binary')).length).toBe(2);
  const stored = await stage.parts.messages.find('8990011', '3f0c2d1e-5a4b-4c3d-9e8f-000000000020');
  expect(stored).toMatchObject({
    state: 'accepted',
    msgType: 'HENVISNING_NYTILSTAND',
    receiver: '8990002',
    receiptCode: '1',
  });
  expect(Buffer.from(stored!.receipt!).equals(Buffer.from(answer.body!))).toBe(true);
  expect(Buffer.from((await stage.parts.messages.raw(stored!.id))!).equals(file('henvisning-nytilstand.xml'))).toBe(
    true,
  );
});

test('eight times the same message at once: one effect, one receipt', async () => {
  const receive = ploReceiver(stage.parts);
  const answers = await Promise.all(
    Array.from({ length: 8 }, () => receive(file('henvisning-nytilstand.xml'), stage.hospital, 'http')),
  );
  expect(new Set(answers.map(({ body }) => Buffer.from(body!).toString())).size).toBe(1);
  expect([(await stage.all('ServiceRequest')).length, (await stage.all('Patient')).length]).toEqual([1, 1]);
});

test('two referrals of one new patient at once make one Patient', async () => {
  const receive = ploReceiver(stage.parts);
  const another = Buffer.from(
    file('henvisning-nytilstand.xml')
      .toString()
      .replace('-000000000020', '-000000000820')
      .replace('7d9a1111', '7d9a2222'),
  );
  await Promise.all([
    receive(file('henvisning-nytilstand.xml'), stage.hospital, 'http'),
    receive(another, stage.hospital, 'http'),
  ]);
  expect([(await stage.all('Patient')).length, (await stage.all('ServiceRequest')).length]).toEqual([1, 2]);
});

test('an admission of a person without home follow-up leaves the message and nothing else', async () => {
  await ploReceiver(stage.parts)(file('log-innlagt.xml'), stage.hospital, 'http');
  for (const type of ['Patient', 'Encounter', 'Task', 'Communication', 'DocumentReference', 'Binary'])
    expect(await stage.all(type)).toEqual([]);
  expect(
    (await stage.parts.messages.list({ direction: 'in', limit: 10 })).map(({ state, msgType }) => [state, msgType]),
  ).toEqual([['accepted', 'LOG_INNLAGT']]);
});

test('admission by PLO pauses, discharge home by HL7 v2 resumes', async () => {
  await stage.put(patient, episode);
  await ploReceiver(stage.parts)(file('log-innlagt.xml'), stage.hospital, 'http');
  expect((await stage.all('EpisodeOfCare'))[0]!.status).toBe('onhold');
  const ack = await hl7Receiver(stage.parts, { peers: [], principalOf: () => stage.hospital })(
    file('adt-a03.hl7'),
    undefined,
  );
  expect(Buffer.concat(ack).toString()).toContain('MSA|AA|MSG00002');
  expect((await stage.all('Encounter')).map(({ status }) => status)).toEqual(['finished']);
  expect((await stage.all('EpisodeOfCare'))[0]!.status).toBe('active');
});

test('every other message is kept and put before a person', async () => {
  await stage.put(patient, episode);
  const receive = ploReceiver(stage.parts);
  const carrier = { ...stage.hospital, carries: '*' as const };
  for (const name of [
    'dialog-helsefaglig.xml',
    'epikrise.xml',
    'henvisning-endret.xml',
    'dialog-foresporsel-i-samtale.xml',
    'log-dod.xml',
  ]) {
    expect((await receive(file(name), carrier, 'http')).accepted).toBe(true);
  }
  expect((await stage.all('Task')).map(({ code }) => (code as { text: string }).text)).toEqual([
    ...Array<string>(4).fill('Melding til gjennomlesning'),
    'Pasienten er meldt død',
  ]);
  expect((await stage.all('DocumentReference')).length).toBe(5);
  expect((await stage.all('Provenance')).length).toBe(5);
});

test('every part of a report is a valid resource, and its cancellation leaves none of them in force', async () => {
  await stage.put(patient, episode);
  const report = readFileSync('mappings/examples/utskrivningsrapport.xml', 'utf8');
  const send = async (xml: string): Promise<void> => {
    const answer = await ploReceiver(stage.parts)(Buffer.from(xml), { ...stage.hospital, carries: '*' }, 'http');
    expect(answer.accepted).toBe(true);
  };
  const cancellation = report
    .replace(
      /<MsgId>(.*?)<\/MsgId>/,
      `<MsgId>${randomUUID()}</MsgId><ConversationRef><RefToParent>$1</RefToParent><RefToConversation>$1</RefToConversation></ConversationRef>`,
    )
    .replace('Forsendelsesstatus V="N"', 'Forsendelsesstatus V="C"');
  await send(cancellation);
  expect(await stage.all('Composition')).toEqual([]);
  await send(report);
  const counts = await Promise.all(
    ['Composition', 'Condition', 'MedicationStatement', 'AllergyIntolerance', 'Observation'].map(async (type) => {
      const all = await stage.all(type);
      return [all.length, all.filter((one) => JSON.stringify(one).includes('entered-in-error')).length];
    }),
  );
  expect(counts).toEqual([
    [1, 1],
    [2, 2],
    [2, 2],
    [2, 2],
    [2, 2],
  ]);
  expect(await stage.parts.messages.held({ limit: 10 })).toEqual([]);
});

test('a refused message is kept with its receipt and has no effect', async () => {
  const answer = await ploReceiver(stage.parts)(file('uten-pasient.xml'), stage.hospital, 'http');
  expect(answer.accepted).toBe(false);
  expect(await stage.all('Communication')).toEqual([]);
  expect(
    (await stage.parts.messages.list({ direction: 'in', state: 'rejected', limit: 10 })).map(({ error }) => error),
  ).toEqual([expect.stringContaining('E36')]);
});

describe('the receipt of a message we sent', () => {
  const id = '9b7a0000-0000-4000-8000-000000000001';
  beforeEach(() =>
    queueMessage(
      stage.database.pool,
      { id, msgType: 'DIALOG_HELSEFAGLIG', sender: '8990002', receiver: '8990021', raw: Buffer.from('<MsgHead/>') },
      { now: Date.now(), patients: [] },
    ),
  );
  const state = async (): Promise<readonly (string | undefined)[]> =>
    (await stage.parts.messages.list({ direction: 'out', limit: 1 })).flatMap((one) => [one.state, one.error]);
  const carrier = () => ({ ...stage.hospital, carries: '*' as const });

  test('negative marks it dead with the reason; a late positive one still counts; after that nothing changes', async () => {
    const receive = ploReceiver(stage.parts);
    await receive(file('apprec-avvist.xml'), carrier(), 'http');
    expect(await state()).toEqual(['dead', 'The receiver refused the message: E35 Pasienten har byttet lege']);
    await receive(file('apprec-ok.xml'), carrier(), 'http');
    expect(await state()).toEqual(['acknowledged', undefined]);
    await receive(
      Buffer.from(file('apprec-avvist.xml').toString().replace('-000000000081', '-000000000881')),
      carrier(),
      'http',
    );
    expect(await state()).toEqual(['acknowledged', undefined]);
  });

  test('the same receipt twice is stored once, and one from somebody else changes nothing', async () => {
    const receive = ploReceiver(stage.parts);
    await receive(file('apprec-ok.xml'), carrier(), 'http');
    await receive(file('apprec-ok.xml'), carrier(), 'http');
    expect((await stage.parts.messages.list({ direction: 'in', limit: 10 })).length).toBe(1);
    const other = file('apprec-avvist.xml')
      .toString()
      .replace('8990021', '8990029')
      .replaceAll('8990020', '8990028')
      .replace('-000000000081', randomUUID().slice(-13));
    await receive(Buffer.from(other), carrier(), 'http');
    expect(await state()).toEqual(['acknowledged', undefined]);
    expect((await stage.parts.messages.list({ direction: 'in', state: 'held', limit: 10 })).length).toBe(1);
  });
});
