import { parseJsonObject } from '../../../src/fhir/json.js';
import type { Resource } from '../../../src/fhir/resource.js';
import { groupSegments } from '../../../src/mapping/hl7/segment-groups.js';
import { readHl7 } from '../../../src/mapping/hl7/read-hl7.js';
import { loadMessageMaps } from '../../../src/mapping/load-maps.js';
import { buildMeasurement } from '../../../src/mapping/outbound/measurement-message.js';
import { runMap } from '../../../src/mapping/run-map.js';

const maps = loadMessageMaps('mappings');
const fnr = 'urn:oid:2.16.578.1.12.4.1.4.1';
const loinc = 'http://loinc.org';
const vital = {
  coding: [
    {
      system: 'http://terminology.hl7.org/CodeSystem/observation-category',
      code: 'vital-signs',
      display: 'Vital Signs',
    },
  ],
};
const patient: Resource = {
  resourceType: 'Patient',
  id: 'ola',
  identifier: [
    { system: fnr, value: '12834812019' },
    { system: 'http://example.org/local', value: '77' },
  ],
  name: [{ use: 'official', family: 'Prøve|pasient', given: ['Ola', 'Nils'] }],
  gender: 'male',
  birthDate: '1948-03-12',
  address: [{ line: ['Hemmelig vei 1'] }],
  telecom: [{ system: 'phone', value: '99999999' }],
};
const ends = { sendingFacility: '310000019', application: 'EPJ', facility: 'NORDVIK', processing: 'P' } as const;
const id = '5f0c0000-0000-4000-8000-000000000001';
const at = Date.parse('2026-03-02T09:00:00Z');

const observation = (members: object): Resource =>
  ({
    resourceType: 'Observation',
    id: 'o1',
    status: 'final',
    category: [vital],
    subject: { reference: 'Patient/ola' },
    effectiveDateTime: '2026-03-02T08:15:00+01:00',
    ...members,
  }) as Resource;
const unit = (value: number, code: string, words = code) => ({
  value,
  unit: words,
  system: 'http://unitsofmeasure.org',
  code,
});
const code = (loincCode: string, display: string) => ({
  coding: [{ system: loinc, code: loincCode, display }],
  text: display,
});

const built = (of: Resource, more: object = {}) =>
  buildMeasurement({ observation: of, patient, ends: { ...ends, ...more }, id, at }, maps);

/** What the receiver of such a message makes of it, with the map that reads it. */
function readBack(raw: Uint8Array): readonly Resource[] {
  const parameters = { subject: { reference: 'Patient/ola' } };
  return groupSegments(readHl7(raw).tree).flatMap(({ orders }) =>
    orders.flatMap(({ results }) =>
      results.map((tree) => {
        const { resources, missing, unmapped } = runMap(maps.named('oru-r01'), tree, parameters);
        expect({ missing, unmapped }).toEqual({ missing: [], unmapped: [] });
        return resources[0]!;
      }),
    ),
  );
}

const cases: readonly [name: string, resource: Resource][] = [
  [
    'a saturation with its range and a note',
    observation({
      code: code('59408-5', 'SpO2'),
      valueQuantity: unit(91, '%'),
      referenceRange: [{ low: unit(92, '%'), high: unit(100, '%'), text: '92-100' }],
      interpretation: [
        {
          coding: [
            { system: 'http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation', code: 'L', display: 'Low' },
          ],
        },
      ],
      note: [{ text: 'Målt i ro | etter gange\nlinje to' }],
      method: { coding: [{ code: 'PULSE', display: 'Pulsoksymeter' }], text: 'Pulsoksymeter' },
      device: { display: 'Nonin 3230' },
    }),
  ],
  [
    'a weight with a comparator',
    observation({ code: code('29463-7', 'Vekt'), valueQuantity: { ...unit(150, 'kg'), comparator: '>' } }),
  ],
  [
    'a range',
    observation({
      code: code('8310-5', 'Temperatur'),
      valueRange: { low: unit(36.5, 'Cel'), high: unit(37.5, 'Cel') },
    }),
  ],
  ['words', observation({ code: code('8310-5', 'Temperatur'), valueString: 'Ikke målt \\ glemt & utsatt' })],
  [
    'a laboratory result with two codes',
    observation({
      category: [{ coding: [{ ...vital.coding[0], code: 'laboratory', display: 'Laboratory' }] }],
      code: {
        coding: [
          { system: 'urn:oid:2.16.578.1.12.4.1.1.7280', code: 'NPU19748', display: 'P-CRP' },
          { system: loinc, code: '1988-5', display: 'CRP' },
        ],
        text: 'P-CRP',
      },
      issued: '2026-03-02T10:10:00+01:00',
      valueQuantity: unit(12.5, 'mg/L'),
      performer: [
        {
          type: 'Practitioner',
          identifier: { system: 'urn:oid:2.16.578.1.12.4.1.4.4', value: '999000103' },
          display: 'Kari Testbioingeniør',
        },
      ],
    }),
  ],
];

test.each(cases)('%s is the same after it was written and read', (_name, resource) => {
  const { id: _id, ...expected } = resource;
  const [back, ...more] = readBack(built(resource)!.raw);
  expect(more).toEqual([]);
  expect(back).toEqual(expected);
});

test('a blood pressure is two results of one order, as its reader puts them together again', () => {
  const pressure = observation({
    code: code('85354-9', 'Blodtrykk'),
    component: [
      { code: code('8480-6', 'Systolisk'), valueQuantity: unit(142, 'mm[Hg]', 'mmHg') },
      { code: code('8462-4', 'Diastolisk'), valueQuantity: unit(88, 'mm[Hg]', 'mmHg') },
    ],
  });
  expect(readBack(built(pressure)!.raw).map((one) => [one.code, one.valueQuantity])).toEqual(
    (pressure.component as { code: unknown; valueQuantity: unknown }[]).map((one) => [one.code, one.valueQuantity]),
  );
});

test('header, patient and order say who, to whom and what, and no more of the patient than that', () => {
  const message = built(observation({ code: code('8867-4', 'Puls'), valueQuantity: unit(72, '/min') }))!;
  expect(message).toMatchObject({ id, msgType: 'ORU^R01', sender: '310000019|HJEMMEBRO', receiver: 'NORDVIK|EPJ' });
  const lines = Buffer.from(message.raw).toString().split('\r');
  expect(lines.map((line) => line.split('|')[0])).toEqual(['MSH', 'PID', 'OBR', 'OBX', '']);
  expect(lines[0]).toMatch(
    /^MSH\|\^~\\&\|HJEMMEBRO\|310000019\|EPJ\|NORDVIK\|20260302100000\.000\+0100\|\|ORU\^R01\^ORU_R01\|[0-9a-f]{20}\|P\|2\.5\.1\|\|\|\|\|NOR\|UNICODE UTF-8$/,
  );
  expect(lines[1]).toBe(
    'PID|1||12834812019^^^NIN&2.16.578.1.12.4.1.4.1&ISO^FNR||Prøve\\F\\pasient^Ola^Nils^^^^L||19480312|M',
  );
  expect(lines[2]).toBe('OBR|1||o1^HJEMMEBRO|8867-4^Puls^LN|||20260302081500+0100||||||||||||||||||F');
  expect(lines[3]).toBe('OBX|1|NM|8867-4^Puls^LN||72|/min^/min^UCUM|||||F|||20260302081500+0100');
});

test('the digits of a decimal are those that were stored, and corrections say that they are', () => {
  const stored = parseJsonObject(
    JSON.stringify(
      observation({ status: 'corrected', code: code('29463-7', 'Vekt'), valueQuantity: unit(0, 'kg') }),
    ).replace('"value":0', '"value":92.10'),
  ) as Resource;
  const lines = Buffer.from(built(stored)!.raw).toString().split('\r');
  expect(lines[3]).toContain('||92.10|kg^kg^UCUM|||||C|');
  expect(lines[2]!.endsWith('|C')).toBe(true);
  const withdrawn = built(observation({ status: 'entered-in-error', code: code('29463-7', 'Vekt') }))!;
  expect(Buffer.from(withdrawn.raw).toString()).toContain('|||||||D|');
});

test('what HL7 cannot carry makes no message', () => {
  expect(built(observation({ code: code('1-1', 'Tom') }))).toBeUndefined();
  const nobody = { ...patient, identifier: [{ system: 'http://example.org/local', value: '77' }] };
  const full = observation({ code: code('8867-4', 'Puls'), valueQuantity: unit(72, '/min') });
  expect(buildMeasurement({ observation: full, patient: nobody, ends, id, at }, maps)).toBeUndefined();
});

test('a receiver in ISO-8859-1 gets its letters', () => {
  const raw = built(observation({ code: code('8867-4', 'Puls målt'), valueQuantity: unit(72, '/min') }), {
    charset: '8859/1',
  })!.raw;
  expect(Buffer.from(raw).toString('latin1')).toContain('Puls målt');
  expect(readBack(raw)).toHaveLength(1);
});
