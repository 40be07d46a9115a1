// Patient/$dho-summary: profiles/operations/Patient-dho-summary.json
import { DateTime, Duration } from 'luxon';
import { absent, rowScope } from '../../access/decide.js';
import { parseJson, stringifyJson } from '../../fhir/json.js';
import type { Resource } from '../../fhir/resource.js';
import { isPlan } from '../../followup/managed/guard-managed.js';
import { inForce } from '../../followup/managed/protected-elements.js';
import { patientLine, summaryDocument } from '../../followup/summary/summary-document.js';
import { summarySections } from '../../followup/summary/summary-sections.js';
import { asReference, hasCode } from '../../followup/vocabulary/element.js';
import { engineDevice, system } from '../../followup/vocabulary/systems.js';
import { Failure } from '../../kernel/failure.js';
import { instant } from '../../kernel/clock.js';
import { textPdf } from '../../mapping/outbound/plan-pdf.js';
import { measurementSeries } from '../../search/measurement-series.js';
import { findPatients } from '../../storage/patients.js';
import { accessEntry } from '../audit-access.js';
import { oneOf, type Operation, OperationParameters } from '../operation.js';
import type { Context, FhirRequest, FhirResponse } from '../request.js';
import { shown } from '../shown.js';
import { findAll } from './find-all.js';
import { keyIn } from './run-operation.js';

const zone = 'Europe/Oslo';
const longestDays = 3660;
/** More than anybody measures in the longest range that is read. */
const mostReadings = 20_000;

async function handle(request: FhirRequest, context: Context): Promise<FhirResponse> {
  const { services } = context;
  const parameters = new OperationParameters(request);
  const now = services.clock.now();
  const range = rangeOf(parameters, now);
  const output = oneOf(parameters, 'output', ['fhir', 'pdf']) ?? 'fhir';
  const patient = await patientOf(await patientId(request, parameters, context), context);
  const of = `Patient/${patient.id}`;
  const [episodes, plans, flags, alerts, reports, observations] = await Promise.all([
    findAll('EpisodeOfCare', [['patient', of]], context),
    findAll(
      'CarePlan',
      [
        ['subject', of],
        ['status', 'active'],
      ],
      context,
    ),
    findAll(
      'Flag',
      [
        ['subject', of],
        ['status', 'active'],
      ],
      context,
    ),
    findAll(
      'DetectedIssue',
      [
        ['patient', of],
        ['status', 'preliminary'],
        ['_sort', '-identified'],
      ],
      context,
    ),
    findAll(
      'DiagnosticReport',
      [
        ['subject', of],
        ['status', 'partial,preliminary,final,amended,corrected,appended'],
        ['date', `ge${instant(range.start)}`],
        ['date', `lt${instant(range.end)}`],
        ['_sort', '-date'],
      ],
      context,
    ),
    findAll(
      'Observation',
      [
        ['subject', of],
        ['date', `ge${instant(range.start)}`],
        ['date', `lt${instant(range.end)}`],
        ['_sort', '-date'],
      ],
      context,
      mostReadings,
    ),
  ]);
  const ofService = episodes.filter((one) => hasCode(one['type'], system.service, '103'));
  const facts = {
    patient,
    episodes: ofService,
    plan: plans.find((one) => isPlan(one) && inForce(one)),
    flags,
    observations,
    reports,
    alerts,
    range,
    now,
    spelling: (code: string) => measurementSeries().get(code) ?? code,
  };
  await services.audit(accessEntry(context, { action: '$dho-summary', type: 'Patient', ids: [of] }));
  if (output === 'pdf') return pdfResponse(facts, context);
  const centre = ofService.map((one) => asReference(one['managingOrganization'])).find((one) => one !== undefined);
  const document = summaryDocument({
    ...facts,
    base: services.base,
    author: centre ?? engineDevice,
    ids: services.ids,
  });
  return { status: 200, headers: {}, body: stringifyJson(document) };
}

/** Plan, zone, last values, trends and open alerts of a patient, as a document. */
export const dhoSummary: Operation = {
  name: 'dho-summary',
  definition: 'http://hjemmebro.no/fhir/OperationDefinition/Patient-dho-summary',
  type: 'Patient',
  level: 'instance',
  affectsState: false,
  amountsTo: 'read',
  followUp: true,
  answersBinary: true,
  handle,
};
/** The patient named by identifier, in the body. */
export const dhoSummaryByIdentifier: Operation = { ...dhoSummary, level: 'type' };

async function pdfResponse(facts: Parameters<typeof summarySections>[0], { services }: Context): Promise<FhirResponse> {
  const bytes = await textPdf(
    {
      title: 'Digital hjemmeoppfølging: sammendrag',
      patient: patientLine(facts.patient),
      sections: summarySections(facts).map((one) => ({
        ...one,
        drawings: one.charts.map(({ drawing }) => drawing),
      })),
    },
    { at: facts.now },
  );
  const binary: Resource = {
    resourceType: 'Binary',
    id: services.ids.next(),
    contentType: 'application/pdf',
    securityContext: { reference: `Patient/${facts.patient.id}` },
    data: bytes.toString('base64'),
  };
  return { status: 200, headers: {}, body: stringifyJson(binary) };
}

const refused = (name: string, what: string): Failure =>
  new Failure('invalid', what, { expression: `Parameters.parameter.where(name='${name}')`, code: 'value' });

/** Days are those of Oslo; the range ends at the end of its last day, or now. */
function rangeOf(parameters: OperationParameters, now: number): { readonly start: number; readonly end: number } {
  const dayOf = (name: string): DateTime | undefined => {
    const text = parameters.date(name);
    return text === undefined ? undefined : DateTime.fromISO(text.slice(0, 10), { zone });
  };
  const period = parameters.text('period');
  const [from, to] = [dayOf('start'), dayOf('end')];
  if (period !== undefined && from !== undefined) throw refused('period', 'Give period or start, not both.');
  // What is measured this very moment counts.
  const end = Math.min(now + 1, to?.plus({ days: 1 }).toMillis() ?? now + 1);
  const length = Duration.fromISO(period ?? 'P14D');
  if (!length.isValid || !(length.as('days') > 0)) throw refused('period', 'period is a duration such as P14D.');
  const start = from?.toMillis() ?? DateTime.fromMillis(end, { zone }).minus(length).toMillis();
  if (!(start < end)) throw refused('start', 'The range ends before it starts, or lies ahead.');
  if (end - start > longestDays * 86_400_000) throw refused('period', 'A summary reaches back ten years at most.');
  return { start, end };
}

async function patientId(
  request: FhirRequest,
  parameters: OperationParameters,
  { services, principal }: Context,
): Promise<string> {
  if (request.segments.length === 3) return request.segments[1]!;
  if (request.method !== 'POST')
    throw new Failure(
      'not-allowed',
      'By identifier the summary is asked for by POST: an identity number never stands in a URL.',
    );
  const subject = parameters.reference('subject');
  const key = keyIn(subject);
  if (key?.type === 'Patient') return key.id;
  const { system: of, value } = subject?.identifier ?? {};
  if (of === undefined || value === undefined) throw refused('subject', 'subject names a Patient, by identifier.');
  const controller = services.dictionary.controllerId(principal.controller);
  const found =
    controller === undefined
      ? undefined
      : await findPatients(
          services.pool,
          { ids: [], identifiers: [{ system: of, value }] },
          controller,
          services.dictionary,
        );
  const [patient] = found?.byIdentifier.values() ?? [];
  const { rows } = await services.pool.query('select id from resource where rid = $1', [patient?.key ?? 0]);
  if (rows[0] === undefined) throw absent('Patient');
  return rows[0]['id'] as string;
}

/** The Patient, if the caller may see it. */
async function patientOf(id: string, context: Context): Promise<Resource> {
  const { services, principal } = context;
  if (rowScope(principal).visibility('Patient') === 'none') throw absent('Patient');
  const row = await services.read(
    { type: 'Patient', id },
    principal,
    accessEntry(context, { action: '$dho-summary', type: 'Patient', ids: [`Patient/${id}`] }),
  );
  if (row?.text === undefined || row.text === null) throw absent('Patient');
  return parseJson(shown('Patient', row.text)) as Resource;
}
