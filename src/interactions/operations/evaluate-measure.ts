// https://hl7.org/fhir/R4/measure-operation-evaluate-measure.html, profiles/operations/Measure-evaluate-measure.json
import { DateTime } from 'luxon';
import { stringifyJson } from '../../fhir/json.js';
import type { Resource } from '../../fhir/resource.js';
import { individualReport, isBenefitMeasure, summaryReport } from '../../followup/benefit/benefit-report.js';
import { benefitTable } from '../../followup/benefit/benefit-table.js';
import {
  benefitCodes,
  type BenefitSubject,
  patientIdOf,
  startOfService,
} from '../../followup/benefit/benefit-values.js';
import { system } from '../../followup/vocabulary/systems.js';
import { absent } from '../../access/decide.js';
import { Failure } from '../../kernel/failure.js';
import { instant } from '../../kernel/clock.js';
import { accessEntry } from '../audit-access.js';
import { oneOf, type Operation, OperationParameters } from '../operation.js';
import type { Context, FhirRequest } from '../request.js';
import { findAll } from './find-all.js';
import { demandRole, keyIn } from './run-operation.js';

/** Benefit of the service over the episodes that began in a period: report for one, for each, for all, or as a table. */
export const evaluateMeasure: Operation = {
  name: 'evaluate-measure',
  definition: 'http://hl7.org/fhir/OperationDefinition/Measure-evaluate-measure',
  type: 'Measure',
  level: 'instance',
  affectsState: false,
  amountsTo: 'read',
  followUp: true,
  answersBinary: true,
  async handle(request, context) {
    const { services, principal } = context;
    demandRole(principal, ['municipality', 'admin'], 'Only the municipality evaluates the benefit of its service.');
    const parameters = new OperationParameters(request);
    const measure = await measureOf(request, parameters, context);
    const period = { start: dayIn(parameters, 'periodStart'), end: dayIn(parameters, 'periodEnd') };
    const output = oneOf(parameters, 'output', ['fhir', 'csv']) ?? 'fhir';
    const type = oneOf(parameters, 'reportType', ['population', 'subject', 'subject-list']) ?? 'population';
    const subjects = await cohort(period, subjectOf(parameters, type), context);
    const facts = { measure, period, now: services.clock.now(), ids: services.ids };
    await services.audit(
      accessEntry(context, { action: '$evaluate-measure', type: 'Measure', ids: [`Measure/${measure.id}`] }),
    );
    const answer =
      output === 'csv'
        ? csv(benefitTable(subjects, facts.now), services.ids.next())
        : type === 'population'
          ? summaryReport(subjects, facts)
          : type === 'subject'
            ? individualReport(demanded(subjects[0]), facts)
            : listOf(
                subjects.map((subject) => individualReport(subject, facts)),
                services.ids.next(),
              );
    return { status: 200, headers: {}, body: stringifyJson(answer) };
  },
};
export const evaluateMeasures: Operation = { ...evaluateMeasure, level: 'type' };

const refused = (name: string, what: string): Failure =>
  new Failure('invalid', what, { expression: `Parameters.parameter.where(name='${name}')`, code: 'required' });

function dayIn(parameters: OperationParameters, name: string): string {
  const day = parameters.date(name);
  if (day === undefined) throw refused(name, `The parameter ${name} is needed, a date.`);
  return day.slice(0, 10);
}

function subjectOf(parameters: OperationParameters, type: string): string | undefined {
  const key = keyIn(parameters.reference('subject'));
  if (type === 'subject' && key?.type !== 'Patient')
    throw refused('subject', 'The report of a subject needs subject: Patient/[id].');
  return key?.id;
}

function demanded(subject: BenefitSubject | undefined): BenefitSubject {
  if (subject === undefined)
    throw new Failure('not-found', 'The patient has no episode of the service that began in the period.', {
      expression: "Parameters.parameter.where(name='subject')",
    });
  return subject;
}

async function measureOf(request: FhirRequest, parameters: OperationParameters, context: Context): Promise<Resource> {
  const named = request.segments.length === 3 ? request.segments[1]! : parameters.requiredText('measure');
  const [url, version] = named.split('|');
  const pairs: [string, string][] = named.includes(':')
    ? [['url', url!], ...(version === undefined ? [] : ([['version', version]] as [string, string][]))]
    : [['_id', named.replace(/^Measure\//, '')]];
  const [measure] = await findAll('Measure', pairs, context);
  if (measure === undefined) throw absent('Measure');
  if (!isBenefitMeasure(measure))
    throw new Failure('unprocessable', 'This server evaluates the benefit measures (dho-benefit-…) alone.', {
      expression: 'Measure.group.code',
    });
  return measure;
}

/** The patients whose service began in the period, with what is reported of them; each once, by the first episode. */
async function cohort(
  period: { readonly start: string; readonly end: string },
  only: string | undefined,
  context: Context,
): Promise<readonly BenefitSubject[]> {
  const from = DateTime.fromISO(period.start, { zone: 'Europe/Oslo' }).toMillis();
  const to = DateTime.fromISO(period.end, { zone: 'Europe/Oslo' }).plus({ days: 1 }).toMillis();
  const of: [string, string][] = only === undefined ? [] : [['patient', `Patient/${only}`]];
  const starts = new Map<string, number>();
  for (const episode of await findAll('EpisodeOfCare', [['type', `${system.service}|103`], ...of], context)) {
    const id = patientIdOf(episode);
    const start = startOfService(episode);
    if (id === undefined || start === undefined || start < from || start >= to) continue;
    starts.set(id, Math.min(start, starts.get(id) ?? start));
  }
  if (starts.size === 0) return [];
  const codes = Object.keys(benefitCodes).map((code) => `${system.benefit}|${code}`);
  const reports = byPatient(await findAll('Observation', [['code', codes.join(',')], ...of], context));
  const stays = byPatient(
    await findAll('Encounter', [['class', 'IMP'], ['date', `ge${instant(from)}`], ...of], context),
  );
  const subjects: BenefitSubject[] = [];
  for (const [id, start] of starts) {
    const [patient] = await findAll('Patient', [['_id', id]], context);
    if (patient !== undefined)
      subjects.push({ patient, start, reports: reports.get(id) ?? [], stays: stays.get(id) ?? [] });
  }
  return subjects;
}

function byPatient(resources: readonly Resource[]): ReadonlyMap<string, readonly Resource[]> {
  const found = new Map<string, Resource[]>();
  for (const resource of resources) {
    const id = patientIdOf(resource);
    if (id !== undefined) found.set(id, [...(found.get(id) ?? []), resource]);
  }
  return found;
}

const csv = (text: string, id: string): Resource => ({
  resourceType: 'Binary',
  id,
  contentType: 'text/csv; charset=utf-8',
  data: Buffer.from(text).toString('base64'),
});

const listOf = (reports: readonly Resource[], id: string): Resource => ({
  resourceType: 'Bundle',
  id,
  type: 'collection',
  entry: reports.map((resource) => ({ fullUrl: `urn:uuid:${resource.id}`, resource })),
});
