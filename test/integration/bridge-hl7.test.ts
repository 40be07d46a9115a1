import { hl7Receiver } from '../../src/bridge/receive-hl7.js';
import type { Resource } from '../../src/fhir/resource.js';
import { openStage, type Stage } from './bridge-stage.js';
import { hl7, ola, pid } from './hl7-messages.js';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
  await stage.put({ resourceType: 'Patient', id: 'ola', active: true, identifier: [ola] });
});
afterAll(() => stage.close());

let last = 0;
async function send(type: string, ...segments: readonly string[]): Promise<string> {
  const message = hl7(type, { id: `M${++last}`, charset: 'UNICODE UTF-8' }, ...segments);
  const answer = await hl7Receiver(stage.parts, { peers: [], principalOf: () => stage.parts.by })(message, undefined);
  return /MSA\|([^\r]*)/.exec(Buffer.concat(answer).toString())![1]!.replace(`|M${last}`, '').trim();
}
/** Observations of an order, by the last part of their number. */
async function results(order: string): Promise<Record<string, Resource>> {
  const found = (await stage.all('Observation')).flatMap((one) => {
    const { value } = (one.identifier as { value: string }[])[0]!;
    return value.startsWith(`${order}/`) ? [[value.slice(order.length + 1), one] as const] : [];
  });
  return Object.fromEntries(found);
}
const raw = async (id: string): Promise<string> =>
  (await stage.database.pool.query<{ content: string }>('select content from resource where id = $1', [id])).rows[0]!
    .content;
const obr = (order: string, section = 'CH', status = 'F'): string =>
  `OBR|1||${order}|PANEL^Panel^L|||20260302080000|||||||||||||||20260302101000||${section}|${status}`;

const types: readonly [string, string, object][] = [
  [
    'NM',
    '37.0|Cel^^UCUM',
    { valueQuantity: { value: 37, unit: 'Cel', system: 'http://unitsofmeasure.org', code: 'Cel' } },
  ],
  ['NM', '72|slag/min', { valueQuantity: { value: 72, unit: 'slag/min', code: '/min' } }],
  ['NM', '<5|mg/L', { valueQuantity: { value: 5, comparator: '<', code: 'mg/L' } }],
  ['NM', 'hemolysert', { valueString: 'hemolysert' }],
  ['NM', '3|poeng', { valueQuantity: { value: 3, unit: 'poeng' } }],
  ['SN', '>^100|mg/L', { valueQuantity: { value: 100, comparator: '>' } }],
  ['SN', '^10^-^20|mg/L', { valueRange: { low: { value: 10 }, high: { value: 20 } } }],
  ['SN', '^1^:^128', { valueRatio: { numerator: { value: 1 }, denominator: { value: 128 } } }],
  ['ST', 'Klar \\T\\ fin æøå', { valueString: 'Klar & fin æøå' }],
  ['TX', 'Linje en~Linje to', { valueString: 'Linje en\nLinje to' }],
  [
    'CE',
    '260385009^Negativ^SCT',
    { valueCodeableConcept: { coding: [{ system: 'http://snomed.info/sct', code: '260385009' }] } },
  ],
  [
    'CWE',
    'POS^Positiv^L^^^^^^Tydelig positiv',
    { valueCodeableConcept: { coding: [{ code: 'POS' }], text: 'Tydelig positiv' } },
  ],
  ['DT', '20260228', { valueDateTime: '2026-02-28' }],
  ['NM', '', { dataAbsentReason: { coding: [{ code: 'unknown' }] } }],
];
test('a result of each data type keeps its value, its unit and its kind', async () => {
  const aligned = types.map(([type, rest], index) => {
    const fields = `OBX|${index + 1}|${type}|T${index}^Test ${index}^L||${rest}`.split('|');
    return [...fields, ...Array<string>(11 - fields.length).fill(''), 'F'].join('|');
  });
  expect(await send('ORU^R01', pid(ola.value), obr('ORDER-T'), ...aligned)).toBe('AA');
  const found = await results('ORDER-T');
  types.forEach(([, , expected], index) => expect(found[`T${index}`]).toMatchObject(expected));
  expect(Object.keys(found)).toHaveLength(types.length);
  expect(found['T3']).not.toHaveProperty('valueQuantity');
  expect(found['T4']).not.toHaveProperty('valueQuantity.system');
  expect(await raw(found['T0']!.id!)).toContain('"value":37.0');
});

test('vital signs: category, range, flag and time; the two pressures of one order are one measurement', async () => {
  await send(
    'ORU^R01',
    pid(ola.value),
    obr('ORDER-V', ''),
    'OBX|1|NM|8480-6^Systolic^LN||142|mmHg|90-140|H|||F|||20260302081500',
    'OBX|2|NM|8462-4^Diastolic^LN||85|mmHg||N|||F|||20260302081500',
    'OBX|3|NM|59408-5^SpO2^LN||91|%|>=92|LL|||F|||20260302081600',
  );
  const found = await results('ORDER-V');
  expect(Object.keys(found).sort()).toEqual(['59408-5', '85354-9']);
  expect(found['85354-9']).toMatchObject({
    category: [{ coding: [{ code: 'vital-signs' }] }],
    effectiveDateTime: '2026-03-02T08:15:00+01:00',
    component: [
      {
        code: { coding: [{ code: '8480-6' }] },
        valueQuantity: { value: 142, code: 'mm[Hg]' },
        interpretation: [{ coding: [{ code: 'H' }] }],
        referenceRange: [{ low: { value: 90 }, high: { value: 140 } }],
      },
      { code: { coding: [{ code: '8462-4' }] }, valueQuantity: { value: 85 } },
    ],
  });
  expect(found['85354-9']).not.toHaveProperty('valueQuantity');
  expect(found['59408-5']).toMatchObject({
    interpretation: [{ coding: [{ code: 'LL' }] }],
    referenceRange: [{ low: { value: 92 } }],
  });
});

test('corrections change the result that came before: C amends, D withdraws, other content under F is an amendment too', async () => {
  const obx = (code: string, value: string, status: string): string =>
    `OBX|1|NM|${code}^Prøve^L||${value}|g/L|||||${status}`;
  const sent = (status: string, ...observed: readonly string[]): Promise<string> =>
    send('ORU^R01', pid(ola.value), obr('ORDER-C', 'CH', status), ...observed);
  await sent('P', obx('HB', '120', 'P'), obx('CRP', '5', 'F'), obx('K', '4', 'F'), obx('NA', '140', 'F'));
  await sent('C', obx('HB', '125', 'F'), obx('CRP', '50', 'C'), obx('K', '4', 'D'), obx('NA', '140', 'F'));
  const found = await results('ORDER-C');
  expect(
    Object.entries(found).map(([code, one]) => [
      code,
      one.status,
      (one.valueQuantity as { value: number }).value,
      one.meta?.versionId,
    ]),
  ).toEqual([
    ['HB', 'final', 125, '2'],
    ['CRP', 'amended', 50, '2'],
    ['K', 'entered-in-error', 4, '2'],
    ['NA', 'final', 140, '2'],
  ]);
  await sent('F', obx('HB', '126', 'F'));
  expect((await results('ORDER-C'))['HB']).toMatchObject({ status: 'amended', valueQuantity: { value: 126 } });
  const reports = (await stage.all('DiagnosticReport')).filter(
    ({ identifier }) => (identifier as { value: string }[])[0]!.value === 'ORDER-C',
  );
  expect(reports).toHaveLength(1);
});

test('several orders make a report each, notes stay with their result, and what has no place is named', async () => {
  const before = (await stage.all('DiagnosticReport')).length;
  await send(
    'ORU^R01',
    pid(ola.value),
    'ORC|RE||ORDER-1',
    obr('ORDER-1'),
    'NTE|1||Første linje',
    'NTE|2||Andre linje',
    'OBX|1|ST|A^A^L||svar||||||F',
    'NTE|1||Merknad til A',
    'ORC|RE||ORDER-2',
    obr('ORDER-2'),
    'OBX|1|ST|B^B^L||svar||||0.5||F',
    'ZZZ|1|noe eget',
  );
  const reports = (await stage.all('DiagnosticReport')).slice(before);
  expect(reports.map(({ conclusion, result }) => [conclusion, (result as unknown[]).length])).toEqual([
    ['Første linje\nAndre linje', 1],
    [undefined, 1],
  ]);
  expect((await results('ORDER-1'))['A']!.note).toEqual([{ text: 'Merknad til A' }]);
  const documents = await stage.all('DocumentReference');
  expect(documents.at(-1)!.description).toBe(
    'Målinger og prøvesvar (ORU^R01). Står bare i originalmeldingen: HL7/OBX/OBX.9/OBX.9.1, HL7/ZZZ/ZZZ.1/ZZZ.1.1, HL7/ZZZ/ZZZ.2/ZZZ.2.1',
  );
  const [provenance] = (await stage.all('Provenance')).slice(-1);
  expect((provenance!.target as unknown[]).length).toBe(4);
});

test('results of a person who is not known here stay with the number, and are that person’s when the Patient comes', async () => {
  const stranger = { system: 'urn:oid:2.16.578.1.12.4.1.4.1', value: '17912099997' };
  await send('ORU^R01', pid(stranger.value), obr('ORDER-U'), 'OBX|1|NM|8867-4^Puls^LN||72|/min|||||F');
  expect((await results('ORDER-U'))['8867-4']!.subject).toEqual({ type: 'Patient', identifier: stranger });
});

test.each([
  ['no OBR', ['PID'], 'AE|The message holds no OBR segment.'],
  ['a result without a code', ['PID', 'OBR', 'OBX|1|NM|||5'], 'AE|A result lacks OBX/OBX.3.'],
])('%s is answered AE and leaves nothing', async (_name, parts, expected) => {
  const before = (await stage.all('Observation')).length;
  const segments = parts.map((part) => ({ PID: pid(ola.value), OBR: obr('ORDER-X') })[part] ?? part);
  expect(await send('ORU^R01', ...segments)).toBe(expected);
  expect((await stage.all('Observation')).length).toBe(before);
});

const referral = (control: string, number: string, text: string): string[] => [
  pid('17912099997', '~N9^^^NORDVIK^PI||Ny^Pasient||19720811|F'),
  `ORC|${control}|${number}||||||||||999000103^Testoverlege^Per^^^^^^HPR`,
  `OBR|1|${number}||103^Digital hjemmeoppfølging^L|||||||||${text}`,
];

test.each(['ORM^O01', 'OMG^O19'])(
  '%s: an order is a referral with its Task; a change and a cancellation take effect while nobody has decided',
  async (type) => {
    const number = `REQ-${type.slice(0, 3)}`;
    const found = async () =>
      (await stage.all('ServiceRequest')).find(({ identifier }) =>
        (identifier as { value: string }[]).some(({ value }) => value === number),
      )!;
    const task = async () =>
      (await stage.all('Task')).find(
        ({ focus }) =>
          (focus as { reference: string }).reference.startsWith('ServiceRequest/') &&
          (focus as { reference: string }).reference.endsWith(request.id!),
      )!;
    expect(await send(type, ...referral('NW', number, 'KOLS'))).toBe('AA');
    let request = await found();
    expect(request).toMatchObject({
      status: 'active',
      intent: 'order',
      requester: { display: 'Per Testoverlege' },
      performer: [{ reference: 'Organization/8990002' }],
      note: [{ text: 'KOLS' }],
    });
    expect((await task()).status).toBe('received');
    await send(type, ...referral('XO', number, 'KOLS og hjertesvikt'));
    request = await found();
    expect(request.note).toEqual([{ text: 'KOLS og hjertesvikt' }]);
    await send(type, ...referral('CA', number, ''));
    expect([(await found()).status, (await task()).status]).toEqual(['revoked', 'cancelled']);
  },
);

test('both orders above made one Patient, with the national and the local number', async () => {
  const patients = (await stage.all('Patient')).filter(({ id }) => id !== 'ola');
  expect(patients.map(({ identifier, name, gender }) => [identifier, name, gender])).toEqual([
    [
      [
        { system: 'urn:oid:2.16.578.1.12.4.1.4.1', value: '17912099997' },
        { value: 'N9', assigner: { display: 'NORDVIK' } },
      ],
      [{ use: 'official', family: 'Ny', given: ['Pasient'] }],
      'female',
    ],
  ]);
  // What came for the stranger before is this person's now.
  const { rows } = await stage.database.pool.query(
    `select r.patients = array[p.rid] as theirs from resource r, resource p where r.id = $1 and p.id = $2`,
    [(await results('ORDER-U'))['8867-4']!.id, patients[0]!.id],
  );
  expect(rows).toEqual([{ theirs: true }]);
});

test('REF^I12 is a referral with its reason and diagnosis; without RF1 it is refused', async () => {
  const segments = [
    'RF1|P|A|||E|HENV-1|20260302100000|||^Etter utskrivning',
    pid(ola.value),
    'DG1|1||I509^Hjertesvikt^I10',
    'NTE|1||Ring først',
  ];
  expect(await send('REF^I12', ...segments)).toBe('AA');
  const request = (await stage.all('ServiceRequest')).at(-1)!;
  expect(request).toMatchObject({
    priority: 'asap',
    subject: { reference: 'Patient/ola' },
    note: [{ text: 'Ring først' }],
  });
  expect((request.reasonCode as { text: string }[]).map(({ text }) => text)).toEqual([
    'Etter utskrivning',
    'Hjertesvikt',
  ]);
  expect(await send('REF^I12', pid(ola.value))).toBe('AE|The message holds no RF1 segment.');
});

test('a document among the results belongs to the report; a report without results is its notes', async () => {
  const pdf = 'JVBERi0xLjQK';
  expect(
    await send(
      'ORU^R01',
      pid(ola.value),
      obr('ORDER-D'),
      `OBX|1|ED|PDF^Svar som PDF^L||^application^pdf^Base64^${pdf}||||||F`,
      'OBX|2|RP|IMG^Bilde^L||https://pacs.example/1^^image^jpeg||||||F',
      'OBX|3|RP|X^Annet^L||file:///etc/passwd||||||F',
    ),
  ).toBe('AA');
  expect(await send('ORU^R01', pid(ola.value), obr('ORDER-E'), 'NTE|1||Ingen funn')).toBe('AA');
  const reports = await stage.all('DiagnosticReport');
  const report = (order: string) =>
    reports.find((one) => (one.identifier as { value: string }[])[0]!.value === order) as Resource;
  expect(report('ORDER-D').presentedForm).toEqual([
    { contentType: 'application/pdf', data: pdf, title: 'Svar som PDF' },
    { contentType: 'image/jpeg', url: 'https://pacs.example/1', title: 'Bilde' },
  ]);
  expect(Object.keys(await results('ORDER-D'))).toEqual(['X']);
  expect(report('ORDER-E')).toMatchObject({ conclusion: 'Ingen funn' });
  expect(report('ORDER-E')).not.toHaveProperty('result');
});
