import { readFileSync } from 'node:fs';
import { ploReceiver } from '../../src/bridge/receive-message.js';
import type { OutgoingParts } from '../../src/bridge/send/outgoing-parts.js';
import { sendRequested } from '../../src/bridge/send/requested-message.js';
import type { Resource } from '../../src/fhir/resource.js';
import { readMsgHead } from '../../src/mapping/plo/msg-head.js';
import { dialogueText } from '../../src/mapping/plo/readable-text.js';
import { runMap } from '../../src/mapping/run-map.js';
import { treeFault } from '../../src/mapping/tree/check-tree.js';
import { readXml } from '../../src/mapping/xml/read-xml.js';
import { openStage, outgoingOf, type Stage } from './bridge-stage.js';
import { ola } from './hl7-messages.js';

const volven = (list: string): string => `urn:oid:2.16.578.1.12.4.1.1.${list}`;
const concept = (list: string, code: string) => ({ coding: [{ system: volven(list), code }] });
const versioned = (type: string, version: string) => ({ coding: [{ system: volven('8279'), version, code: type }] });
let stage: Stage;
let outgoing: OutgoingParts;
let count = 0;

beforeAll(async () => {
  stage = await openStage();
  outgoing = outgoingOf(stage);
  const subject = { reference: 'Patient/ola' };
  await stage.put({
    resourceType: 'Patient',
    id: 'ola',
    identifier: [{ ...ola }],
    name: [{ family: 'Prøvepasient', given: ['Ola'] }],
    gender: 'male',
    birthDate: '1948-03-12',
    deceasedDateTime: '2026-03-05T04:00:00+01:00',
  });
  await stage.put(
    {
      resourceType: 'Practitioner',
      id: 'siri',
      identifier: [{ system: 'urn:oid:2.16.578.1.12.4.1.4.4', value: '999000101' }],
      name: [{ family: 'Testsykepleier', given: ['Siri'] }],
    },
    {
      resourceType: 'Encounter',
      id: 'stay',
      status: 'finished',
      class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'IMP' },
      subject,
      extension: [
        {
          url: 'http://hjemmebro.no/fhir/StructureDefinition/dho-ready-for-discharge',
          valueDateTime: '2026-03-03T09:00:00+01:00',
        },
      ],
      period: { start: '2026-03-01T14:20:00+01:00', end: '2026-03-04T12:00:00+01:00' },
      hospitalization: { dischargeDisposition: concept('8408', '11') },
    },
    {
      resourceType: 'Condition',
      id: 'kols',
      subject,
      clinicalStatus: {
        coding: [{ system: 'http://terminology.hl7.org/CodeSystem/condition-clinical', code: 'active' }],
      },
      code: concept('7110', 'J449'),
    },
    { resourceType: 'Patient', id: 'kari', name: [{ family: 'Testperson' }] },
    { resourceType: 'Condition', id: 'of-kari', subject: { reference: 'Patient/kari' }, code: concept('7110', 'J449') },
    {
      resourceType: 'Binary',
      id: 'file',
      contentType: 'text/plain',
      securityContext: { reference: 'Patient/ola' },
      data: 'SGplbW1l',
    },
    {
      resourceType: 'Binary',
      id: 'file-of-kari',
      contentType: 'text/plain',
      securityContext: { reference: 'Patient/kari' },
      data: 'SGplbW1l',
    },
    ...['Binary/file', 'https://example.org/file', 'Binary/file-of-kari'].map((url, index) => ({
      resourceType: 'DocumentReference',
      id: ['plan', 'elsewhere', 'mixed-up'][index]!,
      status: 'current',
      subject,
      content: [{ attachment: { contentType: 'text/plain', title: 'Plan', url } }],
    })),
    {
      resourceType: 'Composition',
      id: 'draft',
      status: 'preliminary',
      type: { text: 'Epikrise' },
      subject,
      date: '2026-03-04T12:00:00+01:00',
      author: [{ reference: 'Practitioner/siri' }],
      title: 'Utkast',
    },
    {
      resourceType: 'ServiceRequest',
      id: 'order',
      status: 'active',
      intent: 'order',
      priority: 'urgent',
      subject,
      reasonCode: [{ text: 'Forverring tross plan.' }, concept('7110', 'J449')],
      note: [{ text: 'Bor alene.' }],
    },
    {
      resourceType: 'Composition',
      id: 'report',
      status: 'final',
      type: { text: 'Rapport' },
      category: [concept('9139', '11'), concept('9140', '1')],
      subject,
      date: '2026-03-04T12:00:00+01:00',
      author: [{ reference: 'Practitioner/siri' }],
      title: 'Rapport',
      event: [{ code: [concept('9121', '3')], period: { start: '2026-03-04T12:00:00+01:00' } }],
      section: [
        {
          title: 'Planer',
          code: concept('9142', 'OP'),
          text: { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml">Måles daglig.</div>' },
          entry: [{ reference: 'Condition/kols' }],
        },
      ],
    },
  );
});
afterAll(() => stage.close());

/** Asks for a message and lets the job be done twice; the request afterwards and what was queued. */
async function ask(
  type: string,
  more: object,
): Promise<{ request: Resource; raw: Uint8Array | undefined; sent: Resource | undefined }> {
  const id = `request-${++count}`;
  await stage.put({
    resourceType: 'CommunicationRequest',
    id,
    status: 'active',
    category: [concept('8279', type)],
    subject: { reference: 'Patient/ola' },
    requester: { reference: 'Practitioner/siri' },
    recipient: [{ identifier: { system: 'urn:oid:2.16.578.1.12.4.1.2', value: '8990011' } }],
    ...more,
  });
  const job = sendRequested(outgoing);
  await job({ id, version: '1' });
  await job({ id, version: '1' });
  const request = (await stage.all('CommunicationRequest')).find((one) => one.id === id)!;
  const sent = (await stage.all('Communication')).find((one) =>
    JSON.stringify(one.basedOn)?.includes(`"CommunicationRequest/${id}"`),
  );
  const value = (sent?.identifier as { value: string }[] | undefined)?.[0]?.value;
  const queued = await stage.parts.messages.list({ direction: 'out', limit: 500 });
  expect(queued.filter((one) => one.id === value)).toHaveLength(sent === undefined ? 0 : 1);
  return { request, sent, raw: value === undefined ? undefined : await stage.parts.messages.raw(value) };
}

const of = (...names: readonly string[]) => ({
  payload: names.map((reference) => ({ contentReference: { reference } })),
});
const text = { payload: [{ contentString: 'Kan dere vurdere grensene?' }] };

const cases: readonly [type: string, asked: object, told: string][] = [
  ['INNLEGGELSESRAPPORT', of('Composition/report'), 'Måles daglig.'],
  ['HELSEOPPL_SOKNAD', of('Composition/report'), '<p:HelseopplysningerVedSoknad'],
  ['HELSEOPPLYSNINGER_LEGE', of('Composition/report'), 'Måles daglig.'],
  ['MEDISINSKE_OPPLYSNINGER', of('Composition/report', 'Condition/kols'), 'V="J449"'],
  ['UTSKRIVNINGSRAPPORT', of('Composition/report'), 'V="J449"'],
  ['LOG_INNLAGT', of('Encounter/stay'), '2026-03-01T14:20:00+01:00'],
  ['LOG_UTSKRIVNINGSKLAR', of('Encounter/stay'), '2026-03-03T09:00:00+01:00'],
  ['LOG_AVMELDING', of('Encounter/stay'), 'V="4"'],
  ['LOG_UTSKREVET', of('Encounter/stay'), '<po:UtTil V="11"'],
  ['LOG_DOD', {}, '2026-03-05T04:00:00+01:00'],
  ['HENVISNING_NYTILSTAND', of('ServiceRequest/order', 'Condition/kols'), 'Forverring tross plan.'],
  ['HENVISNING_VIDERE', of('ServiceRequest/order'), 'Bor alene.'],
  ['EPIKRISE', of('Composition/report', 'Encounter/stay'), 'V="J449"'],
  ['EPIKRISE', of('Encounter/stay', 'DocumentReference/plan'), 'SGplbW1l'],
  ['HENVISNING', of('ServiceRequest/order', 'Condition/kols'), 'Forverring tross plan.'],
  ['DIALOG_FORESPORSEL', { ...text, reasonCode: [concept('9154', '8')] }, '1.9154'],
  ['DIALOG_NOTAT', text, 'Kan dere vurdere grensene?'],
  ['DIALOG_HELSEFAGLIG', text, 'Kan dere vurdere grensene?'],
  [
    'DIALOG_TIL_ARKIVERING',
    {
      payload: [
        ...text.payload,
        { contentAttachment: { contentType: 'application/pdf', title: 'Plan', data: 'JVBERi0xLjQK' } },
      ],
    },
    'JVBERi0xLjQK',
  ],
];

test.each(cases)(
  '%s that is asked for is written as its standard says, once, and is read again',
  async (type, asked, told) => {
    const { request, sent, raw } = await ask(type, asked);
    expect([request.status, request.statusReason]).toEqual(['completed', undefined]);
    expect(sent).toMatchObject({ status: 'in-progress', subject: { reference: 'Patient/ola' } });
    const root = readXml(raw!);
    expect(treeFault(root, stage.parts.trees)).toBeUndefined();
    expect(Buffer.from(raw!).toString()).toContain(told);
    const head = readMsgHead(root);
    expect([head.type.code, head.sender.unit?.name, head.receiver.unit?.name]).toEqual([
      type,
      'Responssentertjeneste',
      'Lungesykdommer',
    ]);
    expect(runMap(stage.parts.maps.forMessage(type)!, root, { identifier: ola }).missing).toEqual([]);
  },
);

test('a referral that was written is the same referral when it is read', async () => {
  const { raw } = await ask('HENVISNING_NYTILSTAND', of('ServiceRequest/order'));
  const [back] = runMap(stage.parts.maps.named('henvisning-nytilstand'), readXml(raw!)).resources;
  expect(back).toMatchObject({ priority: 'urgent', category: [concept('8455', '10')] });
  const reasons = back!.reasonCode as { text?: string; coding?: { code: string }[] }[];
  expect(reasons.map((one) => one.text ?? one.coding?.[0]?.code).toSorted()).toEqual([
    'Forverring tross plan.',
    'J449',
  ]);
});

const versions: readonly [type: string, version: string, asked: object, namespace: string][] = [
  ['EPIKRISE', '1.1', of('Composition/report', 'Encounter/stay'), 'http://www.kith.no/xmlstds/epikrise/2006-09-23'],
  ['EPIKRISE', '1.2', of('Composition/report', 'Encounter/stay'), 'http://www.kith.no/xmlstds/epikrise/2012-02-15'],
  ['HENVISNING', '1.0', of('ServiceRequest/order'), 'http://www.kith.no/xmlstds/henvisning/2005-07-08'],
  ['HENVISNING', '1.1', of('ServiceRequest/order'), 'http://www.kith.no/xmlstds/henvisning/2012-02-15'],
];
test.each(versions)(
  '%s is written in version %s where the request says so',
  async (type, version, asked, namespace) => {
    const { raw, request } = await ask(type, { ...asked, category: [versioned(type, version)] });
    expect([request.status, request.statusReason]).toEqual(['completed', undefined]);
    const root = readXml(raw!);
    expect([root.namespace, treeFault(root, stage.parts.trees)]).toEqual([namespace, undefined]);
  },
);

test('what is told of before is changed and cancelled in its conversation', async () => {
  const first = await ask('LOG_INNLAGT', of('Encounter/stay'));
  const replaces = [{ reference: `CommunicationRequest/${first.request.id}` }];
  const second = await ask('LOG_INNLAGT', { ...of('Encounter/stay'), replaces, reasonCode: [concept('7309', 'C')] });
  const [original, cancelled] = [first, second].map(({ raw }) => readMsgHead(readXml(raw!)));
  expect(cancelled!.conversation).toEqual({ parent: original!.id, conversation: original!.id });
  expect(Buffer.from(second.raw!).toString()).toContain('<po:Forsendelsesstatus V="C"');
});

test('answers go to the conversation of what they answer', async () => {
  const question = await ask('DIALOG_FORESPORSEL', text);
  const about = [{ reference: `Communication/${question.sent!.id}` }];
  for (const [type, reasonCode] of [
    ['DIALOG_SVAR', []],
    ['DIALOG_AVVIK', [concept('8117', '2')]],
    ['DIALOG_STATUS_HENVISNING', [concept('9148', '2')]],
  ] as const) {
    const { raw, request } = await ask(type, { ...text, about, ...(reasonCode.length > 0 && { reasonCode }) });
    expect([type, request.statusReason]).toEqual([type, undefined]);
    const head = readMsgHead(readXml(raw!));
    expect(head.conversation?.parent).toBe(readMsgHead(readXml(question.raw!)).id);
    expect(dialogueText(head.content)?.text).toContain('Kan dere vurdere');
    expect(treeFault(head.root, stage.parts.trees)).toBeUndefined();
  }
});

const refused: readonly [why: string, type: string, asked: object, reason: RegExp][] = [
  ['a type that is not sent', 'FRAVARSMELDING', text, /not sent from here/],
  ['an answer to nothing', 'DIALOG_SVAR', text, /about/],
  ['a status without its code', 'DIALOG_STATUS_HENVISNING', text, /9148/],
  ['a referral without a request', 'HENVISNING_VIDERE', text, /ServiceRequest/],
  ['a discharge without a stay', 'LOG_UTSKREVET', {}, /cannot be written/],
  ['a discharge summary without a stay', 'EPIKRISE', text, /Encounter/],
  ['a discharge summary that is not final', 'EPIKRISE', of('Composition/draft', 'Encounter/stay'), /final/],
  [
    'a version that nobody has',
    'EPIKRISE',
    { ...of('Encounter/stay'), category: [versioned('EPIKRISE', '2.0')] },
    /1\.2, 1\.1/,
  ],
  ['a document that is elsewhere', 'EPIKRISE', of('Encounter/stay', 'DocumentReference/elsewhere'), /not held/],
  ['a file of another patient', 'EPIKRISE', of('Encounter/stay', 'DocumentReference/mixed-up'), /another patient/],
  ['something about another patient', 'EPIKRISE', of('Encounter/stay', 'Condition/of-kari'), /another patient/],
  ['nobody to send it to', 'DIALOG_NOTAT', { ...text, recipient: [{ display: 'noen' }] }, /no address/],
];
test.each(refused)('%s puts the request on hold and says why', async (_why, type, asked, reason) => {
  const { request, sent } = await ask(type, asked);
  expect(sent).toBeUndefined();
  expect(request.status).toBe('on-hold');
  expect((request.statusReason as { text: string }).text).toMatch(reason);
});

test('a message that was asked for has its effect at a server like this one', async () => {
  const { raw } = await ask('LOG_UTSKREVET', of('Encounter/stay'));
  const answer = await ploReceiver(stage.parts)(raw!, { ...stage.hospital, carries: '*' }, 'http');
  expect(answer.accepted).toBe(true);
});

test('a discharge summary that is changed and then cancelled here is so at a server like this one', async () => {
  const receive = async (raw: Uint8Array) => {
    const answer = await ploReceiver(stage.parts)(raw, { ...stage.hospital, carries: '*' }, 'http');
    expect(answer.accepted).toBe(true);
  };
  const standing = async () =>
    (await stage.all('Condition')).filter(
      (one) => one.id !== 'kols' && one.id !== 'of-kari' && !JSON.stringify(one).includes('entered-in-error'),
    ).length;
  const asked = of('Composition/report', 'Encounter/stay');
  const first = await ask('EPIKRISE', asked);
  await receive(first.raw!);
  const before = await standing();
  expect(before).toBe(1);
  const changed = await ask('EPIKRISE', {
    ...asked,
    replaces: [{ reference: `CommunicationRequest/${first.request.id}` }],
  });
  await receive(changed.raw!);
  expect(await standing()).toBe(before);
  const cancelled = await ask('EPIKRISE', {
    ...asked,
    replaces: [{ reference: `CommunicationRequest/${changed.request.id}` }],
    reasonCode: [concept('7309', 'C')],
  });
  await receive(cancelled.raw!);
  expect(await standing()).toBe(0);
});

test('a discharge summary names a referral of Henvisning 2.0 by its MsgId', async () => {
  await ploReceiver(stage.parts)(
    readFileSync('test/fixtures/messages/henvisning-nytilstand.xml'),
    stage.hospital,
    'http',
  );
  const came = (await stage.all('ServiceRequest')).find(({ id }) => id !== 'order')!;
  const { raw, request } = await ask('EPIKRISE', of('Encounter/stay', `ServiceRequest/${came.id}`));
  expect(request.statusReason).toBeUndefined();
  expect(Buffer.from(raw!).toString()).toContain('<Id>3f0c2d1e-5a4b-4c3d-9e8f-000000000020</Id>');
});

test('a hospital that asks is heard over FHIR alone: the message would carry the name of the municipality', async () => {
  const requests = async () =>
    (await stage.database.pool.query(`select from job where kind = 'message-requested'`)).rowCount;
  const before = await requests();
  for (const by of [stage.hospital, { ...stage.hospital, role: 'municipality' as const }]) {
    const resource: Resource = {
      resourceType: 'CommunicationRequest',
      status: 'active',
      category: [concept('8279', 'LOG_DOD')],
      subject: { reference: 'Patient/ola' },
    };
    const change = { op: 'create', resource, by: 'module' } as const;
    await stage.parts.commit({ action: 'test', decide: () => [change] }, by, 'test');
  }
  expect(await requests()).toBe(before! + 1);
});
