// Device/$stock: profiles/operations/Device-stock.json
import { DateTime } from 'luxon';
import { stringifyJson } from '../../fhir/json.js';
import { stockOverview } from '../../followup/equipment/stock.js';
import { engineDevice } from '../../followup/vocabulary/systems.js';
import { accessEntry } from '../audit-access.js';
import { type Operation, OperationParameters } from '../operation.js';
import { findAll } from './find-all.js';
import { demandRole } from './run-operation.js';

/** How much equipment there is, by owner, type and state. */
export const stock: Operation = {
  name: 'stock',
  definition: 'http://hjemmebro.no/fhir/OperationDefinition/Device-stock',
  type: 'Device',
  level: 'type',
  affectsState: false,
  amountsTo: 'search',
  followUp: true,
  async handle(request, context) {
    demandRole(context.principal, ['municipality', 'admin'], 'Only the follow-up centre keeps a stock.');
    const owner = new OperationParameters(request).reference('owner')?.reference;
    const found = await findAll('Device', owner === undefined ? [] : [['organization', owner]], context);
    // The Device that stands for the engine is no equipment.
    const devices = found.filter(({ id }) => `Device/${id}` !== engineDevice.reference);
    const { services } = context;
    await services.audit(accessEntry(context, { action: '$stock', type: 'Device' }));
    const today = DateTime.fromMillis(services.clock.now(), { zone: 'Europe/Oslo' }).toISODate()!;
    return { status: 200, headers: {}, body: stringifyJson(stockOverview(devices, today)) };
  },
};
