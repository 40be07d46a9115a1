/** MeasureReports of the benefit measures. https://hl7.org/fhir/R4/measurereport.html */
import type { Resource } from '../../fhir/resource.js';
import { instant } from '../../kernel/clock.js';
import type { Ids } from '../../kernel/ids.js';
import { codeIn, many } from '../vocabulary/element.js';
import { system } from '../vocabulary/systems.js';
import {
  type BenefitCode,
  benefitCodes,
  type BenefitSubject,
  type BenefitTime,
  benefitTimes,
  type BenefitValue,
  benefitValue,
  hadHomeNursing,
} from './benefit-values.js';

const absentUrl = 'http://hl7.org/fhir/StructureDefinition/data-absent-reason';
const populationSystem = 'http://terminology.hl7.org/CodeSystem/measure-population';

export interface ReportFacts {
  readonly measure: Resource;
  /** Days, YYYY-MM-DD. */
  readonly period: { readonly start: string; readonly end: string };
  readonly now: number;
  readonly ids: Ids;
}

interface Group {
  readonly code: BenefitCode;
  readonly time: BenefitTime;
}

const groupsOf = (measure: Resource): readonly Group[] =>
  many<{ code?: unknown }>(measure['group']).flatMap(({ code: concept }) => {
    const code = codeIn(concept, system.benefit);
    const time = codeIn(concept, system.benefitTime);
    return code !== undefined &&
      Object.hasOwn(benefitCodes, code) &&
      time !== undefined &&
      Object.hasOwn(benefitTimes, time)
      ? [{ code: code as BenefitCode, time: time as BenefitTime }]
      : [];
  });

/** Is it one of the measures that this server can evaluate? */
export const isBenefitMeasure = (measure: Resource): boolean => groupsOf(measure).length > 0;

/** Home nursing before the start is what a measure of home nursing builds on (NUM-13). */
const counts = (subject: BenefitSubject, code: BenefitCode, now: number): boolean | undefined =>
  code === 'admissions-12-months' ? true : hadHomeNursing(subject, now);

/** One patient: each value, or why it is absent. */
export function individualReport(subject: BenefitSubject, facts: ReportFacts): Resource {
  const sources = new Set<string>();
  const group = groupsOf(facts.measure).map(({ code, time }) => {
    const found = benefitValue(subject, { code, time }, facts.now);
    for (const source of found.sources) sources.add(`${source.resourceType}/${source.id}`);
    const counted = counts(subject, code, facts.now);
    return {
      code: concept(code, time),
      population: populations(1, counted === true ? 1 : 0, counted === false ? 1 : 0),
      measureScore: score(found, code),
    };
  });
  return {
    ...report('individual', facts),
    subject: { reference: `Patient/${subject.patient.id}` },
    group,
    ...(sources.size === 0 ? {} : { evaluatedResource: [...sources].map((reference) => ({ reference })) }),
  };
}

/** The cohort: the mean of those who count and have a value; how many have none is said in words and is no zero. */
export function summaryReport(subjects: readonly BenefitSubject[], facts: ReportFacts): Resource {
  return {
    ...report('summary', facts),
    group: groupsOf(facts.measure).map(({ code, time }) => {
      const counted = subjects.filter((subject) => counts(subject, code, facts.now) === true);
      const excluded = subjects.filter((subject) => counts(subject, code, facts.now) === false);
      const found = counted.map((subject) => benefitValue(subject, { code, time }, facts.now));
      const values = found.flatMap(({ value }) => value ?? []);
      const notDue = found.length > 0 && found.every(({ absent }) => absent === 'temp-unknown');
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      const cohort: Pick<BenefitValue, 'value' | 'absent'> =
        values.length === 0 ? { absent: notDue ? 'temp-unknown' : 'unknown' } : { value: Number(mean.toFixed(2)) };
      return {
        code: concept(code, time),
        population: [
          ...populations(subjects.length, counted.length, excluded.length),
          { code: { text: 'with a value' }, count: values.length },
          { code: { text: 'without a value' }, count: counted.length - values.length },
          {
            code: { text: 'home nursing before the start not reported' },
            count: subjects.length - counted.length - excluded.length,
          },
        ],
        measureScore: score(cohort, code),
      };
    }),
  };
}

function report(type: 'individual' | 'summary', { measure, period, now, ids }: ReportFacts): Resource {
  return {
    resourceType: 'MeasureReport',
    id: ids.next(),
    status: 'complete',
    type,
    measure: `${String(measure.url)}|${String(measure.version)}`,
    date: instant(now),
    period,
  };
}

const concept = (code: BenefitCode, time: BenefitTime): object => ({
  coding: [
    { system: system.benefit, code, display: benefitCodes[code] },
    { system: system.benefitTime, code: time, display: benefitTimes[time] },
  ],
  text: `${benefitCodes[code]}, ${benefitTimes[time]}`,
});

const populations = (initial: number, counted: number, excluded: number): object[] =>
  (
    [
      ['initial-population', initial],
      ['measure-population', counted],
      ['measure-population-exclusion', excluded],
    ] as const
  ).map(([code, count]) => ({ code: { coding: [{ system: populationSystem, code }] }, count }));

const units: Readonly<Record<BenefitCode, string>> = {
  'home-visits-month': '/mo',
  'home-minutes-month': 'min/mo',
  'admissions-12-months': '1',
};

const score = ({ value, absent }: Pick<BenefitValue, 'value' | 'absent'>, code: BenefitCode): object =>
  value === undefined
    ? { extension: [{ url: absentUrl, valueCode: absent ?? 'unknown' }] }
    : { value, unit: units[code], system: system.ucum, code: units[code] };
