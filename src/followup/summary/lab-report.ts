/** `Patient/$lab-report`: measurements that no alert was raised on, gathered for the patient record («Labsvar»). https://hl7.org/fhir/R4/diagnosticreport.html */
import { createHash } from 'node:crypto';
import type { Change } from '../../fhir/change.js';
import type { Resource } from '../../fhir/resource.js';
import { instant } from '../../kernel/clock.js';
import { Failure } from '../../kernel/failure.js';
import { asReference, many, type Reference, referenceTo, targetOf } from '../vocabulary/element.js';
import { created, updated } from '../vocabulary/module-change.js';
import { sameJson } from '../vocabulary/same-json.js';
import { identifierSystem, system } from '../vocabulary/systems.js';

export interface LabReportFacts {
  readonly patient: Resource;
  /** Observations of the range. */
  readonly observations: readonly Resource[];
  /** The patient's alerts: what one was raised on is journalled with it. */
  readonly alerts: readonly Resource[];
  /** The report of the same days, as it was made before. */
  readonly before: Resource | undefined;
  /** Days of Oslo, YYYY-MM-DD, both of the range. */
  readonly days: { readonly start: string; readonly end: string };
  readonly author: Reference;
  readonly now: number;
}

/** Id of the report of a patient's days: always the same, so that they are reported once. */
export function labReportId(patient: string, days: LabReportFacts['days']): string {
  const hex = createHash('sha256').update(`lab-report ${patient} ${days.start} ${days.end}`).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    '-',
  );
}

const measured = new Set<unknown>(['final', 'amended', 'corrected']);

/** → the DiagnosticReport with every measurement that no alert was raised on; `amended` where more has come since. */
export function labReport(facts: LabReportFacts): Change[] | Failure {
  const { patient, observations, alerts, before, days, author, now } = facts;
  const alerted = new Set(
    alerts
      .filter(({ status }) => status !== 'entered-in-error')
      .flatMap(({ implicated }) => many<Reference>(implicated))
      .flatMap((one) => targetOf(asReference(one))?.id ?? []),
  );
  const results = observations
    .filter(({ id, status }) => measured.has(status) && !alerted.has(id!))
    .map((one) => referenceTo(one))
    .toSorted((a, b) => ((a.reference ?? '') < (b.reference ?? '') ? -1 : 1));
  if (results.length === 0)
    return new Failure('unprocessable', 'No measurement of these days is without an alert.', {
      expression: "Parameters.parameter.where(name='start')",
    });
  const content = { issued: instant(now), performer: [author], result: results };
  if (before !== undefined)
    return sameJson(before.result, results) ? [] : [updated(before, { ...content, status: 'amended' })];
  return [
    created({
      resourceType: 'DiagnosticReport',
      id: labReportId(patient.id!, days),
      identifier: [{ system: identifierSystem.worklist, value: `lab-report|${patient.id}|${days.start}|${days.end}` }],
      status: 'final',
      category: [
        { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/observation-category', code: 'vital-signs' }] },
      ],
      code: {
        coding: [
          {
            system: system.loinc,
            code: '85353-1',
            display: 'Vital signs, weight, height, head circumference, oxygen saturation and BMI panel',
          },
        ],
        text: 'Målinger hjemme uten varsel',
      },
      subject: referenceTo(patient),
      effectivePeriod: days,
      ...content,
    }),
  ];
}
