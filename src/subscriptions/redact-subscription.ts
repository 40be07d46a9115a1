import type { Resource } from '../fhir/resource.js';

/** What stands in place of a secret. */
export const redacted = '***';

/** `Authorization: Bearer x` → `Authorization: ***`. */
const hide = (header: unknown): unknown => {
  if (typeof header !== 'string') return redacted;
  const colon = header.indexOf(':');
  return colon < 1 ? redacted : `${header.slice(0, colon)}: ${redacted}`;
};

/**
 * The Subscription as anyone but the one who made it may see it: header values and the endpoint's query (both may hold
 * secrets) are hidden, and it is tagged SUBSETTED (decision 17).
 */
export function redactSubscription(resource: Resource): Resource {
  const channel = resource['channel'] as Record<string, unknown> | undefined;
  if (channel === undefined) return resource;
  const { header, endpoint } = channel;
  const hasQuery = typeof endpoint === 'string' && endpoint.includes('?');
  if (!Array.isArray(header) && !hasQuery) return resource;
  return {
    ...resource,
    meta: {
      ...resource.meta,
      tag: [
        ...(resource.meta?.tag ?? []),
        { system: 'http://terminology.hl7.org/CodeSystem/v3-ObservationValue', code: 'SUBSETTED' },
      ],
    },
    channel: {
      ...channel,
      ...(hasQuery ? { endpoint: `${endpoint.slice(0, endpoint.indexOf('?'))}?${redacted}` } : {}),
      ...(Array.isArray(header) ? { header: header.map(hide) } : {}),
    },
  };
}

/**
 * What a client sends back after having read a redacted Subscription gets the stored secrets back: each `Name: ***` takes
 * the value of the stored header of that name, and a hidden endpoint query the stored one. Nothing is given back where
 * the endpoint has changed, so that nobody can lead secrets elsewhere.
 */
export function restoreSecrets(sent: Resource, stored: Resource): Resource {
  const channel = sent['channel'] as Record<string, unknown> | undefined;
  const kept = stored['channel'] as Record<string, unknown> | undefined;
  const endpoint = kept?.['endpoint'];
  if (channel === undefined || kept === undefined || typeof endpoint !== 'string') return sent;
  const same = channel['endpoint'] === endpoint || channel['endpoint'] === `${endpoint.split('?')[0]}?${redacted}`;
  if (!same) return sent;
  const headers = Array.isArray(kept['header']) ? (kept['header'] as unknown[]) : [];
  const restore = (header: unknown): unknown => headers.find((one) => one !== header && hide(one) === header) ?? header;
  return {
    ...sent,
    channel: {
      ...channel,
      endpoint,
      ...(Array.isArray(channel['header']) ? { header: channel['header'].map(restore) } : {}),
    },
  };
}
