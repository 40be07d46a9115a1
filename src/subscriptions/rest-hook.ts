// https://hl7.org/fhir/R4/subscription.html#2.46.7.1
import { createHmac } from 'node:crypto';
import type { Channel, CompiledSubscription } from './compiled-subscription.js';

/** What is sent over HTTP, independent of how. */
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

type HttpChannel = Extract<Channel, { endpoint: string }>;
const jsonType = ['content-type', 'application/fhir+json; charset=utf-8'] as const;

/**
 * R4 rest-hook: with payload an update of the resource below the endpoint, without it an empty POST to the endpoint. Both
 * carry the event's number, by which a receiver knows a repetition (delivery is at least once).
 *
 * @param text the resource's JSON text in the version that triggered the event
 * @param at milliseconds since 1970, for the signature
 */
export function restHook(
  subscription: CompiledSubscription,
  channel: HttpChannel,
  { event, text, at }: { readonly event: NumberedEvent; readonly text: string; readonly at: number },
): Notification {
  const headers = [...channel.headers, ...ownHeaders(subscription.id, event.event)];
  if (subscription.content === 'empty')
    return signed({ method: 'POST', url: channel.endpoint, headers }, channel.signingKey, at);
  const url = new URL(channel.endpoint);
  url.pathname = `${url.pathname.replace(/\/$/, '')}/${event.type}/${event.id}`;
  return signed({ method: 'PUT', url: url.href, headers: [...headers, jsonType], body: text }, channel.signingKey, at);
}

/**
 * A Bundle to the endpoint itself: a notification of a topic, or a message.
 *
 * @param event number of the last event in it; 0 for a handshake or heartbeat
 */
export function postedBundle(
  subscription: CompiledSubscription,
  channel: HttpChannel,
  { event, text, at }: { readonly event: number; readonly text: string; readonly at: number },
): Notification {
  const headers = [...channel.headers, ...ownHeaders(subscription.id, event), jsonType];
  return signed({ method: 'POST', url: channel.endpoint, headers, body: text }, channel.signingKey, at);
}

const ownHeaders = (id: string, event: number): readonly (readonly [string, string])[] => [
  ['x-subscription-id', id],
  ['x-event-number', String(event)],
];

/**
 * Header `X-Signature: t=<seconds since 1970>,v1=<hex>`: HMAC-SHA256 with the subscription's key over `t`, method, path with
 * query, event number and body, with a line feed between them. Time and number keep a caught notification from being
 * played again; the path says of which resource an R4 notification is.
 */
function signed(notification: Notification, key: string | undefined, at: number): Notification {
  if (key === undefined) return notification;
  const seconds = Math.floor(at / 1000);
  const url = new URL(notification.url);
  const number = notification.headers.find(([name]) => name === 'x-event-number')![1];
  const content = [seconds, notification.method, url.pathname + url.search, number, notification.body ?? ''].join('\n');
  const digest = createHmac('sha256', key).update(content).digest('hex');
  return { ...notification, headers: [...notification.headers, ['x-signature', `t=${seconds},v1=${digest}`]] };
}
