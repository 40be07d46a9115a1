// http://hl7.org/fhir/uv/subscriptions-backport/OperationDefinition/backport-subscription-resend
import { absent } from '../../access/decide.js';
import { stringifyJson } from '../../fhir/json.js';
import { Failure } from '../../kernel/failure.js';
import { askToResend } from '../../storage/subscription-resend.js';
import { backport } from '../../subscriptions/backport.js';
import { accessEntry } from '../audit-access.js';
import { type Operation, OperationParameters } from '../operation.js';
import type { FhirRequest, FhirResponse } from '../request.js';
import { eventNumber } from './subscription-events.js';
import { visibleSubscriptions } from './visible-subscriptions.js';

/** Sends events to the endpoint once more, under the numbers they have; those that were given up are among them. */
export const subscriptionResend: Operation = {
  name: 'resend',
  definition: backport.operation('resend'),
  type: 'Subscription',
  level: 'instance',
  affectsState: true,
  amountsTo: 'update',
  async handle(request, context): Promise<FhirResponse> {
    const { services } = context;
    const [subscription] = await visibleSubscriptions([request.segments[1]!], context);
    if (subscription === undefined) throw absent('Subscription');
    if (subscription.bySocket) throw refusal('A client that is served by websocket reads what it missed by $events.');
    if (subscription.status !== 'active')
      throw refusal(`The Subscription is ${subscription.status}: set its status to requested first.`);
    const range = {
      from: eventNumber(request, 'eventsSinceNumber'),
      to: eventNumber(request, 'eventsUntilNumber'),
      since: time(request, 'eventsSinceInstant'),
      until: time(request, 'eventsUntilInstant'),
    };
    await services.audit(
      accessEntry(context, { action: '$resend', type: 'Subscription', ids: [`Subscription/${subscription.id}`] }),
    );
    const count = await askToResend(services.pool, subscription.rid, range);
    const issue = {
      severity: 'information',
      code: 'informational',
      diagnostics: count === 0 ? 'There are no such events.' : `${count} events are sent again.`,
    };
    return { status: 200, headers: {}, body: stringifyJson({ resourceType: 'OperationOutcome', issue: [issue] }) };
  },
};

function time(request: FhirRequest, name: string): number | undefined {
  const text = new OperationParameters(request).date(name);
  return text === undefined ? undefined : Date.parse(text);
}

const refusal = (why: string): Failure =>
  new Failure('unprocessable', why, { expression: 'Subscription.status', code: 'business-rule' });
