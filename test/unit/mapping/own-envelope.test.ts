import { readFileSync } from 'node:fs';
import type { Resource } from '../../../src/fhir/resource.js';
import { loadMessageMaps } from '../../../src/mapping/load-maps.js';
import {
  buildDischargeSummary,
  type DischargeSummary,
  dischargeSummaryVersions,
} from '../../../src/mapping/outbound/discharge-summary.js';
import { buildOwnReferral, type OwnReferral, ownReferralVersions } from '../../../src/mapping/outbound/own-referral.js';
import { buildReferral } from '../../../src/mapping/outbound/referral.js';
import { readMsgHead } from '../../../src/mapping/plo/msg-head.js';
import { readableText } from '../../../src/mapping/plo/readable-text.js';
import { receiptFor } from '../../../src/mapping/plo/receipt.js';
import { sendStatusOf } from '../../../src/mapping/plo/send-status.js';
import { runMap } from '../../../src/mapping/run-map.js';
import { treeFault } from '../../../src/mapping/tree/check-tree.js';
import { loadElementTrees } from '../../../src/mapping/tree/element-trees.js';
import { readXml } from '../../../src/mapping/xml/read-xml.js';

const maps = loadMessageMaps('mappings');
const trees = loadElementTrees('mappings/trees');
const her = (id: string) => [{ type: 'HER', id }];
const envelope = {
  sender: {
    name: 'FJORDHEIM KOMMUNE',
    idents: her('8990001'),
    unit: { name: 'Responssenter', idents: her('8990002') },
  },
  receiver: {
    name: 'Fjordheim legesenter',
    idents: her('8990020'),
    professional: { name: 'Kari Testlege', idents: her('8990021') },
  },
  patient: { ident: { type: 'FNR', id: '12834812019' }, family: 'Prøvepasient', given: 'Ola', born: '1948-03-12' },
  contact: {
    name: 'Nina Omsorg',
    idents: [{ type: 'HPR', id: '999000111' }],
    phone: '22 00 00 01 %',
    profession: 'SP',
  },
  id: '5f0c0000-0000-4000-8000-000000000001',
  at: Date.parse('2026-03-04T14:00:00Z'),
} as const;
const conversation = {
  parent: '3f0c2d1e-5a4b-4c3d-9e8f-000000000020',
  conversation: '3f0c2d1e-5a4b-4c3d-9e8f-000000000019',
};
const attachments = [{ mimeType: 'application/pdf', description: 'Plan', bytes: Buffer.from('%PDF-1.4') }];
const of = (resources: readonly Resource[], type: string) =>
  resources.filter(({ resourceType }) => resourceType === type);
const read = (type: string, xml: Uint8Array) => runMap(maps.forMessage(type)!, readXml(xml));

const icd10 = 'urn:oid:2.16.578.1.12.4.1.1.7110';
const section = (title: string, text: string, list?: string, code?: string) => ({
  title,
  ...(code && { code: { coding: [{ system: `urn:oid:2.16.578.1.12.4.1.1.${list}`, code, display: title }] } }),
  text: { status: 'generated', div: `<div xmlns="http://www.w3.org/1999/xhtml"><p>${text}</p></div>` },
});
const stay: Resource = {
  resourceType: 'Encounter',
  status: 'finished',
  class: { code: 'IMP' },
  period: { start: '2026-03-01T14:20:00+01:00', end: '2026-03-04T12:00:00+01:00' },
  diagnosis: [{ condition: { reference: 'Condition/kols' }, rank: 1 }],
};
const told: readonly Resource[] = [
  {
    resourceType: 'Composition',
    status: 'final',
    title: 'Epikrise etter opphold',
    section: [
      section('Vurdering', 'God effekt &lt;3 &amp; mer<br/>Linje to', '8311', 'VU'),
      section('Planer for videre oppfølging', 'Måles daglig.', '9142', 'OP'),
      section('Hva pasienten ønsker', 'Bo hjemme.'),
    ],
  },
  stay,
  { resourceType: 'Condition', id: 'fall', code: { text: 'Falltendens' } },
  {
    resourceType: 'Condition',
    id: 'kols',
    code: { coding: [{ system: icd10, code: 'J449', display: 'Kols' }], text: 'Kols, grad III' },
  },
  {
    resourceType: 'Condition',
    id: 'svikt',
    code: { coding: [{ system: 'http://hl7.org/fhir/sid/icpc-2', code: 'K77', display: 'Hjertesvikt' }] },
  },
  {
    resourceType: 'Condition',
    id: 'wrong',
    verificationStatus: { coding: [{ code: 'entered-in-error' }] },
    code: { coding: [{ system: icd10, code: 'C349' }] },
  },
  {
    resourceType: 'MedicationStatement',
    status: 'active',
    medicationCodeableConcept: {
      coding: [{ system: 'http://www.whocc.no/atc', code: 'C03CA02', display: 'Bumetanid' }],
      text: 'Burinex tab 1 mg',
    },
    effectivePeriod: { start: '2026-03-02T08:00:00+01:00' },
    note: [{ text: 'Økt dose' }],
    dosage: [{ text: '1 tablett morgen' }],
  },
  {
    resourceType: 'MedicationStatement',
    status: 'stopped',
    medicationReference: { reference: '#cough' },
    contained: [{ resourceType: 'Medication', id: 'cough', code: { text: 'Hostesaft fra apoteket' } }],
  },
  {
    resourceType: 'Observation',
    status: 'final',
    code: { text: 'Blodtrykk' },
    effectiveDateTime: '2026-03-03T08:00:00+01:00',
    component: [
      { code: { text: 'Systolisk' }, valueQuantity: { value: 128.5, unit: 'mmHg' } },
      { code: { text: 'Stilling' }, valueCodeableConcept: { text: 'Sittende' } },
      { code: { text: 'Diastolisk' }, dataAbsentReason: { text: 'Ikke målt' } },
    ],
  },
  {
    resourceType: 'AllergyIntolerance',
    code: { text: 'Penicillin' },
    reaction: [{ manifestation: [{ text: 'Utslett' }] }],
  },
];
const summary: DischargeSummary = { ...envelope, resources: told };

describe.each(dischargeSummaryVersions)('Epikrise %s', (version) => {
  const { raw, msgType } = buildDischargeSummary({ ...summary, version, attachments }, { trees });
  const { resources, missing, unmapped } = read('EPIKRISE', raw);
  const [composition] = of(resources, 'Composition');
  const sections = composition!.section as {
    title: string;
    code?: { coding?: { code: string }[] };
    text: { div: string };
  }[];

  test('is built as its standard says, between the two parties, about the patient', () => {
    const root = readXml(raw);
    const head = readMsgHead(root);
    expect(treeFault(root, trees)).toBeUndefined();
    expect([missing, unmapped]).toEqual([[], []]);
    expect(msgType).toBe('EPIKRISE');
    expect(head.sender).toMatchObject({ idents: her('8990001'), unit: { idents: her('8990002') } });
    expect(head.receiver).toMatchObject({ idents: her('8990020'), professional: { idents: her('8990021') } });
    expect(head.patient).toEqual({
      idents: [{ type: 'FNR', id: '12834812019' }],
      family: 'Prøvepasient',
      given: 'Ola',
      born: '1948-03-12',
    });
    expect(head.attachments.map(({ base64 }) => Buffer.from(base64, 'base64').toString())).toEqual(['%PDF-1.4']);
  });

  test('is read back as the same stay and the same text under the same headings', () => {
    expect(composition).toMatchObject({ title: 'Epikrise etter opphold', event: [{ period: stay.period }] });
    expect(sections.slice(0, 3).map(({ title, code, text }) => [title, code?.coding?.[0]?.code, text.div])).toEqual([
      ['Vurdering', 'VU', (told[0]!.section as { text: { div: string } }[])[0]!.text.div],
      ['Planer for videre oppfølging', 'OP', expect.stringContaining('<p>Måles daglig.</p>')],
      ['Hva pasienten ønsker', undefined, expect.stringContaining('<p>Bo hjemme.</p>')],
    ]);
  });

  test('is read back with the same diagnoses, the first of the stay as the main one, none that was an error', () => {
    expect(of(resources, 'Condition').map(({ code, category }) => [code, (category as object[])[1]])).toEqual([
      [told[3]!.code, { text: 'Hoveddiagnose' }],
      [told[4]!.code, { text: 'Bidiagnose' }],
    ]);
    expect(Buffer.from(raw).toString()).not.toContain('C349');
    expect(sections.find(({ text }) => text.div.includes('Falltendens'))?.title).toBe('Funn');
  });

  test('is read back with the same medicines, and says what the patient does not tolerate', () => {
    const medicines = of(resources, 'MedicationStatement');
    expect(medicines).toMatchObject([
      {
        statusReason: [{ text: 'I bruk' }],
        medicationCodeableConcept: { coding: [{ code: 'C03CA02' }], text: 'Burinex tab 1 mg' },
        effectivePeriod: { start: '2026-03-02T08:00:00+01:00' },
        note: [{ text: 'Økt dose' }],
        dosage: [{ text: '1 tablett morgen' }],
      },
      { statusReason: [{ text: 'Seponert' }], medicationCodeableConcept: { text: 'Hostesaft fra apoteket' } },
    ]);
    expect(sections.find(({ title }) => title === 'Cave')?.text.div).toContain('Penicillin: Utslett');
  });

  test('tells what was measured, with its unit', () => {
    const results = sections.filter(({ title }) => title === 'Resultat').map(({ text }) => text.div);
    expect(results).toHaveLength(2);
    for (const said of ['128.5', 'mmHg', 'Systolisk']) expect(results[0]).toContain(said);
    expect(results[1]).toContain('Sittende');
  });

  test('names the referral that it answers', () => {
    const [request] = read('HENVISNING', readFileSync('mappings/examples/henvisning-1.xml')).resources;
    const built = buildDischargeSummary({ ...summary, version, resources: [stay, request!] }, { trees });
    const [again] = read('EPIKRISE', built.raw).resources;
    expect(again!.relatesTo).toMatchObject([{ targetIdentifier: { value: '7d9a0000-0000-4000-8000-000000000140' } }]);
  });
});

test('put into words, a discharge summary has no identity number, and no measurement without its unit', () => {
  const { raw } = buildDischargeSummary(summary, { trees });
  const text = readableText(readMsgHead(readXml(raw)).content!);
  expect(text).not.toContain('12834812019');
  expect(text).toContain('Verdi: 128.5 mmHg');
  expect(text).toContain('Undersøkt: Systolisk');
});

test('a discharge summary that is changed keeps the ServProvId of its original', () => {
  const { raw } = buildDischargeSummary({ ...summary, status: 'M', conversation }, { trees });
  expect(sendStatusOf(readMsgHead(readXml(raw)))).toBe('M');
  expect(Buffer.from(raw).toString()).toContain(`<ServProvId>${conversation.conversation}</ServProvId>`);
});

test('the receipt of every version names what was sent by its MsgId', () => {
  const messages = [
    ...dischargeSummaryVersions.map((version) => buildDischargeSummary({ ...summary, version }, { trees })),
    ...ownReferralVersions.map((version) => buildOwnReferral({ ...referral, version }, { trees })),
  ];
  const receipts = messages.map(({ raw }) => receiptFor(readMsgHead(readXml(raw)), { id: 'r', at: envelope.at }, []));
  expect(receipts.map(({ version, original }) => [version, original.id])).toEqual(
    ['1.1', '1.0', '1.1', '1.0'].map((version) => [version, envelope.id]),
  );
});

const refused: readonly [what: string, change: Partial<DischargeSummary>, reason: RegExp][] = [
  ['a change in version 1.1', { version: '1.1', status: 'M' }, /1\.2/],
  ['no stay', { resources: [] }, /Encounter/],
  [
    'a medicine without a name',
    { resources: [stay, { resourceType: 'MedicationStatement', status: 'active' }] },
    /name/,
  ],
  ['a draft', { resources: [stay, { resourceType: 'Composition', status: 'preliminary' }] }, /final/],
];
test.each(refused)('a discharge summary with %s is not written', (_what, change, reason) => {
  expect(() => buildDischargeSummary({ ...summary, ...change }, { trees })).toThrow(reason);
});

const [example] = read('HENVISNING', readFileSync('mappings/examples/henvisning-1.xml')).resources;
const referral: OwnReferral = {
  ...envelope,
  resources: told.filter(({ resourceType }) => resourceType !== 'Condition'),
  request: { ...example!, note: [{ text: 'Bor alene.' }] },
  priorities: maps.table('referral-priority'),
};

test.each(ownReferralVersions)('Henvisning %s that was written is the same referral when it is read', (version) => {
  const { raw } = buildOwnReferral({ ...referral, version }, { trees });
  const root = readXml(raw);
  expect(treeFault(root, trees)).toBeUndefined();
  const { resources, missing, unmapped } = read('HENVISNING', raw);
  const [back] = resources;
  expect([missing, unmapped]).toEqual([[], []]);
  expect(back).toMatchObject({
    priority: example!.priority,
    category: example!.category,
    reasonCode: example!.reasonCode,
    identifier: [{ value: version === '1.0' ? envelope.id : '7d9a0000-0000-4000-8000-000000000140' }],
  });
  const notes = (back!.note as { text: string }[]).map(({ text }) => text);
  for (const said of ['Bor alene.', 'Penicillin: Utslett', 'Burinex tab 1 mg', '128.5', 'Nina Omsorg'])
    expect(notes.some((note) => note.includes(said))).toBe(true);
  const head = readMsgHead(root);
  expect([head.sender.unit?.idents, head.receiver.professional?.idents]).toEqual([her('8990002'), her('8990021')]);
});

test('Henvisning 2.0 tells of medicines, measurements and allergies too', () => {
  const from = { ...referral, type: 'HENVISNING_NYTILSTAND', resources: told } as const;
  const { raw } = buildReferral(from, { trees });
  expect(treeFault(readXml(raw), trees)).toBeUndefined();
  const [back] = read('HENVISNING_NYTILSTAND', raw).resources;
  const notes = (back!.note as { text: string }[]).map(({ text }) => text);
  expect(notes).toEqual(
    expect.arrayContaining([
      'Bor alene.',
      'Cave-opplysninger: Penicillin: Utslett',
      'Legemiddelopplysning: Burinex tab 1 mg: 1 tablett morgen: Økt dose',
      expect.stringContaining('Verdi: 128.5 mmHg'),
    ]),
  );
  expect(JSON.stringify(back)).not.toContain('C349');
});

test('a referral of 1.1 carries attachments, and the diagnoses that are beside the request', () => {
  const built = buildOwnReferral({ ...referral, attachments, resources: told }, { trees });
  const [back] = read('HENVISNING', built.raw).resources;
  const codes = (back!.reasonCode as { coding?: { code: string }[] }[]).map(({ coding }) => coding?.[0]?.code);
  expect(codes.filter((code) => code !== undefined)).toEqual(['K77', 'J449', 'K77']);
  expect(readMsgHead(readXml(built.raw)).attachments).toHaveLength(1);
});

test('a referral of 1.1 that is withdrawn keeps its Id', () => {
  const request: Resource = { ...referral.request, identifier: [] };
  const { raw } = buildOwnReferral({ ...referral, request, status: 'C', conversation }, { trees });
  expect(sendStatusOf(readMsgHead(readXml(raw)))).toBe('C');
  expect(Buffer.from(raw).toString()).toContain(`<Id>${conversation.conversation}</Id>`);
});

test.each([
  ['attachments', { attachments }],
  ['a change', { status: 'M' as const }],
])('version 1.0 of the referral is not written with %s', (_what, more) => {
  expect(() => buildOwnReferral({ ...referral, ...more, version: '1.0' }, { trees })).toThrow(/1\.0/);
});
