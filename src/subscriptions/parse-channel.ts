// https://hl7.org/fhir/R4/subscription.html#channels
import { isNumber, numberOf } from '../fhir/json-number.js';
import { backport, extensionValues } from './backport.js';
import type { Channel, CompiledSubscription, NotificationContent } from './compiled-subscription.js';
import type { EndpointPolicy } from './endpoint-policy.js';
import { parseHeaders } from './parse-headers.js';
import { redacted } from './redacted.js';
import { refuse } from './refusal.js';

export interface ChannelRules {
  readonly endpoints: EndpointPolicy;
  /** Can mail be sent from here? */
  readonly email?: boolean;
}

/** Own extension of Subscription.channel: the key that notifications are signed with. */
export const signingKeyUrl = 'http://hjemmebro.no/fhir/StructureDefinition/dho-signing-key';

const jsonTypes: ReadonlySet<string> = new Set(['application/fhir+json', 'application/json']);
const mediaType = (payload: unknown): string =>
  typeof payload === 'string' ? payload.split(';')[0]!.trim().toLowerCase() : '';

type ChannelElement = Readonly<Record<string, unknown>>;
export type ChannelParts = Pick<
  CompiledSubscription,
  'channel' | 'content' | 'heartbeatSeconds' | 'timeoutSeconds' | 'maxCount'
>;

/** @param byTopic has the Subscription a topic, whose notifications are Bundles? */
export function parseChannel(element: ChannelElement, byTopic: boolean, rules: ChannelRules): ChannelParts {
  if (extensionValues(element['_type'], backport.channelType).length > 0)
    refuse('channel.type', 'Channel types beyond rest-hook, websocket, message and email are not supported.');
  const channel = channelOf(element, rules);
  return {
    channel,
    content: byTopic ? contentByTopic(element, channel) : contentPlain(element, channel),
    ...optional('heartbeatSeconds', positive(element, backport.heartbeatPeriod, 10)),
    ...optional('timeoutSeconds', positive(element, backport.timeout, 1, 60)),
    maxCount: maxCountOf(element, byTopic, channel),
  };
}

/** A mail says only that there is something: one is enough for all that is there. */
function maxCountOf(element: ChannelElement, byTopic: boolean, { kind }: Channel): number {
  if (kind === 'email') return 100;
  return byTopic ? Math.min(positive(element, backport.maxCount, 1) ?? 1, 100) : 1;
}

function channelOf(element: ChannelElement, rules: ChannelRules): Channel {
  const kind = element['type'];
  switch (kind) {
    case 'rest-hook':
    case 'message':
      return { kind, ...httpPart(element, rules) };
    case 'websocket':
      if (Array.isArray(element['header']))
        refuse('channel.header', 'The websocket channel sends no headers; what is there would go nowhere.');
      return { kind };
    case 'email':
      return { kind, address: addressOf(element, rules) };
    default:
      return refuse('channel.type', 'The channel type must be rest-hook, websocket, message or email.');
  }
}

function httpPart(element: ChannelElement, rules: ChannelRules) {
  const endpoint = element['endpoint'];
  if (typeof endpoint !== 'string')
    return refuse('channel.endpoint', `A channel of type ${String(element['type'])} needs an endpoint.`, 'required');
  const refusal = rules.endpoints.check(endpoint);
  if (refusal !== undefined) throw refusal;
  return { endpoint, headers: parseHeaders(element['header']), ...signingKey(element) };
}

function signingKey(element: ChannelElement): { signingKey?: string } {
  const [key] = extensionValues(element, signingKeyUrl);
  if (key === undefined || key === redacted) return {};
  // 32 characters hold the 128 bits below which https://www.rfc-editor.org/rfc/rfc2104#section-3 calls a key weak.
  if (typeof key !== 'string' || key.length < 32 || key.length > 1024)
    return refuse('channel.extension', 'A signing key has 32 to 1024 characters.', 'value');
  return { signingKey: key };
}

function addressOf(element: ChannelElement, rules: ChannelRules): string {
  if (rules.email !== true) refuse('channel.type', 'This server is not set up to send mail.');
  if (Array.isArray(element['header'])) refuse('channel.header', 'The mail channel takes no headers.');
  const address = /^mailto:([^\s<>?,;:@"%]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,})$/.exec(String(element['endpoint']))?.[1];
  return address ?? refuse('channel.endpoint', 'The endpoint of a mail channel is written mailto:name@host.', 'value');
}

/** R4: the resource itself, or nothing. */
function contentPlain({ payload }: ChannelElement, { kind }: Channel): NotificationContent {
  if (payload === undefined || payload === '') return 'empty';
  if (kind === 'email')
    refuse('channel.payload', 'Mail carries no health data: leave the payload out, and read what is new over FHIR.');
  if (!jsonTypes.has(mediaType(payload)))
    refuse(
      'channel.payload',
      'The payload can be application/fhir+json, or absent for a notification without content.',
    );
  return kind === 'websocket' ? 'empty' : 'full-resource'; // R4's websocket says no more than `ping`
}

function contentByTopic(element: ChannelElement, { kind }: Channel): NotificationContent {
  const type = mediaType(element['payload']);
  if (kind !== 'email' && !jsonTypes.has(type))
    refuse('channel.payload', 'A subscription to a topic needs the payload application/fhir+json.', 'required');
  if (kind === 'email' && type !== '' && type !== 'text/plain')
    refuse('channel.payload', 'Mail is sent as text/plain without an attachment.');
  const [content] = extensionValues(element['_payload'], backport.payloadContent);
  if (content !== 'empty' && content !== 'id-only' && content !== 'full-resource')
    return refuse(
      'channel.payload.extension',
      'The extension backport-payload-content must be empty, id-only or full-resource.',
      content === undefined ? 'required' : 'value',
    );
  if (kind === 'email' && content !== 'empty')
    refuse('channel.payload.extension', 'Mail carries no health data: the content must be empty.');
  return content;
}

function positive(element: ChannelElement, url: string, least: number, most = 2 ** 31 - 1): number | undefined {
  const [value] = extensionValues(element, url);
  if (value === undefined) return undefined;
  const number = isNumber(value as never) ? numberOf(value as never) : Number.NaN;
  if (Number.isInteger(number) && number >= least && number <= most) return number;
  const name = url.slice(url.lastIndexOf('/') + 1);
  return refuse('channel.extension', `${name} must be a whole number from ${least} to ${most}.`, 'value');
}

const optional = <K extends string>(name: K, value: number | undefined): { [key in K]?: number } =>
  (value === undefined ? {} : { [name]: value }) as { [key in K]?: number };
