// Device/$stock: profiles/operations/Device-stock.json
import { DateTime } from 'luxon';
import { rowScope } from '../../access/decide.js';
import { parseJson, stringifyJson } from '../../fhir/json.js';
import type { Resource } from '../../fhir/resource.js';
import { stockOverview } from '../../followup/equipment/stock.js';
import { engineDevice } from '../../followup/vocabulary/systems.js';
import { parseSearch } from '../../search/parse/parse-search.js';
import { searchPage } from '../../storage/search/search-page.js';
import { accessEntry } from '../audit-access.js';
import { type Operation, OperationParameters } from '../operation.js';
import type { Context } from '../request.js';
import { demandRole } from './run-operation.js';

const pageSize = 1000;

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
    const devices = await allDevices(owner, context);
    const { services } = context;
    await services.audit(accessEntry(context, { action: '$stock', type: 'Device' }));
    const today = DateTime.fromMillis(services.clock.now(), { zone: 'Europe/Oslo' }).toISODate()!;
    return { status: 200, headers: {}, body: stringifyJson(stockOverview(devices, today)) };
  },
};

/** Page by page; the Device that stands for the engine is no equipment. */
async function allDevices(owner: string | undefined, { services, principal }: Context): Promise<readonly Resource[]> {
  const scope = rowScope(principal, services.clock.now());
  const found: Resource[] = [];
  let cursor: string | undefined;
  do {
    const pairs: (readonly [string, string])[] = [['_count', String(pageSize)]];
    if (owner !== undefined) pairs.push(['organization', owner]);
    if (cursor !== undefined) pairs.push(['_cursor', cursor]);
    const page = await searchPage(
      services.pool,
      parseSearch('Device', pairs, services.registry, { strict: true }),
      scope,
      services,
    );
    for (const { id, text } of page.matches)
      if (`Device/${id}` !== engineDevice.reference) found.push(parseJson(text) as Resource);
    cursor = page.next;
  } while (cursor !== undefined);
  return found;
}
