// https://hl7.org/fhir/R4/subscription.html#2.46.7.1
import type { CompiledSubscription } from './compiled-subscription.js';

/** What is sent, independent of how. */
export interface Notification {
  readonly method: 'POST' | 'PUT';
  readonly url: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body?: string;
}

/** A numbered event of one subscription. */
export interface NumberedEvent {
  readonly event: number;
  readonly type: string;
  readonly id: string;
}

/**
 * R4 rest-hook: with payload an update of the resource below the endpoint, without it an empty POST to the endpoint. Both
 * carry the event's number, by which a receiver knows a repetition (delivery is at least once).
 *
 * @param text the resource's JSON text in the version that triggered the event
 */
export function restHook(subscription: CompiledSubscription, event: NumberedEvent, text: string): Notification {
  const headers = [
    ...subscription.headers,
    ['x-subscription-id', subscription.id],
    ['x-event-number', String(event.event)],
  ] as const;
  if (!subscription.payload) return { method: 'POST', url: subscription.endpoint, headers };
  const url = new URL(subscription.endpoint);
  url.pathname = `${url.pathname.replace(/\/$/, '')}/${event.type}/${event.id}`;
  return {
    method: 'PUT',
    url: url.href,
    headers: [...headers, ['content-type', 'application/fhir+json; charset=utf-8']],
    body: text,
  };
}
