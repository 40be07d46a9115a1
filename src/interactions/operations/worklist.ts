// Task/$overview, $meeting-list and $response-times: profiles/operations/Task-overview.json, Task-meeting-list.json, Task-response-times.json
import { tryDateRange } from '../../fhir/dates.js';
import { meetingList, meetingReasons } from '../../followup/worklist/meeting-list.js';
import { countByCode, countByColour, openTaskStatuses, type TaskCount } from '../../followup/worklist/task-counts.js';
import { asReference, targetOf } from '../../followup/vocabulary/element.js';
import { system } from '../../followup/vocabulary/systems.js';
import { instant } from '../../kernel/clock.js';
import { Failure } from '../../kernel/failure.js';
import { responseTimes, silentPatients } from '../../storage/alert-index.js';
import { accessEntry } from '../audit-access.js';
import { type Operation, OperationParameters } from '../operation.js';
import type { Context, FhirRequest, FhirResponse } from '../request.js';
import { type Part, parametersResponse } from '../respond.js';
import { allFound } from './caller-search.js';
import { demandRole } from './run-operation.js';

const day = 86_400_000;

function worklistOperation(
  name: string,
  answer: (parameters: OperationParameters, context: Context) => Promise<readonly Part[]>,
): Operation {
  return {
    name,
    definition: `http://hjemmebro.no/fhir/OperationDefinition/Task-${name}`,
    type: 'Task',
    level: 'type',
    affectsState: false,
    amountsTo: 'search',
    followUp: true,
    async handle(request: FhirRequest, context): Promise<FhirResponse> {
      demandRole(context.principal, ['municipality', 'admin'], 'The worklist is for the follow-up centre.');
      const parameter = await answer(new OperationParameters(request), context);
      await context.services.audit(accessEntry(context, { action: `$${name}`, type: 'Task' }));
      return parametersResponse(parameter);
    },
  };
}

const counted = (name: string, counts: readonly TaskCount[]): Part[] =>
  counts.map(({ code, open, overdue, unanswered }) => ({
    name,
    part: [
      { name: 'code', valueCode: code },
      { name: 'open', valueInteger: open },
      { name: 'overdue', valueInteger: overdue },
      { name: 'unanswered', valueInteger: unanswered },
    ],
  }));

/** What waits at the centre, by colour and kind, and which patients have fallen silent. */
export const overview = worklistOperation('overview', async (parameters, context) => {
  const { services } = context;
  const now = services.clock.now();
  const days = wholeNumber(parameters, 'silentDays', 7);
  const owner = parameters.reference('owner')?.reference;
  const tasks = await allFound(context, 'Task', [
    ['status', openTaskStatuses],
    ...(owner === undefined ? [] : [['owner', owner] as const]),
  ]);
  const running = await allFound(context, 'EpisodeOfCare', [
    ['type', `${system.service}|`],
    ['status', 'active'],
  ]);
  const silent = await silentPatients(services.pool, {
    patients: running.flatMap((episode) => targetOf(asReference(episode['patient']))?.id ?? []),
    patientType: services.dictionary.typeId('Patient')!,
    since: now - days * day,
  });
  return [
    ...counted('colour', countByColour(tasks, now)),
    ...counted('task', countByCode(tasks, now)),
    ...silent.map(({ id, last }) => ({
      name: 'silent',
      part: [
        { name: 'patient', valueReference: { reference: `Patient/${id}` } },
        ...(last === undefined ? [] : [{ name: 'last', valueInstant: instant(last) }]),
      ],
    })),
  ];
});

/** The weekly list for the interdisciplinary meeting. */
export const meeting = worklistOperation('meeting-list', async (parameters, context) => {
  const now = context.services.clock.now();
  const since = instantIn(parameters, 'since') ?? now - 7 * day;
  const found = (type: string, ...query: [string, string][]) => allFound(context, type, query);
  const entries = meetingList({
    open: await found('DetectedIssue', ['status', 'preliminary']),
    recent: await found('DetectedIssue', ['identified', `ge${instant(since)}`]),
    tasks: await found(
      'Task',
      ['status', openTaskStatuses],
      ['code', 'approve,evaluation,trial-end,monthly-follow-up'],
    ),
    paused: await found('EpisodeOfCare', ['status', 'onhold'], ['type', `${system.service}|`]),
  });
  return [
    { name: 'since', valueInstant: instant(since) },
    ...entries.map(({ patient, reasons, alerts, closed, openAlerts, tasks }) => ({
      name: 'patient',
      part: [
        { name: 'patient', valueReference: { reference: patient } },
        ...reasons.map((code) => ({ name: 'reason', valueCode: code })),
        { name: 'text', valueString: reasons.map((code) => meetingReasons[code]).join('; ') },
        { name: 'alerts', valueInteger: alerts },
        { name: 'closed', valueInteger: closed },
        ...openAlerts.map((reference) => ({ name: 'open', valueReference: reference })),
        ...tasks.map((reference) => ({ name: 'task', valueReference: reference })),
      ],
    })),
  ];
});

/** How long alerts of each colour waited for somebody. */
export const responses = worklistOperation('response-times', async (parameters, context) => {
  const { services, principal } = context;
  const now = services.clock.now();
  const from = instantIn(parameters, 'start') ?? now - 30 * day;
  const to = instantIn(parameters, 'end') ?? now;
  const controller = services.dictionary.controllerId(principal.controller);
  const rows = controller === undefined ? [] : await responseTimes(services.pool, { from, to, now, controller });
  const decimal = (name: string, value: number | undefined): object[] =>
    value === undefined ? [] : [{ name, valueDecimal: value }];
  return [
    { name: 'start', valueInstant: instant(from) },
    { name: 'end', valueInstant: instant(to) },
    ...rows.map((row) => ({
      name: 'colour',
      part: [
        { name: 'code', valueCode: row.colour },
        { name: 'alerts', valueInteger: row.alerts },
        { name: 'answered', valueInteger: row.answered },
        { name: 'closed', valueInteger: row.closed },
        { name: 'withDeadline', valueInteger: row.withDeadline },
        { name: 'withinDeadline', valueInteger: row.withinDeadline },
        ...decimal('medianMinutesToAnswer', row.medianToAnswer),
        ...decimal('ninetiethMinutesToAnswer', row.ninetiethToAnswer),
        ...decimal('medianMinutesToClose', row.medianToClose),
      ],
    })),
  ];
});

function instantIn(parameters: OperationParameters, name: string): number | undefined {
  const text = parameters.date(name);
  return text === undefined ? undefined : tryDateRange(text, 'Europe/Oslo')?.low;
}

function wholeNumber(parameters: OperationParameters, name: string, usual: number): number {
  const value = parameters.one(name);
  if (value === undefined) return usual;
  if (!/^[1-9]\d{0,3}$/.test(String(value)))
    throw new Failure('invalid', `The parameter ${name} must be a whole number from 1 to 9999.`, {
      expression: `Parameters.parameter.where(name='${name}')`,
      code: 'value',
    });
  return Number(String(value));
}
