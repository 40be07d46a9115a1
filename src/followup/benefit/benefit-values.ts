/**
 * Does the service help? What was counted for one patient, 12 months before and 3, 6 and 12 months after the start. What is
 * not reported, or is not due yet, stays absent: nothing is estimated.
 */
import { DateTime } from 'luxon';
import { isNumber, numberOf } from '../../fhir/json.js';
import type { Resource } from '../../fhir/resource.js';
import { effectiveOf, instantAt } from '../intake/effective-time.js';
import { asReference, codeIn, type Period, targetOf } from '../vocabulary/element.js';
import { system } from '../vocabulary/systems.js';

export const benefitCodes = {
  'home-visits-month': 'Besøk fra hjemmesykepleien per måned',
  'home-minutes-month': 'Minutter fra hjemmesykepleien per måned',
  'admissions-12-months': 'Innleggelser i sykehus siste 12 måneder',
} as const;
export type BenefitCode = keyof typeof benefitCodes;

export const benefitTimes = {
  before: '12 måneder før (retrospektivt)',
  '3-months': '3 måneder etter',
  '6-months': '6 måneder etter',
  '12-months': '12 måneder etter',
} as const;
export type BenefitTime = keyof typeof benefitTimes;

const monthsAfter = { before: 0, '3-months': 3, '6-months': 6, '12-months': 12 } as const;
const zone = 'Europe/Oslo';
/** How far from its day a report may lie and still be of that time. */
const toleranceDays = 31;

/** One patient of the cohort. */
export interface BenefitSubject {
  readonly patient: Resource;
  /** Start of the service, milliseconds since 1970. */
  readonly start: number;
  /** Reported counts: Observations with a code of `dho-benefit`. */
  readonly reports: readonly Resource[];
  /** Stays in hospital that the server was told of. */
  readonly stays: readonly Resource[];
}

export interface BenefitValue {
  /** The day the value is of, milliseconds since 1970: of the report, else the day it is due. */
  readonly at: number;
  /** A value, or why there is none (http://terminology.hl7.org/CodeSystem/data-absent-reason). */
  readonly value?: number;
  readonly absent?: 'unknown' | 'temp-unknown';
  readonly sources: readonly Resource[];
}

/** When a time is due for a start, milliseconds since 1970; before: the start itself. */
export const dueAt = (start: number, time: BenefitTime): number =>
  DateTime.fromMillis(start, { zone }).plus({ months: monthsAfter[time] }).toMillis();

export function benefitValue(
  subject: BenefitSubject,
  { code, time }: { readonly code: BenefitCode; readonly time: BenefitTime },
  now: number,
): BenefitValue {
  const due = dueAt(subject.start, time);
  const reported = nearest(subject, { code, time, due });
  if (reported !== undefined) return reported;
  if (due > now) return { at: due, absent: 'temp-unknown', sources: [] };
  if (code === 'admissions-12-months' && time === '12-months') {
    const stays = subject.stays.filter((stay) => startedIn(stay, subject.start, due));
    // None told of may mean that nobody tells: that is not zero.
    if (stays.length > 0) return { at: due, value: stays.length, sources: stays };
  }
  return { at: due, absent: 'unknown', sources: [] };
}

const valid = new Set<unknown>(['final', 'amended', 'corrected']);

function nearest(
  { reports, start }: BenefitSubject,
  { code, time, due }: { code: BenefitCode; time: BenefitTime; due: number },
): BenefitValue | undefined {
  const [from, to] =
    time === 'before'
      ? [DateTime.fromMillis(start, { zone }).minus({ months: 12 }).toMillis(), start]
      : [due - toleranceDays * 86_400_000, due + toleranceDays * 86_400_000];
  const found = reports.flatMap((report) => {
    const at = effectiveOf(report, zone);
    const value = numberIn(report);
    const fits = codeIn(report.code, system.benefit) === code && valid.has(report.status);
    return fits && value !== undefined && at !== undefined && at >= from && at <= to
      ? [{ at, value, sources: [report] }]
      : [];
  });
  return found.toSorted((a, b) => Math.abs(a.at - due) - Math.abs(b.at - due))[0];
}

function numberIn({ valueInteger, valueQuantity }: Resource): number | undefined {
  const value = isNumber(valueInteger) ? valueInteger : (valueQuantity as { value?: unknown } | undefined)?.value;
  if (!isNumber(value)) return undefined;
  const number = numberOf(value);
  return Number.isFinite(number) && number >= 0 ? number : undefined;
}

const cancelled = new Set<unknown>(['cancelled', 'entered-in-error', 'planned']);
const startedIn = (stay: Resource, from: number, to: number): boolean => {
  const start = instantAt((stay.period as Period | undefined)?.start, zone);
  return !cancelled.has(stay.status) && start !== undefined && start >= from && start < to;
};

/** Did the patient have home nursing before the start? undefined where nobody reported it. */
export function hadHomeNursing(subject: BenefitSubject, now: number): boolean | undefined {
  const { value } = benefitValue(subject, { code: 'home-visits-month', time: 'before' }, now);
  return value === undefined ? undefined : value > 0;
}

/** Start of the service 103; undefined where it has not begun. */
export const startOfService = (episode: Resource): number | undefined =>
  codeIn(episode.type, system.service) !== '103' || episode.status === 'planned' || episode.status === 'waitlist'
    ? undefined
    : instantAt((episode.period as Period | undefined)?.start, zone);

export const patientIdOf = (resource: Resource): string | undefined => {
  const target = targetOf(asReference(resource.patient) ?? asReference(resource.subject));
  return target?.type === 'Patient' ? target.id : undefined;
};
