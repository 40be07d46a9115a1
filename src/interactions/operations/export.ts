// https://hl7.org/fhir/uv/bulkdata/export.html
import { Failure } from '../../kernel/failure.js';
import { absent } from '../../access/decide.js';
import { parseJsonObject } from '../../fhir/json.js';
import { insertBulkJob } from '../../storage/bulk-jobs.js';
import { addJob } from '../../storage/jobs.js';
import { accessEntry } from '../audit-access.js';
import { type ExportRequest, exportRequest } from '../export-request.js';
import { type Operation, OperationParameters } from '../operation.js';
import type { Context, FhirResponse } from '../request.js';
import { keyIn } from './run-operation.js';

const definition = (name: string): string => `http://hl7.org/fhir/uv/bulkdata/OperationDefinition/${name}`;
const common = { name: 'export', affectsState: false } as const;

/** Everything that the caller may see, as files of newline-delimited JSON; the answer says where to ask how far it is. */
export const exportSystem: Operation = {
  ...common,
  definition: definition('export'),
  type: '*',
  level: 'system',
  handle: async (request, context) => {
    const parameters = new OperationParameters(request);
    refusePatients(parameters);
    return accepted(exportRequest(request, parameters, 'system', context), context);
  },
};

/** What concerns patients: those that are named, or all that the caller may see. */
export const exportPatients: Operation = {
  ...common,
  definition: definition('patient-export'),
  type: 'Patient',
  level: 'type',
  handle: async (request, context) => {
    const parameters = new OperationParameters(request);
    const asked = exportRequest(request, parameters, 'patient', context);
    const named = parameters.all('patient').map((value) => {
      const key = keyIn(typeof value === 'string' ? { reference: value } : value);
      if (key?.type === 'Patient') return key.id;
      throw new Failure('invalid', 'patient must be a reference to a Patient of this server.', {
        expression: `Parameters.parameter.where(name='patient')`,
        code: 'value',
      });
    });
    const patients = named.length === 0 ? ('any' as const) : await keysOf(named, context);
    return accepted({ ...asked, patients }, context);
  },
};

/** What concerns the patients who are active members of the Group. */
export const exportGroup: Operation = {
  ...common,
  definition: definition('group-export'),
  type: 'Group',
  level: 'instance',
  handle: async (request, context) => {
    const parameters = new OperationParameters(request);
    refusePatients(parameters);
    const asked = exportRequest(request, parameters, 'patient', context);
    const id = request.segments[1]!;
    const entry = accessEntry(context, { action: '$export', type: 'Group', ids: [`Group/${id}`] });
    const group = await context.services.read({ type: 'Group', id }, context.principal, entry);
    if (group === undefined || group.text === null) throw absent('Group');
    const { member = [] } = parseJsonObject(group.text) as {
      member?: readonly { readonly entity?: unknown; readonly inactive?: boolean }[];
    };
    const named = member.flatMap(({ entity, inactive }) => {
      const key = keyIn(entity);
      return inactive !== true && key?.type === 'Patient' ? [key.id] : [];
    });
    return accepted({ ...asked, patients: await keysOf(named, context, { skipUnseen: true }) }, context);
  },
};

function refusePatients(parameters: OperationParameters): void {
  if (parameters.all('patient').length === 0) return;
  throw new Failure('invalid', 'patient is a parameter of Patient/$export only.', { code: 'not-supported' });
}

/** Patient keys. @throws Failure not-found for one that is not there, or not for this caller to see */
async function keysOf(
  ids: readonly string[],
  context: Context,
  options: { readonly skipUnseen?: boolean } = {},
): Promise<readonly number[]> {
  const keys: number[] = [];
  for (const id of new Set(ids)) {
    const entry = accessEntry(context, { action: '$export', type: 'Patient', ids: [`Patient/${id}`] });
    const row = await context.services.read({ type: 'Patient', id }, context.principal, entry);
    if (row !== undefined && row.text !== null) keys.push(row.rid);
    else if (options.skipUnseen !== true) throw absent('Patient');
  }
  return keys;
}

async function accepted(asked: ExportRequest, context: Context): Promise<FhirResponse> {
  const { services, principal } = context;
  const id = services.ids.next();
  await services.audit(accessEntry(context, { action: '$export', detail: asked.types.join(' ').slice(0, 500) }));
  const now = services.clock.now();
  await insertBulkJob(services.pool, { id, kind: 'export', principal, request: asked }, now);
  await addJob(services.pool, { kind: 'bulk-export', key: id, payload: { id }, runAt: now });
  return { status: 202, headers: { 'Content-Location': `${services.base}/$bulk-status?job=${id}` } };
}
