import { readFileSync } from 'node:fs';
import type { Resource } from '../../../src/fhir/resource.js';
import { individualReport, isBenefitMeasure, summaryReport } from '../../../src/followup/benefit/benefit-report.js';
import { benefitTable } from '../../../src/followup/benefit/benefit-table.js';
import {
  type BenefitCode,
  type BenefitSubject,
  type BenefitTime,
  benefitValue,
} from '../../../src/followup/benefit/benefit-values.js';
import { countingIds } from './follow-up-world.js';

const start = Date.parse('2025-01-15T08:00:00+01:00');
const now = Date.parse('2025-08-01T12:00:00Z');
const report = (code: BenefitCode, day: string, value: number, more: object = {}): Resource => ({
  resourceType: 'Observation',
  id: `${code}-${day}`,
  status: 'final',
  code: { coding: [{ system: 'http://hjemmebro.no/fhir/CodeSystem/dho-benefit', code }] },
  effectiveDateTime: day,
  valueInteger: value,
  ...more,
});
const stay = (day: string, status = 'finished'): Resource => ({
  resourceType: 'Encounter',
  id: day,
  status,
  period: { start: day },
});
const subject = (id: string, reports: Resource[], stays: Resource[] = []): BenefitSubject => ({
  patient: {
    resourceType: 'Patient',
    id,
    identifier: [{ system: 'http://hjemmebro.no/fhir/gerica-id', value: `G-${id}` }],
  },
  start,
  reports,
  stays,
});
const reported = subject('ola', [
  report('home-visits-month', '2025-01-10', 30),
  report('home-minutes-month', '2025-01-10', 1100),
  report('home-visits-month', '2025-04-20', 12),
  report('home-visits-month', '2025-04-14', 10),
  report('home-minutes-month', '2025-04-14', 260),
]);

test.each<[string, BenefitSubject, BenefitCode, BenefitTime, number | string]>([
  ['the report before the start', reported, 'home-visits-month', 'before', 30],
  ['the report nearest to three months', reported, 'home-visits-month', '3-months', 10],
  ['nothing near six months, which are over', reported, 'home-visits-month', '6-months', 'unknown'],
  ['twelve months, which are not over', reported, 'home-visits-month', '12-months', 'temp-unknown'],
  [
    'a report of five weeks off',
    subject('x', [report('home-visits-month', '2025-05-21', 3)]),
    'home-visits-month',
    '3-months',
    'unknown',
  ],
  [
    'a report in error',
    subject('x', [report('home-visits-month', '2025-04-15', 3, { status: 'entered-in-error' })]),
    'home-visits-month',
    '3-months',
    'unknown',
  ],
  [
    'a report without a number',
    subject('x', [
      report('home-visits-month', '2025-04-15', 3, {
        valueInteger: undefined,
        dataAbsentReason: { text: 'ikke kjent' },
      }),
    ]),
    'home-visits-month',
    '3-months',
    'unknown',
  ],
  [
    'stays before the start, which this server was not told of',
    subject('x', [], [stay('2024-06-01')]),
    'admissions-12-months',
    'before',
    'unknown',
  ],
])('%s', (_name, of, code, time, expected) => {
  const { value, absent } = benefitValue(of, { code, time }, now);
  expect(value ?? absent).toBe(expected);
});

test('stays after the start count when the year is over; none told of is not zero, a report goes before', () => {
  const later = Date.parse('2026-02-01T00:00:00Z');
  const stays = [
    stay('2025-03-01'),
    stay('2025-12-24T10:00:00+01:00'),
    stay('2025-05-01', 'cancelled'),
    stay('2026-01-20'),
  ];
  const after = { code: 'admissions-12-months', time: '12-months' } as const;
  expect(benefitValue(subject('x', [], stays), after, later)).toMatchObject({ value: 2 });
  expect(benefitValue(subject('x', [], stays), after, now)).toMatchObject({ absent: 'temp-unknown' });
  expect(benefitValue(subject('x', []), after, later)).toMatchObject({ absent: 'unknown' });
  const told = report('admissions-12-months', '2026-01-10', 3);
  expect(benefitValue(subject('x', [told], stays), after, later)).toMatchObject({ value: 3 });
});

const measure = (id: string): Resource => JSON.parse(readFileSync(`profiles/measures/${id}.json`, 'utf8'));
const facts = {
  measure: measure('dho-benefit-home-nursing'),
  period: { start: '2025-01-01', end: '2025-12-31' },
  now,
  ids: countingIds(),
};
interface Group {
  code: { coding: { code: string }[] };
  population: { code: { coding?: { code: string }[]; text?: string }; count: number }[];
  measureScore: { value?: number; extension?: { valueCode: string }[] };
}
const groups = (resource: Resource): Group[] => resource['group'] as Group[];

test('one patient’s report has a value or a reason for each code and time', () => {
  const found = individualReport(reported, facts);
  expect(
    groups(found).map(
      ({ code, measureScore }) =>
        `${code.coding[0]!.code} ${code.coding[1]!.code} ${measureScore.value ?? measureScore.extension![0]!.valueCode}`,
    ),
  ).toEqual([
    'home-visits-month before 30',
    'home-visits-month 3-months 10',
    'home-visits-month 6-months unknown',
    'home-visits-month 12-months temp-unknown',
    'home-minutes-month before 1100',
    'home-minutes-month 3-months 260',
    'home-minutes-month 6-months unknown',
    'home-minutes-month 12-months temp-unknown',
  ]);
  expect(found['evaluatedResource']).toHaveLength(4);
});

test('the cohort’s mean is of those with home nursing before; those without are excluded, those unknown are said', () => {
  const cohort = [
    reported,
    subject('kari', [report('home-visits-month', '2025-01-01', 10), report('home-visits-month', '2025-04-15', 5)]),
    subject('per', [report('home-visits-month', '2025-01-01', 0), report('home-visits-month', '2025-04-15', 99)]),
    subject('eva', [report('home-visits-month', '2025-04-15', 99)]),
  ];
  const three = groups(summaryReport(cohort, facts))[1]!;
  expect(three.measureScore.value).toBe(7.5);
  expect(three.population.map(({ code, count }) => [code.coding?.[0]!.code ?? code.text, count])).toEqual([
    ['initial-population', 4],
    ['measure-population', 2],
    ['measure-population-exclusion', 1],
    ['with a value', 2],
    ['without a value', 0],
    ['home nursing before the start not reported', 1],
  ]);
  expect(groups(summaryReport([], facts)).every(({ measureScore }) => measureScore.value === undefined)).toBe(true);
});

test('the table has the five columns of the form, and no formula runs in it', () => {
  const sly = subject('x', []);
  (sly.patient['identifier'] as { value: string }[])[0]!.value = '=2+3;"a"';
  const lines = benefitTable([reported, sly], now).split('\r\n');
  expect(lines[0]).toBe('\uFEFFGerica-ID;Startdato;Måledato;Besøk per måned;Minutter per måned');
  expect(lines.slice(1, 5)).toEqual([
    'G-ola;15.01.2025;10.01.2025;30;1100',
    'G-ola;15.01.2025;14.04.2025;10;260',
    'G-ola;15.01.2025;15.07.2025;mangler;mangler',
    'G-ola;15.01.2025;15.01.2026;ikke ennå;ikke ennå',
  ]);
  expect(lines[5]).toContain(`"'=2+3;""a""";`);
});

test.each(['dho-benefit-home-nursing', 'dho-benefit-admissions', 'dho-benefit-six-months'])(
  '%s can be evaluated',
  (id) => {
    expect(isBenefitMeasure(measure(id))).toBe(true);
  },
);
