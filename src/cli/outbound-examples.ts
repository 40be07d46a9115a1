// One of every kind of message that the server sends, made by the builders that send them.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { packageRoot } from '../fhir/package-root.js';
import { writeAcknowledgment, writeEbxml, writeMessageError } from '../mapping/ebxml/write-ebxml.js';
import { readEbxml } from '../mapping/ebxml/read-ebxml.js';
import { loadMessageMaps } from '../mapping/load-maps.js';
import { buildDialogue, dialogueTypes } from '../mapping/outbound/dialogue.js';
import { buildDischargeSummary, dischargeSummaryVersions } from '../mapping/outbound/discharge-summary.js';
import { buildLimitsQuestion } from '../mapping/outbound/limits-question.js';
import { buildOwnReferral, ownReferralVersions } from '../mapping/outbound/own-referral.js';
import { buildPlanToGp } from '../mapping/outbound/plan-to-gp.js';
import { buildReferralAnswer } from '../mapping/outbound/referral-answer.js';
import { buildReferral } from '../mapping/outbound/referral.js';
import { buildReport, type ReportType } from '../mapping/outbound/report.js';
import { readMsgHead } from '../mapping/plo/msg-head.js';
import type { Party, Professional } from '../mapping/plo/party.js';
import { receiptFor } from '../mapping/plo/receipt.js';
import { renderAppRec } from '../mapping/plo/render-app-rec.js';
import { runMap } from '../mapping/run-map.js';
import { loadElementTrees } from '../mapping/tree/element-trees.js';
import { readXml } from '../mapping/xml/read-xml.js';

export interface OutboundExample {
  readonly name: string;
  readonly xml: Uint8Array;
  /** An envelope, which has schemas of its own. */
  readonly ebxml?: boolean;
}

const at = Date.parse('2026-03-03T08:00:00Z');
const her = (id: string) => [{ type: 'HER', id }];
const centre: Party = {
  name: 'FJORDHEIM KOMMUNE',
  idents: her('8990001'),
  unit: { name: 'Responssentertjeneste', idents: her('8990002') },
};
const gp: Party = {
  name: 'Fjordheim legesenter',
  idents: her('8990020'),
  professional: { name: 'Kari Testlege', idents: her('8990021') },
};
const hospital: Party = { name: 'NORDVIK SYKEHUS HF', idents: her('8990010') };
const contacts: readonly (readonly [name: string, contact: Professional])[] = [
  [
    'named',
    { name: 'Siri Testsykepleier', idents: [{ type: 'HPR', id: '999000101' }], phone: '400 00 009', profession: 'SP' },
  ],
  ['service', { name: 'Responssentertjeneste', family: 'Responssentertjeneste', idents: [] }],
];
const patient = {
  ident: { type: 'FNR', id: '12834812019' },
  family: 'Prøvepasient',
  given: 'Ola',
  born: '1948-03-12',
  sex: '1',
} as const;
const conversation = {
  parent: '3f0c2d1e-5a4b-4c3d-9e8f-000000000020',
  conversation: '3f0c2d1e-5a4b-4c3d-9e8f-000000000020',
};

const further = [
  { resourceType: 'AllergyIntolerance', code: { text: 'Penicillin' }, note: [{ text: 'Utslett' }] },
  {
    resourceType: 'Observation',
    code: { text: 'Blodtrykk' },
    effectiveDateTime: '2026-03-03T08:00:00+01:00',
    component: [
      { code: { text: 'Systolisk' }, valueQuantity: { value: 128.5, unit: 'mmHg' } },
      { code: { text: 'Stilling' }, valueString: 'Sittende' },
    ],
  },
];

const reports: readonly (readonly [type: ReportType, example: string, receiver: Party])[] = [
  ['INNLEGGELSESRAPPORT', 'innleggelsesrapport', hospital],
  ['HELSEOPPLYSNINGER_LEGE', 'helseopplysninger-til-lege', gp],
  ['ORIENTERING_TJENESTETILBUD', 'orientering-om-tjenestetilbud', gp],
  ['HELSEOPPL_SOKNAD', 'helseopplysninger', hospital],
  ['MEDISINSKE_OPPLYSNINGER', 'medisinske-opplysninger', hospital],
  ['UTSKRIVNINGSRAPPORT', 'utskrivningsrapport', hospital],
  ['LOG_INNLAGT', 'log-innlagt', hospital],
  ['LOG_UTSKRIVNINGSKLAR', 'log-utskrivningsklar', hospital],
  ['LOG_AVMELDING', 'log-avmelding', hospital],
  ['LOG_UTSKREVET', 'log-utskrevet', hospital],
  ['LOG_DOD', 'log-dod', hospital],
];

/** Every kind of outgoing message, receipt and ebXML envelope. */
export async function outboundExamples(): Promise<readonly OutboundExample[]> {
  const folder = path.join(packageRoot(), 'mappings');
  const maps = loadMessageMaps(folder);
  const trees = loadElementTrees(path.join(folder, 'trees'));
  const example = (name: string) => readXml(readFileSync(path.join(folder, 'examples', `${name}.xml`)));
  let number = 0;
  const id = (): string => `5f0c0000-0000-4000-8000-${String(++number).padStart(12, '0')}`;
  const made: OutboundExample[] = [];
  for (const [who, contact] of contacts) {
    for (const answer of ['accepted', 'rejected', 'forwarded'] as const) {
      for (const name of ['henvisning-nytilstand', 'dialog-foresporsel', 'henvisning-1']) {
        const referral = readMsgHead(example(name));
        const built = buildReferralAnswer({ referral, answer, text: 'Svar <til> & fra.', contact, id: id(), at });
        made.push({ name: `${built.msgType} to ${name}, ${answer}, ${who}`, xml: built.raw });
      }
    }
    const parties = { sender: centre, receiver: gp, patient, contact, at };
    const plan = await buildPlanToGp({
      ...parties,
      id: id(),
      plan: { title: 'Egenbehandlingsplan', patient: 'Ola', sections: [{ heading: 'Rød sone', lines: ['Ring 113'] }] },
      approvalCode: '3F7A-09BC-D1E2',
      link: 'https://example.org/plan/1',
      conversation,
    });
    made.push({ name: `DIALOG_HELSEFAGLIG with the plan, ${who}`, xml: plan.raw });
    const question = buildLimitsQuestion({
      ...parties,
      id: id(),
      reason: 'Vekt',
      measurements: ['2026-03-02 Vekt: 92 kg'],
    });
    made.push({ name: `DIALOG_FORESPORSEL about limits, ${who}`, xml: question.raw });
    for (const [type, name, receiver] of reports) {
      const { resources } = runMap(maps.forMessage(type)!, example(name));
      const report = buildReport({ ...parties, receiver, type, resources, id: id(), conversation }, { maps, trees });
      made.push({ name: `${type}, ${who}`, xml: report.raw });
    }
  }
  const [contact] = contacts.map(([, one]) => one);
  const common = { sender: centre, receiver: hospital, patient, contact: contact!, at, conversation };
  for (const type of dialogueTypes) {
    const topic = type === 'DIALOG_STATUS_HENVISNING' ? { list: '9148', code: '1', display: 'Innkalles' } : undefined;
    const built = buildDialogue({
      ...common,
      id: id(),
      type,
      ...(topic && { topic }),
      title: 'Tema',
      text: 'Tekst & mer',
    });
    made.push({ name: `${type} as asked for`, xml: built.raw });
  }
  for (const type of ['HENVISNING_NYTILSTAND', 'HENVISNING_VIDERE'] as const) {
    const { resources } = runMap(maps.named('henvisning-nytilstand'), example('henvisning-nytilstand'));
    const priorities = maps.table('referral-priority');
    const more = [...runMap(maps.named('epikrise'), example('epikrise')).resources, ...further];
    const built = buildReferral(
      { ...common, id: id(), type, request: resources[0]!, resources: more, priorities },
      { trees },
    );
    made.push({ name: type, xml: built.raw });
  }
  const attachments = [{ mimeType: 'application/pdf', description: 'Plan', bytes: Buffer.from('%PDF-1.4') }];
  const read = (name: string) =>
    runMap(maps.forMessage(name)!, example(name === 'EPIKRISE' ? 'epikrise' : 'henvisning-1'));
  for (const [, one] of contacts) {
    for (const version of dischargeSummaryVersions) {
      const resources = [...read('EPIKRISE').resources, ...read('HENVISNING').resources, ...further];
      const built = buildDischargeSummary(
        { ...common, contact: one, id: id(), version, resources, attachments },
        { trees },
      );
      made.push({ name: `EPIKRISE ${version}, ${one.name}`, xml: built.raw });
    }
    for (const version of ownReferralVersions) {
      const [request] = read('HENVISNING').resources;
      const resources = [...read('EPIKRISE').resources, ...further];
      const priorities = maps.table('referral-priority');
      const more = version === '1.0' ? {} : { attachments };
      const built = buildOwnReferral(
        { ...common, ...more, contact: one, id: id(), version, resources, request: request!, priorities },
        { trees },
      );
      made.push({ name: `HENVISNING ${version}, ${one.name}`, xml: built.raw });
    }
  }
  for (const name of ['log-innlagt', 'dialog-foresporsel', 'henvisning-1', 'epikrise', 'fravarsmelding']) {
    for (const errors of [[], [{ code: 'E36', text: 'Navnet mangler' }, { code: 'X99' }]]) {
      const receipt = receiptFor(readMsgHead(example(name)), { id: id(), at }, errors);
      made.push({
        name: `AppRec ${receipt.version} for ${name}, ${receipt.status}`,
        xml: Buffer.from(renderAppRec(receipt)),
      });
    }
  }
  return [...made, ...envelopes(id)];
}

function envelopes(id: () => string): readonly OutboundExample[] {
  const header = { from: '8990002', to: '8990021', conversationId: id(), at, payload: 'payload-1@hjemmebro.example' };
  const message = writeEbxml({ ...header, action: 'DIALOG_HELSEFAGLIG', messageId: id() });
  const read = readEbxml(readXml(Buffer.from(message)));
  const answer = { messageId: id(), at };
  return [
    ['ebXML message', message],
    [
      'ebXML message with an AppRec',
      writeEbxml({ ...header, action: 'APPREC', answers: 'LOG_INNLAGT', messageId: id() }),
    ],
    ['ebXML Acknowledgment', writeAcknowledgment(read, answer)],
    ['ebXML MessageError', writeMessageError(read, { code: 'SecurityFailure', text: 'Kryptert' }, answer)],
  ].map(([name, xml]) => ({ name: name!, xml: Buffer.from(xml!), ebxml: true }));
}
