import { readFileSync } from 'node:fs';
import { inflateSync } from 'node:zlib';
import type { Resource } from '../../../src/fhir/resource.js';
import { approvalCode, approvedCode } from '../../../src/mapping/outbound/approval-code.js';
import { outboundPatient, partyOf, professionalOf } from '../../../src/mapping/outbound/fhir-parties.js';
import type { Drawing } from '../../../src/kernel/drawing.js';
import { planPdf, textPdf } from '../../../src/mapping/outbound/plan-pdf.js';
import { buildPlanToGp } from '../../../src/mapping/outbound/plan-to-gp.js';
import { buildReferralAnswer } from '../../../src/mapping/outbound/referral-answer.js';
import { checkHead } from '../../../src/mapping/plo/check-head.js';
import { readMsgHead } from '../../../src/mapping/plo/msg-head.js';
import { dialogueText } from '../../../src/mapping/plo/readable-text.js';
import { readXml } from '../../../src/mapping/xml/read-xml.js';

const at = Date.parse('2026-03-02T12:00:00Z');
const id = '9b7a0000-0000-4000-8000-000000000001';
const her = 'urn:oid:2.16.578.1.12.4.1.2';
const contact = professionalOf({
  resourceType: 'Practitioner',
  identifier: [{ system: 'urn:oid:2.16.578.1.12.4.1.4.4', value: '999000101' }],
  name: [{ family: 'Testsykepleier', given: ['Siri'] }],
  telecom: [{ system: 'phone', value: '400 00 009' }],
});
const organisation = (name: string, value: string): Resource => ({
  resourceType: 'Organization',
  name,
  identifier: [{ system: her, value }],
});
const centre = partyOf(organisation('FJORDHEIM KOMMUNE', '8990001'), {
  unit: organisation('Responssentertjeneste', '8990002'),
});
const gp = partyOf(organisation('Fjordheim legesenter', '8990020'), {
  practitioner: {
    resourceType: 'Practitioner',
    identifier: [{ system: her, value: '8990021' }],
    name: [{ family: 'Testlege', given: ['Kari'] }],
  },
});
const patient: Resource = {
  resourceType: 'Patient',
  identifier: [{ system: 'urn:oid:2.16.578.1.12.4.1.4.1', value: '12834812019' }],
  name: [{ family: 'Prøvepasient', given: ['Ola'] }],
  birthDate: '1948-03-12',
  gender: 'male',
};
const referral = (name: string) => readMsgHead(readXml(readFileSync(`test/fixtures/messages/${name}`)));

test('the PDF is PDF/A-2b: its fonts are in it, it says which standard it follows, and the same plan is the same file', async () => {
  const plan = {
    title: 'Egenbehandlingsplan kols',
    patient: 'Áŋŋel Čuđi, født 12.03.1948',
    sections: [{ heading: 'Rød sone', lines: ['SpO₂ ≤ 88 % → ring 113'] }],
  };
  const make = () => planPdf(plan, { approvalCode: '3F7A-09BC-D1E2', at });
  const pdf = await make();
  const text = pdf.toString('latin1');
  expect(text).toMatch(/<pdfaid:part>2<\/pdfaid:part>/);
  expect(text).toMatch(/<pdfaid:conformance>B<\/pdfaid:conformance>/);
  expect(text).toContain('/OutputIntents');
  // Latin and extended, regular and bold: every font with its file, none of the built-in ones.
  expect(text).not.toContain('/Type1');
  expect(text.match(/\/FontFile[23]/g)?.length).toBeGreaterThanOrEqual(3);
  expect((await make()).equals(pdf)).toBe(true);
});

test('a drawing is in the PDF as lines and letters, on a page of its own where it does not fit', async () => {
  const chart: Drawing = {
    width: 640,
    height: 400,
    shapes: [
      { kind: 'rectangle', x: 0, y: 0, width: 640, height: 200, fill: '#fde2e0' },
      {
        kind: 'line',
        points: [
          [0, 0],
          [320, 100],
          [640, 50],
        ],
        stroke: '#1a4d80',
        width: 1.5,
      },
      { kind: 'dot', x: 320, y: 100, radius: 2.5, fill: '#1a4d80' },
      { kind: 'words', x: 640, y: 390, anchor: 'end', size: 11, words: 'Čuđi 92' },
    ],
  };
  const pdfOf = (drawings: Drawing[]) =>
    textPdf({ title: 'T', patient: 'P', sections: [{ heading: 'H', lines: ['L'], drawings }] }, { at });
  const [none, three] = [await pdfOf([]), await pdfOf([chart, chart, chart])];
  const pages = (pdf: Buffer): number => Number(/\/Count (\d+)/.exec(pdf.toString('latin1'))?.[1]);
  expect([pages(none), pages(three)]).toEqual([1, 2]);
  const streams = [...three.toString('latin1').matchAll(/stream\n([\s\S]*?)\nendstream/g)].flatMap(([, body]) => {
    try {
      return [inflateSync(Buffer.from(body!, 'latin1')).toString('latin1')];
    } catch {
      return [];
    }
  });
  const drawn = streams.filter((body) => /\nS\n/.test(body)).join('\n');
  expect(drawn.match(/ l\n/g)).toHaveLength(6);
  expect((await pdfOf([chart, chart, chart])).equals(three)).toBe(true);
});

describe('the answer to a referral', () => {
  const cases: readonly [
    file: string,
    answer: 'accepted' | 'rejected',
    type: string,
    topic: readonly [string, string],
  ][] = [
    ['henvisning-nytilstand.xml', 'accepted', 'DIALOG_STATUS_HENVISNING', ['9148', '2']],
    ['henvisning-nytilstand.xml', 'rejected', 'DIALOG_STATUS_HENVISNING', ['9148', '4']],
    ['dialog-foresporsel.xml', 'accepted', 'DIALOG_SVAR', ['9069', '5']],
    ['dialog-foresporsel.xml', 'rejected', 'DIALOG_SVAR', ['9069', '9']],
  ];
  test.each(cases)(
    'to %s, %s, is %s with topic %j in the conversation of the referral',
    (file, answer, type, [list, code]) => {
      const asked = referral(file);
      const built = buildReferralAnswer({
        referral: asked,
        answer,
        text: 'Tilbys oppfølging <fra mandag> & videre.',
        contact,
        id,
        at,
      });
      const head = readMsgHead(readXml(built.raw));
      expect([head.type.code, built.msgType]).toEqual([type, type]);
      expect(head.conversation).toEqual({ parent: asked.id, conversation: asked.id });
      expect([built.sender, built.receiver]).toEqual([
        '8990002',
        file.startsWith('henvisning') ? '8990011' : '8990021',
      ]);
      expect(checkHead(head, { ownHerIds: [], copiedHerIds: [], syntheticPatients: true })).toEqual([]);
      expect(dialogueText(head.content)?.text).toBe('Tilbys oppfølging <fra mandag> & videre.');
      const raw = Buffer.from(built.raw).toString();
      expect(/<TemaKodet V="(\w+)" DN="[^"]+" S="2\.16\.578\.1\.12\.4\.1\.1\.(\d+)"/.exec(raw)?.slice(1)).toEqual([
        code,
        list,
      ]);
      if (type === 'DIALOG_SVAR')
        expect(raw).toContain(
          '<Sporsmal>Hjertesvikt, ønsker digital hjemmeoppfølging med vekt og blodtrykk.</Sporsmal>',
        );
    },
  );

  test('cannot be written for an unidentified patient', () => {
    const unknown = referral('henvisning-oyeblikkelig-ukjent-pasient.xml');
    expect(() => buildReferralAnswer({ referral: unknown, answer: 'accepted', text: '', contact, id, at })).toThrow(
      expect.objectContaining({ category: 'unprocessable' }),
    );
  });
});

const plan = {
  title: 'Egenbehandlingsplan kols',
  patient: 'Ola Prøvepasient',
  sections: [{ heading: 'Gul sone', lines: ['Kjennetegn: Mer tungpust enn vanlig', 'SpO₂ ≥ 88 og < 90,5 %'] }],
};

test('the plan goes to the GP with the PDF attached and the code that approves it', async () => {
  const request = {
    plan,
    approvalCode: '3F7A-09BC-D1E2',
    sender: centre,
    receiver: gp,
    patient: outboundPatient(patient),
    contact,
    id,
    at,
  };
  const built = await buildPlanToGp(request);
  const head = readMsgHead(readXml(built.raw));
  expect(head.receiver.professional?.idents).toEqual([{ id: '8990021', type: 'HER' }]);
  expect(dialogueText(head.content)?.text).toContain('GODKJENT 3F7A-09BC-D1E2');
  const [attachment] = head.attachments;
  expect(attachment).toMatchObject({ mimeType: 'application/pdf', description: 'Egenbehandlingsplan kols' });
  expect(Buffer.from(attachment!.base64, 'base64').subarray(0, 5).toString()).toBe('%PDF-');
  expect(Buffer.from((await buildPlanToGp(request)).raw).equals(Buffer.from(built.raw))).toBe(true);
});

test.each([
  ['GODKJENT 3F7A-09BC-D1E2', '3F7A-09BC-D1E2'],
  ['  godkjent 3f7a09bcd1e2  \nTakk!', '3F7A-09BC-D1E2'],
  ['Jeg har GODKJENT 3F7A-09BC-D1E2', undefined],
  ['GODKJENT', undefined],
  ['Ikke\nGODKJENT 3F7A-09BC-D1E2', undefined],
  ['GODKJENT 3F7A-09BC-D1E2 med endringer', undefined],
])('the answer %j approves %s', (text, code) => {
  expect(approvedCode(text)).toBe(code);
});

test('the code of a content is the beginning of its hash', () => {
  expect(approvalCode('sha256:3f7a09bcd1e2aabbccdd')).toBe('3F7A-09BC-D1E2');
  expect(approvedCode(`GODKJENT ${approvalCode('sha256:3f7a09bcd1e2aabbccdd')}`)).toBe('3F7A-09BC-D1E2');
});
