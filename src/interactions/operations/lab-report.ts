// Patient/$lab-report: profiles/operations/Patient-lab-report.json
import { DateTime } from 'luxon';
import { labReport as gather, labReportId } from '../../followup/summary/lab-report.js';
import { Failure } from '../../kernel/failure.js';
import { instant } from '../../kernel/clock.js';
import { demandScope, demandWholeTypes } from '../demand-scope.js';
import { accessEntry } from '../audit-access.js';
import { type Operation, OperationParameters } from '../operation.js';
import type { Context } from '../request.js';
import { resourceResponse } from '../respond.js';
import { callerReference, demandRole, runOperation } from './run-operation.js';

const zone = 'Europe/Oslo';
const longestDays = 31;

/** Measurements that no alert was raised on, gathered for the patient record. */
export const labReport: Operation = {
  name: 'lab-report',
  definition: 'http://hjemmebro.no/fhir/OperationDefinition/Patient-lab-report',
  type: 'Patient',
  level: 'instance',
  affectsState: true,
  amountsTo: 'read',
  followUp: true,
  async handle(request, context) {
    demandRole(
      context.principal,
      ['municipality', 'admin'],
      'Only the follow-up centre reports to the patient record.',
    );
    await demandWholeTypes(['Observation', 'DetectedIssue'], context);
    await demandScope('create', 'DiagnosticReport', context);
    const id = request.segments[1]!;
    const days = daysOf(new OperationParameters(request), context);
    const report = { type: 'DiagnosticReport', id: labReportId(id, days) };
    let isUnchanged = false;
    const answer = await runOperation({
      request,
      context,
      name: '$lab-report',
      key: { type: 'Patient', id },
      first: true,
      async decide(patient, view) {
        const of = `Patient/${id}`;
        const [from, to] = [
          DateTime.fromISO(days.start, { zone }),
          DateTime.fromISO(days.end, { zone }).plus({ days: 1 }),
        ];
        const range = `date=ge${instant(from.toMillis())}&date=lt${instant(to.toMillis())}`;
        const changes = gather({
          patient,
          observations: await view.search('Observation', `subject=${of}&${range}`),
          alerts: await view.search('DetectedIssue', `patient=${of}`),
          before: await view.read(report),
          days,
          author: callerReference(context.principal),
          now: view.now,
        });
        isUnchanged = !(changes instanceof Failure) && changes.length === 0;
        return changes;
      },
    });
    return isUnchanged ? stored(context, report) : answer;
  },
};

/** The report of these days as it stands: nothing has come since. */
async function stored(context: Context, key: { type: string; id: string }) {
  const row = await context.services.read(
    key,
    context.principal,
    accessEntry(context, { action: '$lab-report', type: key.type }),
  );
  if (row?.text === undefined || row.text === null) throw new Failure('not-found', 'The report is gone.');
  return resourceResponse({ ...row, text: row.text });
}

/** Whole days of Oslo; default: yesterday. */
function daysOf(
  parameters: OperationParameters,
  { services }: Context,
): { readonly start: string; readonly end: string } {
  const yesterday = DateTime.fromMillis(services.clock.now(), { zone }).minus({ days: 1 }).toISODate()!;
  const start = parameters.date('start')?.slice(0, 10) ?? yesterday;
  const end = parameters.date('end')?.slice(0, 10) ?? start;
  const length = DateTime.fromISO(end).diff(DateTime.fromISO(start), 'days').days + 1;
  if (length >= 1 && length <= longestDays) return { start, end };
  throw new Failure('invalid', `A report is of 1 to ${longestDays} days.`, {
    expression: "Parameters.parameter.where(name='end')",
    code: 'value',
  });
}
