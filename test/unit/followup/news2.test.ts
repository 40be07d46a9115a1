import { deriveNews2, withReadings, withoutSource } from '../../../src/followup/news2/derive-news2.js';
import { parameterReadings, type ParameterReadings } from '../../../src/followup/news2/parameter-readings.js';
import { news2Score, type News2Values } from '../../../src/followup/news2/score-table.js';
import type { Resource } from '../../../src/fhir/resource.js';

const well: News2Values = {
  respiration: '16',
  saturation: '96',
  oxygen: 'air',
  systolic: '120',
  pulse: '70',
  consciousness: 'alert',
  temperature: '37.0',
};

/** parameter, scale, oxygen, [value, points]…: both sides of every edge of the chart */
const edges: [keyof News2Values, 'scale-1' | 'scale-2', 'air' | 'oxygen', [string, number][]][] = [
  [
    'respiration',
    'scale-1',
    'air',
    [
      ['8', 3],
      ['9', 1],
      ['11', 1],
      ['12', 0],
      ['20', 0],
      ['21', 2],
      ['24', 2],
      ['25', 3],
    ],
  ],
  [
    'saturation',
    'scale-1',
    'air',
    [
      ['91', 3],
      ['92', 2],
      ['93', 2],
      ['94', 1],
      ['95', 1],
      ['96', 0],
      ['100', 0],
    ],
  ],
  [
    'saturation',
    'scale-1',
    'oxygen',
    [
      ['91', 3],
      ['96', 0],
      ['100', 0],
    ],
  ],
  [
    'saturation',
    'scale-2',
    'air',
    [
      ['83', 3],
      ['84', 2],
      ['85', 2],
      ['86', 1],
      ['87', 1],
      ['88', 0],
      ['92', 0],
      ['93', 0],
      ['97', 0],
      ['100', 0],
    ],
  ],
  [
    'saturation',
    'scale-2',
    'oxygen',
    [
      ['83', 3],
      ['84', 2],
      ['85', 2],
      ['86', 1],
      ['87', 1],
      ['88', 0],
      ['92', 0],
      ['93', 1],
      ['94', 1],
      ['95', 2],
      ['96', 2],
      ['97', 3],
    ],
  ],
  [
    'systolic',
    'scale-1',
    'air',
    [
      ['90', 3],
      ['91', 2],
      ['100', 2],
      ['101', 1],
      ['110', 1],
      ['111', 0],
      ['219', 0],
      ['220', 3],
    ],
  ],
  [
    'pulse',
    'scale-1',
    'air',
    [
      ['40', 3],
      ['41', 1],
      ['50', 1],
      ['51', 0],
      ['90', 0],
      ['91', 1],
      ['110', 1],
      ['111', 2],
      ['130', 2],
      ['131', 3],
    ],
  ],
  [
    'temperature',
    'scale-1',
    'air',
    [
      ['35.0', 3],
      ['35.1', 1],
      ['36.0', 1],
      ['36.1', 0],
      ['38.0', 0],
      ['38.1', 1],
      ['39.0', 1],
      ['39.1', 2],
      ['35.04', 3],
      ['35.05', 1],
      ['39.05', 2],
    ],
  ],
];

test.each(
  edges.flatMap(([parameter, scale, oxygen, cases]) =>
    cases.map(([value, points]) => [parameter, scale, oxygen, value, points] as const),
  ),
)('%s on %s and %s: %s scores %d', (parameter, scale, oxygen, value, points) => {
  expect(news2Score({ ...well, oxygen, [parameter]: value }, scale).points[parameter]).toBe(points);
});

test.each([
  [{ respiration: '18', saturation: '95', systolic: '118', pulse: '92', temperature: '38.2' }, 'scale-1', 3],
  [
    {
      respiration: '25',
      saturation: '90',
      oxygen: 'oxygen',
      systolic: '100',
      pulse: '131',
      consciousness: 'altered',
      temperature: '35.0',
    },
    'scale-2',
    16,
  ],
  [{ respiration: '12', saturation: '93', systolic: '111', pulse: '51', temperature: '36.1' }, 'scale-2', 0],
  [
    { respiration: '24', saturation: '97', oxygen: 'oxygen', systolic: '220', pulse: '40', temperature: '39.1' },
    'scale-2',
    15,
  ],
  [
    {
      respiration: '8',
      saturation: '91',
      oxygen: 'oxygen',
      systolic: '90',
      pulse: '40',
      consciousness: 'altered',
      temperature: '35.0',
    },
    'scale-1',
    20,
  ],
  [{}, 'scale-1', 0],
] as const)('%j on %s scores %d', (values, scale, total) => {
  expect(news2Score({ ...well, ...values }, scale).total).toBe(total);
});

const at = Date.parse('2026-03-02T08:00:00Z');
const facts = { source: 'Observation/1', received: at, zone: 'Europe/Oslo', fatalDeviceStatus: ['cuff-error'] };
const observation = (code: string, more: object, minutes = 0): Resource =>
  ({
    resourceType: 'Observation',
    status: 'final',
    code: { coding: [{ system: 'http://loinc.org', code }] },
    effectiveDateTime: new Date(at - minutes * 60_000).toISOString(),
    ...more,
  }) as never;
const quantity = (value: number, unit: string, more: object = {}) => ({
  valueQuantity: { value, system: 'http://unitsofmeasure.org', code: unit, ...more },
});
const snomed = (code: string) => ({ coding: [{ system: 'http://snomed.info/sct', code }] });
const flow = (value: number) => [
  { code: { coding: [{ system: 'http://loinc.org', code: '3151-8' }] }, valueQuantity: { value } },
];
const component = (code: string, value: number) => ({
  code: { coding: [{ system: 'http://loinc.org', code }] },
  ...quantity(value, 'mm[Hg]'),
});
const valuesOf = (readings: ParameterReadings): object =>
  Object.fromEntries(Object.entries(readings).map(([name, reading]) => [name, reading.value]));

test.each([
  ['a rate per second', observation('9279-1', quantity(0.3, '/s')), { respiration: '18' }],
  ['a temperature in Fahrenheit', observation('8310-5', quantity(98.6, '[degF]')), { temperature: '37' }],
  [
    'a saturation with oxygen flow',
    observation('2708-6', { ...quantity(93, '%'), component: flow(2) }),
    { saturation: '93', oxygen: 'oxygen' },
  ],
  [
    'a saturation with no flow',
    observation('59408-5', { ...quantity(93, '%'), component: flow(0) }),
    { saturation: '93', oxygen: 'air' },
  ],
  ['a saturation that does not say on what', observation('2708-6', quantity(93, '%')), { saturation: '93' }],
  ['a flow of its own', observation('3151-8', quantity(1.5, 'L/min')), { oxygen: 'oxygen' }],
  [
    'a blood pressure',
    observation('85354-9', { component: [component('8480-6', 118), component('8462-4', 70)] }),
    { systolic: '118' },
  ],
  [
    'a blood pressure upside down',
    observation('85354-9', { component: [component('8480-6', 70), component('8462-4', 118)] }),
    {},
  ],
  [
    'an alert patient',
    observation('67775-7', { valueCodeableConcept: snomed('248234008') }),
    { consciousness: 'alert' },
  ],
  [
    'new confusion',
    observation('67775-7', { valueCodeableConcept: snomed('130987000') }),
    { consciousness: 'altered' },
  ],
  ['an answer that nobody knows', observation('67775-7', { valueCodeableConcept: snomed('1') }), {}],
  ['HI', observation('8867-4', quantity(250, '/min', { comparator: '>' })), {}],
  ['an impossible value', observation('8867-4', quantity(500, '/min')), {}],
  ['a unit of another kind', observation('8867-4', quantity(70, 'kg')), {}],
  ['a preliminary one', { ...observation('8867-4', quantity(70, '/min')), status: 'preliminary' } as Resource, {}],
  ['one from the future', observation('8867-4', quantity(70, '/min'), -6), {}],
  ['another measurement', observation('29463-7', quantity(70, 'kg')), {}],
])('%s', (_, resource, expected) => {
  expect(valuesOf(parameterReadings(resource, facts))).toEqual(expected);
});

describe('the derived Observation', () => {
  const reading = (value: string, minutes = 0, source = `Observation/${value}`) => ({
    t: at - minutes * 60_000,
    value,
    source,
  });
  const complete: ParameterReadings = {
    respiration: reading('24', 60),
    saturation: reading('97', 0, 'Observation/spo2'),
    oxygen: reading('oxygen', 0, 'Observation/spo2'),
    systolic: reading('220'),
    pulse: reading('40'),
    consciousness: reading('alert'),
    temperature: reading('39.1'),
  };
  const derive = (readings: ParameterReadings, scale: 'scale-1' | 'scale-2' = 'scale-2') =>
    deriveNews2({ readings, scale, patient: { reference: 'Patient/1' }, ids: { next: () => 'n' } });

  test('names total, parts by the scale, and each source once', () => {
    const score = derive(complete)!;
    expect(score['valueQuantity']).toMatchObject({ value: 15, code: '{score}' });
    expect(score['effectiveDateTime']).toBe('2026-03-02T08:00:00.000Z');
    expect((score['derivedFrom'] as object[]).length).toBe(6);
    const parts = (
      score['component'] as { code: { coding: { code: string }[] }; valueQuantity: { value: number } }[]
    ).map((part) => [part.code.coding[0]!.code, part.valueQuantity.value]);
    expect(parts).toContainEqual(['1104321000000108', 3]);
    expect(parts).toHaveLength(7);
    expect(JSON.stringify(derive(complete, 'scale-1'))).toContain('1104311000000102');
  });

  test.each(Object.keys(complete))('without %s there is none', (name) => {
    const { [name as keyof ParameterReadings]: _, ...rest } = complete;
    expect(derive(rest)).toBeUndefined();
  });

  test('a set that is spread over more than an hour is none', () => {
    expect(derive({ ...complete, respiration: { ...reading('24', 60), t: at - 3_600_001 } })).toBeUndefined();
  });

  test('newer readings take the place of older ones, and what is withdrawn is gone', () => {
    const newer = withReadings(complete, { pulse: reading('50', -1), temperature: reading('30', 1) });
    expect([newer.pulse?.value, newer.temperature?.value]).toEqual(['50', '39.1']);
    expect(Object.keys(withoutSource(newer, 'Observation/spo2'))).toEqual([
      'respiration',
      'systolic',
      'pulse',
      'consciousness',
      'temperature',
    ]);
  });
});
