// http://hl7.org/fhir/uv/subscriptions-backport/OperationDefinition/backport-subscription-status
import { absent } from '../../access/decide.js';
import { stringifyJson } from '../../fhir/json.js';
import { backport } from '../../subscriptions/backport.js';
import { statusParameters } from '../../subscriptions/notification-bundle.js';
import { toldContent } from '../../subscriptions/told-content.js';
import { accessEntry } from '../audit-access.js';
import { bundleText } from '../bundle-text.js';
import { type Operation, OperationParameters } from '../operation.js';
import type { Context, FhirRequest, FhirResponse } from '../request.js';
import { visibleSubscriptions } from './visible-subscriptions.js';

const common = {
  name: 'status',
  definition: backport.operation('status'),
  type: 'Subscription',
  affectsState: false,
  amountsTo: 'read',
} as const;

/** How a Subscription stands: its status, how many events there have been, and what is wrong. */
export const subscriptionStatus: Operation = {
  ...common,
  level: 'instance',
  handle: (request, context) => status([request.segments[1]!], [], context),
};

/** The same for several, narrowed by `id` and `status`. */
export const subscriptionStatuses: Operation = {
  ...common,
  level: 'type',
  handle: (request, context) => status(listed(request, 'id'), listed(request, 'status') ?? [], context),
};

/** Values of a repeatable parameter; a comma means «or» as well. */
export function listed(request: FhirRequest, name: string): readonly string[] | undefined {
  const values = new OperationParameters(request).all(name).flatMap((value) => String(value).split(','));
  return values.length === 0 ? undefined : [...new Set(values)];
}

async function status(
  ids: readonly string[] | undefined,
  statuses: readonly string[],
  context: Context,
): Promise<FhirResponse> {
  const { services } = context;
  const found = await visibleSubscriptions(ids, context);
  if (ids?.length === 1 && found.length === 0) throw absent('Subscription');
  const shown = found.filter((one) => statuses.length === 0 || statuses.includes(one.status));
  await services.audit(
    accessEntry(context, { action: '$status', type: 'Subscription', ids: shown.map(({ id }) => `Subscription/${id}`) }),
  );
  const entries = shown.map((one) => {
    const id = services.ids.next();
    const resourceText = stringifyJson(
      statusParameters({
        base: services.base,
        id,
        subscription: one.id,
        topic: toldContent(one.resource).topic,
        status: one.status,
        type: 'query-status',
        total: one.total,
        content: 'id-only',
        error: one.error ?? undefined,
      }),
    );
    return { fullUrl: `urn:uuid:${id}`, resourceText, rest: { search: { mode: 'match' } } };
  });
  const at = services.clock.now();
  const body = bundleText({ id: services.ids.next(), type: 'searchset', total: entries.length, at, entries });
  return { status: 200, headers: {}, body };
}
