import { stringifyJson } from '../fhir/json.js';
import type { Clock } from '../kernel/clock.js';
import type { Ids } from '../kernel/ids.js';
import type { Channel, CompiledSubscription } from '../subscriptions/compiled-subscription.js';
import { notificationBundle, type StatusParts, type ToldEvent } from '../subscriptions/notification-bundle.js';
import { postedBundle, restHook } from '../subscriptions/rest-hook.js';
import type { Outgoing } from './outbox.js';

export interface ComposeParts {
  readonly ids: Ids;
  readonly clock: Clock;
  /** The server's base URL. */
  readonly base: string;
}

/** Makes of events what is sent; `subscriptions/` has the forms. */
export interface Composer {
  /** @param events in order, at least one; not more than `maxCount` */
  events(subscription: CompiledSubscription, events: readonly ToldEvent[]): Outgoing;
  /** Handshake or heartbeat. @param total events so far */
  sign(subscription: CompiledSubscription, type: 'handshake' | 'heartbeat', total: number): Outgoing;
}

type HttpChannel = Extract<Channel, { endpoint: string }>;

export function composer({ ids, clock, base }: ComposeParts): Composer {
  const bundle = (
    { id, topic, content, status }: CompiledSubscription,
    parts: Pick<StatusParts, 'type' | 'total' | 'events'>,
  ): string =>
    notificationBundle({
      base,
      id: ids.next(),
      bundle: ids.next(),
      at: clock.now(),
      subscription: id,
      topic,
      status: parts.type === 'handshake' ? 'requested' : status === 'requested' ? 'active' : status,
      content,
      ...parts,
    });
  const post = (subscription: CompiledSubscription, channel: HttpChannel, event: number, text: string): Outgoing => {
    const message = channel.kind === 'message' && subscription.topic !== undefined;
    const target = message ? { ...channel, endpoint: processMessage(channel.endpoint) } : channel;
    return { by: 'http', notification: postedBundle(subscription, target, { event, text, at: clock.now() }) };
  };
  const wrap = (subscription: CompiledSubscription, channel: HttpChannel, focus: Focus | undefined): string =>
    channel.kind === 'message'
      ? messageText({ base, ids, at: clock.now() }, { subscription, endpoint: channel.endpoint, focus })
      : focus!.text;

  return {
    events(subscription, events) {
      const { channel, topic } = subscription;
      const last = events.at(-1)!;
      if (channel.kind === 'email') return mailOf(channel.address, subscription, last.event, base);
      if (channel.kind === 'websocket') throw new TypeError('A websocket is served by its binding.');
      if (topic !== undefined) {
        const text = bundle(subscription, { type: 'event-notification', total: last.event, events });
        return post(
          subscription,
          channel,
          last.event,
          wrap(subscription, channel, { url: `urn:uuid:${ids.next()}`, text }),
        );
      }
      if (channel.kind === 'rest-hook')
        return {
          by: 'http',
          notification: restHook(subscription, channel, { event: last, text: last.text ?? '{}', at: clock.now() }),
        };
      const focus = last.text === undefined ? undefined : { url: `${base}/${last.type}/${last.id}`, text: last.text };
      return post(subscription, channel, last.event, wrap(subscription, channel, focus));
    },
    sign(subscription, type, total) {
      const { channel } = subscription;
      if (!('endpoint' in channel)) throw new TypeError('Only an endpoint is greeted.');
      const text = bundle(subscription, { type, total });
      return post(subscription, channel, 0, wrap(subscription, channel, { url: `urn:uuid:${ids.next()}`, text }));
    },
  };
}

/** A topic's message goes to a server's base URL. http://hl7.org/fhir/uv/subscriptions-backport/channels.html#fhir-messaging */
function processMessage(endpoint: string): string {
  const url = new URL(endpoint);
  if (!url.pathname.endsWith('/$process-message')) url.pathname = `${url.pathname.replace(/\/$/, '')}/$process-message`;
  return url.href;
}

/** What a message is about, as its second entry. */
interface Focus {
  readonly url: string;
  readonly text: string;
}

/** https://hl7.org/fhir/R4/messaging.html: header, then what it is about, letter by letter. */
function messageText(
  { base, ids, at }: { readonly base: string; readonly ids: Ids; readonly at: number },
  { subscription, endpoint, focus }: { subscription: CompiledSubscription; endpoint: string; focus: Focus | undefined },
): string {
  const { origin, pathname } = new URL(endpoint);
  const header = {
    resourceType: 'MessageHeader',
    id: ids.next(),
    eventUri: subscription.topic ?? 'http://hjemmebro.no/fhir/message-event/subscription-notification',
    destination: [{ endpoint: `${origin}${pathname}` }],
    source: { name: 'Hjemmebro', endpoint: base },
    reason: { text: `Subscription/${subscription.id}` },
    ...(focus === undefined ? {} : { focus: [{ reference: focus.url }] }),
  };
  const head = stringifyJson({
    resourceType: 'Bundle',
    id: ids.next(),
    type: 'message',
    timestamp: new Date(at).toISOString(),
  });
  const first = stringifyJson({ fullUrl: `urn:uuid:${header.id}`, resource: header });
  const second = focus === undefined ? '' : `,{"fullUrl":${JSON.stringify(focus.url)},"resource":${focus.text}}`;
  return `${head.slice(0, -1)},"entry":[${first}${second}]}`;
}

function mailOf(to: string, { id }: CompiledSubscription, event: number, base: string): Outgoing {
  const text = [
    'Det er noe nytt i Hjemmebro for et abonnement som varsles til denne adressen.',
    'Av hensyn til personvernet står det ikke her hva det gjelder.',
    '',
    `Logg inn i fagsystemet, eller hent hendelsene: ${base}/Subscription/${id}/$events`,
    `Siste hendelse: nummer ${event}`,
  ].join('\n');
  return {
    by: 'mail',
    mail: {
      to,
      subject: 'Hjemmebro: ny hendelse',
      text,
      messageId: `<subscription.${id}.${event}@${new URL(base).hostname}>`,
      headers: { 'X-Subscription-Id': id, 'X-Event-Number': String(event), 'Auto-Submitted': 'auto-generated' },
    },
  };
}
