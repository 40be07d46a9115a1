import type { Resource } from '../fhir/resource.js';
import { signingKeyUrl } from './parse-channel.js';
import { refuse } from './refusal.js';
import { redacted } from './redacted.js';

/** What of a Subscription nobody sees again (decision 17): header values, the endpoint's query, the signing key. */
export interface Secrets {
  readonly header?: readonly string[];
  /** Without `?`. */
  readonly query?: string;
  readonly signingKey?: string;
}

type Channel = Readonly<Record<string, unknown>>;
interface Extension {
  readonly url?: unknown;
  readonly valueString?: unknown;
}

/** `Authorization: Bearer x` → `Authorization: ***`. */
const hide = (header: unknown): unknown => {
  if (typeof header !== 'string') return redacted;
  const colon = header.indexOf(':');
  return colon < 1 ? redacted : `${header.slice(0, colon)}: ${redacted}`;
};

const channelOf = (resource: Resource): Channel | undefined => {
  const channel = resource['channel'];
  return typeof channel === 'object' && channel !== null ? (channel as Channel) : undefined;
};
const extensionsOf = (channel: Channel): readonly Extension[] =>
  Array.isArray(channel['extension']) ? (channel['extension'] as Extension[]) : [];
const isKey = ({ url }: Extension): boolean => url === signingKeyUrl;
const queryOf = (endpoint: unknown): string | undefined =>
  typeof endpoint === 'string' && endpoint.includes('?') ? endpoint.slice(endpoint.indexOf('?') + 1) : undefined;
const withQuery = (endpoint: unknown, query: string): string => `${String(endpoint).split('?')[0]}?${query}`;

/** The Subscription without its secrets, and they by themselves; undefined where it has none. */
export function splitSecrets(resource: Resource): { readonly shown: Resource; readonly secrets: Secrets | undefined } {
  const channel = channelOf(resource);
  if (channel === undefined) return { shown: resource, secrets: undefined };
  const header = Array.isArray(channel['header']) ? (channel['header'] as string[]) : undefined;
  const query = queryOf(channel['endpoint']);
  const signingKey = extensionsOf(channel).find(isKey)?.valueString;
  if (header === undefined && query === undefined && signingKey === undefined)
    return { shown: resource, secrets: undefined };
  const shown = {
    ...resource,
    channel: {
      ...channel,
      ...(header === undefined ? {} : { header: header.map(hide) }),
      ...(query === undefined ? {} : { endpoint: withQuery(channel['endpoint'], redacted) }),
      ...(signingKey === undefined ? {} : { extension: withKey(channel, redacted) }),
    },
  };
  const secrets = {
    ...(header === undefined ? {} : { header }),
    ...(query === undefined ? {} : { query }),
    ...(typeof signingKey === 'string' ? { signingKey } : {}),
  };
  return { shown, secrets };
}

const withKey = (channel: Channel, key: string): readonly Extension[] =>
  extensionsOf(channel).map((one) => (isKey(one) ? { ...one, valueString: key } : one));

/** The whole Subscription again, from what is stored of it. */
export function joinSecrets(shown: Resource, { header, query, signingKey }: Secrets): Resource {
  const channel = channelOf(shown);
  if (channel === undefined) return shown;
  return {
    ...shown,
    channel: {
      ...channel,
      ...(header === undefined ? {} : { header }),
      ...(query === undefined ? {} : { endpoint: withQuery(channel['endpoint'], query) }),
      ...(signingKey === undefined ? {} : { extension: withKey(channel, signingKey) }),
    },
  };
}

/** The Subscription as it is shown, tagged SUBSETTED where something is hidden. */
export function redactSubscription(resource: Resource): Resource {
  const { shown, secrets } = splitSecrets(resource);
  if (secrets === undefined) return resource;
  return {
    ...shown,
    meta: {
      ...resource.meta,
      tag: [
        ...(resource.meta?.tag ?? []),
        { system: 'http://terminology.hl7.org/CodeSystem/v3-ObservationValue', code: 'SUBSETTED' },
      ],
    },
  };
}

/**
 * What a client sends back after having read a redacted Subscription gets the stored secrets back: each `Name: ***` takes
 * the value of the stored header of that name, a hidden endpoint query and a hidden key the stored ones. Nothing is given
 * back where the endpoint has changed, so that nobody can lead secrets elsewhere.
 *
 * @param stored the whole Subscription, with its secrets
 * @throws Failure where `***` stands for something that is not stored
 */
export function restoreSecrets(sent: Resource, stored: Resource | undefined): Resource {
  const restored = stored === undefined ? sent : restore(sent, stored);
  const channel = channelOf(restored) ?? {};
  const header = Array.isArray(channel['header']) ? (channel['header'] as unknown[]) : [];
  const open = header.findIndex((one) => hide(one) === one);
  const why = `The value ${redacted} stands for a secret that is not known for this endpoint; send the secret itself.`;
  if (open !== -1) refuse(`channel.header[${open}]`, why, 'value');
  if (queryOf(channel['endpoint']) === redacted) refuse('channel.endpoint', why, 'value');
  if (extensionsOf(channel).some((one) => isKey(one) && one.valueString === redacted))
    refuse('channel.extension', why, 'value');
  return restored;
}

function restore(sent: Resource, stored: Resource): Resource {
  const channel = channelOf(sent);
  const kept = channelOf(stored);
  const endpoint = kept?.['endpoint'];
  if (channel === undefined || kept === undefined || typeof endpoint !== 'string') return sent;
  const same = channel['endpoint'] === endpoint || channel['endpoint'] === withQuery(endpoint, redacted);
  if (!same) return sent;
  const headers = Array.isArray(kept['header']) ? (kept['header'] as unknown[]) : [];
  const given = (header: unknown): unknown => headers.find((one) => one !== header && hide(one) === header) ?? header;
  const key = extensionsOf(kept).find(isKey)?.valueString;
  const hidden = extensionsOf(channel).some((one) => isKey(one) && one.valueString === redacted);
  return {
    ...sent,
    channel: {
      ...channel,
      endpoint,
      ...(Array.isArray(channel['header']) ? { header: (channel['header'] as unknown[]).map(given) } : {}),
      ...(hidden && typeof key === 'string' ? { extension: withKey(channel, key) } : {}),
    },
  };
}
