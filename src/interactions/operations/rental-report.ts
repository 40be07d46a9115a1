// Device/$rental-report: profiles/operations/Device-rental-report.json
import { DateTime } from 'luxon';
import { stringifyJson } from '../../fhir/json.js';
import { type Rental, rentalReport as reportOf, rentalTable } from '../../followup/supplier/rental-report.js';
import { engineDevice, system } from '../../followup/vocabulary/systems.js';
import { equipmentStates } from '../../followup/equipment/equipment-state.js';
import { Failure } from '../../kernel/failure.js';
import { accessEntry } from '../audit-access.js';
import { oneOf, type Operation, OperationParameters } from '../operation.js';
import { parametersResponse } from '../respond.js';
import { findAll } from './find-all.js';
import { demandRole } from './run-operation.js';

/** Each rented device of a period, to hold an invoice against. */
export const rentalReport: Operation = {
  name: 'rental-report',
  definition: 'http://hjemmebro.no/fhir/OperationDefinition/Device-rental-report',
  type: 'Device',
  level: 'type',
  affectsState: false,
  amountsTo: 'search',
  followUp: true,
  answersBinary: true,
  async handle(request, context) {
    demandRole(context.principal, ['municipality', 'admin'], 'Only the follow-up centre keeps a stock.');
    const { services } = context;
    const parameters = new OperationParameters(request);
    const { start, end } = periodOf(parameters, services.clock.now());
    const output = oneOf(parameters, 'output', ['fhir', 'csv']) ?? 'fhir';
    const owner = parameters.reference('owner')?.reference;
    const billed = parameters.all('billed').map(String);
    const [devices, uses] = await Promise.all([
      findAll('Device', owner === undefined ? [] : [['organization', owner]], context),
      findAll('DeviceUseStatement', [], context),
    ]);
    await services.audit(accessEntry(context, { action: '$rental-report', type: 'Device' }));
    const report = reportOf({
      devices: devices.filter(({ id }) => `Device/${id}` !== engineDevice.reference),
      uses,
      start,
      end,
      billed: billed.length === 0 ? undefined : billed,
    });
    if (output === 'csv') {
      const data = Buffer.from(rentalTable(report)).toString('base64');
      const binary = { resourceType: 'Binary', id: services.ids.next(), contentType: 'text/csv; charset=utf-8', data };
      return { status: 200, headers: {}, body: stringifyJson(binary) };
    }
    return parametersResponse([
      { name: 'start', valueDate: start },
      { name: 'end', valueDate: end },
      ...report.rentals.map((rental) => ({ name: 'device', part: parts(rental) })),
      ...report.unknown.map((serial) => ({ name: 'unknown', valueString: serial })),
    ]);
  },
};

const parts = ({ serial, type, owner, state, daysInUse, noticeEnd, billed, remark }: Rental): object[] => [
  { name: 'serialNumber', valueString: serial },
  { name: 'type', valueString: type },
  ...(owner === '' ? [] : [{ name: 'owner', valueString: owner }]),
  { name: 'state', valueCoding: { system: system.equipmentState, code: state, display: equipmentStates[state] } },
  { name: 'daysInUse', valueInteger: daysInUse },
  ...(noticeEnd === undefined ? [] : [{ name: 'noticeEnd', valueDate: noticeEnd }]),
  ...(billed === undefined ? [] : [{ name: 'billed', valueBoolean: billed }]),
  ...(remark === undefined ? [] : [{ name: 'remark', valueCode: remark }]),
];

/** Default: the last whole month. */
function periodOf(parameters: OperationParameters, now: number): { readonly start: string; readonly end: string } {
  const month = DateTime.fromMillis(now, { zone: 'Europe/Oslo' }).startOf('month').minus({ months: 1 });
  const start = parameters.date('start')?.slice(0, 10) ?? month.toISODate()!;
  const end =
    parameters.date('end')?.slice(0, 10) ?? DateTime.fromISO(start, { zone: 'utc' }).endOf('month').toISODate()!;
  if (start <= end) return { start, end };
  throw new Failure('invalid', 'The period ends before it starts.', {
    expression: "Parameters.parameter.where(name='end')",
    code: 'value',
  });
}
