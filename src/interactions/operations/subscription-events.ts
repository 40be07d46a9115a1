// http://hl7.org/fhir/uv/subscriptions-backport/OperationDefinition/backport-subscription-events
import { absent, rowScope } from '../../access/decide.js';
import { Failure } from '../../kernel/failure.js';
import type { PendingEvent } from '../../storage/subscription-delivery.js';
import { eventsBetween } from '../../storage/subscription-socket.js';
import { withNarrowings } from '../../storage/search/prepare-narrowing.js';
import { isVisible } from '../../storage/visible-row.js';
import { backport } from '../../subscriptions/backport.js';
import { notificationBundle } from '../../subscriptions/notification-bundle.js';
import { isContent, toldContent } from '../../subscriptions/told-content.js';
import { accessEntry } from '../audit-access.js';
import { type Operation, OperationParameters } from '../operation.js';
import type { Context, FhirRequest, FhirResponse } from '../request.js';
import { visibleSubscriptions, type VisibleSubscription } from './visible-subscriptions.js';

/** Most events of one answer. The status says how many there are: whoever has fewer asks on from the last number. */
const largest = 100;

/** Events by number, for whoever has missed some: `eventsSinceNumber` and `eventsUntilNumber` are included. */
export const subscriptionEvents: Operation = {
  name: 'events',
  definition: backport.operation('events'),
  type: 'Subscription',
  level: 'instance',
  affectsState: false,
  amountsTo: 'read',
  async handle(request, context): Promise<FhirResponse> {
    const { services } = context;
    const [subscription] = await visibleSubscriptions([request.segments[1]!], context);
    if (subscription === undefined) throw absent('Subscription');
    const told = toldContent(subscription.resource);
    const content = new OperationParameters(request).text('content') ?? told.content;
    if (!isContent(content)) throw wrong('content', 'content must be empty, id-only or full-resource.');
    const range = {
      from: eventNumber(request, 'eventsSinceNumber') ?? 1,
      to: eventNumber(request, 'eventsUntilNumber') ?? subscription.total,
      limit: largest,
    };
    const events = await allowed(await eventsBetween(services.pool, subscription.rid, range), subscription, context);
    const ids = events.map(({ type, id }) => `${type}/${id}`);
    await services.audit(
      accessEntry(context, {
        action: '$events',
        type: 'Subscription',
        ids: [`Subscription/${subscription.id}`, ...ids],
      }),
    );
    const body = notificationBundle({
      base: services.base,
      bundle: services.ids.next(),
      id: services.ids.next(),
      at: services.clock.now(),
      subscription: subscription.id,
      topic: told.topic,
      status: subscription.status,
      type: 'query-event',
      total: subscription.total,
      content,
      events: events.map((event) => ({ ...event, text: event.text ?? undefined })),
      error: subscription.error ?? undefined,
    });
    return { status: 200, headers: {}, body };
  },
};

/** What the owner and the caller may both see now. */
async function allowed(
  events: readonly PendingEvent[],
  { owner }: VisibleSubscription,
  { services, principal }: Context,
): Promise<readonly PendingEvent[]> {
  const now = services.clock.now();
  const parties = [principal, ...(owner === null ? [] : [await withNarrowings(owner, services.pool, services)])];
  const scopes = parties.map((one) => rowScope(one, now));
  const seen = await Promise.all(
    events.map(async (event) => {
      for (const scope of scopes)
        if (!(await isVisible(services.pool, event, scope, services.dictionary))) return false;
      return true;
    }),
  );
  return events.filter((_, at) => seen[at]);
}

/** The number of an event, a whole number from 1. @throws Failure naming the parameter */
export function eventNumber(request: FhirRequest, name: string): number | undefined {
  const value = new OperationParameters(request).one(name);
  if (value === undefined) return undefined;
  const text = String(value as string | number);
  if (!/^\d{1,15}$/.test(text)) throw wrong(name, `${name} must be the number of an event.`);
  return Math.max(1, Number(text));
}

const wrong = (name: string, why: string): Failure =>
  new Failure('invalid', why, { expression: `Parameters.parameter.where(name='${name}')`, code: 'value' });
