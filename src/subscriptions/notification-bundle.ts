// http://hl7.org/fhir/uv/subscriptions-backport/notifications.html
import { stringifyJson } from '../fhir/json.js';
import { instant } from '../kernel/clock.js';
import { backport } from './backport.js';
import type { NotificationContent } from './compiled-subscription.js';

/** An event as its subscriber is told of it. */
export interface ToldEvent {
  readonly event: number;
  readonly type: string;
  readonly id: string;
  readonly kind: 'c' | 'u' | 'd';
  /** When it was numbered. */
  readonly at: Date;
  /** JSON text of the version that triggered it; absent where it is not to be sent. */
  readonly text?: string | undefined;
}

export interface StatusParts {
  /** The server's base URL. */
  readonly base: string;
  /** UUID of the status entry. */
  readonly id: string;
  readonly subscription: string;
  readonly topic?: string | undefined;
  readonly status: string;
  readonly type: 'handshake' | 'heartbeat' | 'event-notification' | 'query-status' | 'query-event';
  /** Events since the subscription began. */
  readonly total: number;
  readonly content: NotificationContent;
  readonly events?: readonly ToldEvent[];
  readonly error?: string | undefined;
}

/** Profile backport-subscription-status-r4: what is said of a subscription, as Parameters. */
export function statusParameters(parts: StatusParts): object {
  const { base, content, events = [], error } = parts;
  const told = content !== 'empty';
  return {
    resourceType: 'Parameters',
    id: parts.id,
    meta: { profile: [backport.status] },
    parameter: [
      { name: 'subscription', valueReference: { reference: `${base}/Subscription/${parts.subscription}` } },
      ...(parts.topic === undefined || !told ? [] : [{ name: 'topic', valueCanonical: parts.topic }]),
      { name: 'status', valueCode: parts.status },
      { name: 'type', valueCode: parts.type },
      { name: 'events-since-subscription-start', valueString: String(parts.total) },
      ...events.map((event) => ({
        name: 'notification-event',
        part: [
          { name: 'event-number', valueString: String(event.event) },
          { name: 'timestamp', valueInstant: instant(event.at.getTime()) },
          ...(told ? [{ name: 'focus', valueReference: { reference: `${base}/${event.type}/${event.id}` } }] : []),
        ],
      })),
      ...(error === undefined ? [] : [{ name: 'error', valueCodeableConcept: { text: error } }]),
    ],
  };
}

const requests = {
  c: (type: string, _id: string) => ({ request: { method: 'POST', url: type }, response: { status: '201' } }),
  u: (type: string, id: string) => ({ request: { method: 'PUT', url: `${type}/${id}` }, response: { status: '200' } }),
  d: (type: string, id: string) => ({
    request: { method: 'DELETE', url: `${type}/${id}` },
    response: { status: '204' },
  }),
} as const;

/**
 * A notification as JSON text: a Bundle of type history, the status first. The resources stand in it letter by letter as
 * they are stored (decimals keep their digits).
 *
 * @param at milliseconds since 1970
 */
export function notificationBundle(parts: StatusParts & { readonly bundle: string; readonly at: number }): string {
  const status = {
    fullUrl: `urn:uuid:${parts.id}`,
    resource: statusParameters(parts),
    request: { method: 'GET', url: `Subscription/${parts.subscription}/$status` },
    response: { status: '200' },
  };
  const events = parts.content === 'empty' ? [] : (parts.events ?? []);
  const entries = [stringifyJson(status), ...events.map((event) => entryText(event, parts))];
  const head = stringifyJson({
    resourceType: 'Bundle',
    id: parts.bundle,
    meta: { profile: [backport.notification] },
    type: 'history',
    timestamp: instant(parts.at),
  });
  return `${head.slice(0, -1)},"entry":[${entries.join(',')}]}`;
}

function entryText(event: ToldEvent, { base, content }: StatusParts): string {
  const { type, id, kind, text } = event;
  const fullUrl = `"fullUrl":${JSON.stringify(`${base}/${type}/${id}`)}`;
  const resource = content === 'full-resource' && text !== undefined && kind !== 'd' ? `,"resource":${text}` : '';
  return `{${fullUrl}${resource},${JSON.stringify(requests[kind](type, id)).slice(1)}`;
}
