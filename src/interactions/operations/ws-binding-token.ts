// http://hl7.org/fhir/uv/subscriptions-backport/OperationDefinition/backport-subscription-get-ws-binding-token
import { absent } from '../../access/decide.js';
import { instant } from '../../kernel/clock.js';
import { Failure } from '../../kernel/failure.js';
import { backport } from '../../subscriptions/backport.js';
import { accessEntry } from '../audit-access.js';
import type { Operation } from '../operation.js';
import type { Context, FhirResponse } from '../request.js';
import { parametersResponse } from '../respond.js';
import { listed } from './subscription-status.js';
import { visibleSubscriptions } from './visible-subscriptions.js';

/** Long enough to open a connection. What is bound stays bound. */
const validMs = 5 * 60_000;

const common = {
  name: 'get-ws-binding-token',
  definition: backport.operation('get-ws-binding-token'),
  type: 'Subscription',
  affectsState: false,
  amountsTo: 'read',
} as const;

/** A short-lived token by which a client without headers, such as a browser, binds this Subscription to its socket. */
export const wsBindingToken: Operation = {
  ...common,
  level: 'instance',
  handle: (request, context) => bindingToken([request.segments[1]!], context),
};

/** The same for several; without `id`, for all that are served by websocket. */
export const wsBindingTokens: Operation = {
  ...common,
  level: 'type',
  handle: (request, context) => bindingToken(listed(request, 'id'), context),
};

async function bindingToken(ids: readonly string[] | undefined, context: Context): Promise<FhirResponse> {
  const { services, principal } = context;
  const now = services.clock.now();
  const bound: string[] = [];
  for (const one of await visibleSubscriptions(ids, context)) {
    if (one.bySocket) bound.push(one.id);
    else if (ids !== undefined && one.status !== 'requested')
      throw new Failure('unprocessable', 'The Subscription is not served by websocket.', {
        expression: 'Subscription.channel.type',
        code: 'business-rule',
      });
    else if (ids !== undefined) bound.push(one.id);
  }
  if (ids !== undefined && bound.length < ids.length) throw absent('Subscription');
  if (bound.length === 0)
    throw new Failure('unprocessable', 'This client has no Subscription that is served by websocket.', {
      code: 'business-rule',
    });
  const until = now + validMs;
  await services.audit(
    accessEntry(context, {
      action: '$get-ws-binding-token',
      type: 'Subscription',
      ids: bound.map((id) => `Subscription/${id}`),
    }),
  );
  return parametersResponse([
    { name: 'token', valueString: services.bindingTokens.seal({ ids: bound, principal, until }) },
    { name: 'expiration', valueDateTime: instant(until) },
    ...bound.map((id) => ({ name: 'subscription', valueString: id })),
    { name: 'websocket-url', valueUrl: `${services.socketUrl}/bound` },
  ]);
}
