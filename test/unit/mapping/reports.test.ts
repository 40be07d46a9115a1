import { readFileSync } from 'node:fs';
import type { Resource } from '../../../src/fhir/resource.js';
import { loadMessageMaps } from '../../../src/mapping/load-maps.js';
import { buildReport, type Report, type ReportType } from '../../../src/mapping/outbound/report.js';
import { readMsgHead } from '../../../src/mapping/plo/msg-head.js';
import { sendStatusOf } from '../../../src/mapping/plo/send-status.js';
import { runMap } from '../../../src/mapping/run-map.js';
import { treeFault } from '../../../src/mapping/tree/check-tree.js';
import { loadElementTrees } from '../../../src/mapping/tree/element-trees.js';
import { readXml } from '../../../src/mapping/xml/read-xml.js';

const maps = loadMessageMaps('mappings');
const trees = loadElementTrees('mappings/trees');
const her = (id: string) => [{ type: 'HER', id }];
const envelope: Omit<Report, 'type' | 'resources'> = {
  sender: {
    name: 'FJORDHEIM KOMMUNE',
    idents: her('8990001'),
    unit: { name: 'Responssenter', idents: her('8990002') },
  },
  receiver: { name: 'NORDVIK SYKEHUS HF', idents: her('8990010') },
  patient: { ident: { type: 'FNR', id: '12834812019' }, family: 'Prøvepasient', given: 'Ola' },
  contact: { name: 'Nina Omsorg', idents: [{ type: 'HPR', id: '999000111' }], phone: '22 00 00 01' },
  id: '5f0c0000-0000-4000-8000-000000000001',
  at: Date.parse('2026-03-03T08:00:00Z'),
};

const types: readonly [type: ReportType, example: string][] = [
  ['INNLEGGELSESRAPPORT', 'innleggelsesrapport'],
  ['HELSEOPPLYSNINGER_LEGE', 'helseopplysninger-til-lege'],
  ['ORIENTERING_TJENESTETILBUD', 'orientering-om-tjenestetilbud'],
  ['HELSEOPPL_SOKNAD', 'helseopplysninger'],
  ['MEDISINSKE_OPPLYSNINGER', 'medisinske-opplysninger'],
  ['UTSKRIVNINGSRAPPORT', 'utskrivningsrapport'],
];

const logistics: readonly [type: ReportType, example: string][] = [
  ['LOG_INNLAGT', 'log-innlagt'],
  ['LOG_UTSKRIVNINGSKLAR', 'log-utskrivningsklar'],
  ['LOG_AVMELDING', 'log-avmelding'],
  ['LOG_UTSKREVET', 'log-utskrevet'],
  ['LOG_DOD', 'log-dod'],
];

test.each(logistics)('%s: read, written and read again it says the same', (type, example) => {
  const map = maps.forMessage(type)!;
  const read = (xml: Uint8Array): readonly Resource[] => runMap(map, readXml(xml)).resources;
  const [before] = read(readFileSync(`mappings/examples/${example}.xml`));
  const written = buildReport({ ...envelope, type, status: 'C', resources: [before!] }, { maps, trees });
  const [after] = read(written.raw);
  // Who sends stands in the envelope, and in the contact that every message begins with.
  const told = ({ participant: _who, location: _where, ...rest }: Resource) => rest;
  expect(told(after!)).toEqual(told(before!));
  expect(sendStatusOf(readMsgHead(readXml(written.raw)))).toBe('C');
});

test('a discharge that only FHIR words tell of goes home', () => {
  const code = { system: 'http://terminology.hl7.org/CodeSystem/discharge-disposition', code: 'home', display: 'Home' };
  const encounter: Resource = {
    resourceType: 'Encounter',
    period: { end: '2026-03-04T12:00:00+01:00' },
    hospitalization: { dischargeDisposition: { coding: [code] } },
  };
  const { raw } = buildReport({ ...envelope, type: 'LOG_UTSKREVET', resources: [encounter] }, { maps, trees });
  expect(Buffer.from(raw).toString()).toContain('<po:UtTil V="1"/>');
});

test.each(types)('%s: what the map reads it writes again, in the order of the standard', (type, example) => {
  const map = maps.forMessage(type)!;
  const read = (xml: Uint8Array): readonly Resource[] => runMap(map, readXml(xml)).resources;
  const before = read(readFileSync(`mappings/examples/${example}.xml`));
  const { raw } = buildReport({ ...envelope, type, resources: before }, { maps, trees });
  expect(treeFault(readXml(raw), trees)).toBeUndefined();
  const after = read(raw);
  const [{ event: told, category }, { event: again, category: kind }] = [before, after].map(
    (all) => of(all, 'Composition')[0]!,
  ) as [Resource, Resource];
  expect([again, kind]).toEqual([told, category]);
  for (const name of ['Condition', 'Observation', 'ServiceRequest']) expect(of(after, name)).toEqual(of(before, name));
  const spoken = (resources: readonly Resource[]) =>
    of(resources, 'MedicationStatement').map((one) => ({ ...one, note: undefined }));
  expect(spoken(after)).toEqual(spoken(before));
  // Allergies with a category are written as the words of the patient's cave.
  expect(of(after, 'AllergyIntolerance').map(({ code }) => code)).toEqual(
    of(before, 'AllergyIntolerance').map(({ code }) => code),
  );
  expect(headings(after)).toEqual(headings(before));
  expect(readMsgHead(readXml(raw)).sender.unit?.name).toBe('Responssenter');
});

const of = (resources: readonly Resource[], type: string): readonly Resource[] =>
  resources.filter(({ resourceType }) => resourceType === type);
/** Sections with a heading of the standard; the others come from other elements. */
const headings = (resources: readonly Resource[]): unknown =>
  (of(resources, 'Composition')[0]!.section as { code?: unknown; text: unknown }[])
    .filter(({ code }) => code !== undefined)
    .map(({ code, text }) => [code, text]);

test('a report that lacks what the standard demands is not made', () => {
  expect(() =>
    buildReport({ ...envelope, type: 'ORIENTERING_TJENESTETILBUD', resources: [] }, { maps, trees }),
  ).toThrow(
    expect.objectContaining({ category: 'unprocessable', message: expect.stringContaining('EksisterendeTjeneste') }),
  );
});
