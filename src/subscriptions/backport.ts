/** Extensions of the Subscriptions R5 Backport for R4. http://hl7.org/fhir/uv/subscriptions-backport/ */
const guide = 'http://hl7.org/fhir/uv/subscriptions-backport/';
const definition = (name: string): string => `${guide}StructureDefinition/${name}`;

export const backport = {
  subscription: definition('backport-subscription'),
  status: definition('backport-subscription-status-r4'),
  notification: definition('backport-subscription-notification-r4'),
  filterCriteria: definition('backport-filter-criteria'),
  payloadContent: definition('backport-payload-content'),
  heartbeatPeriod: definition('backport-heartbeat-period'),
  timeout: definition('backport-timeout'),
  maxCount: definition('backport-max-count'),
  channelType: definition('backport-channel-type'),
  topicCanonical: definition('capabilitystatement-subscriptiontopic-canonical'),
  serverCapabilities: `${guide}CapabilityStatement/backport-subscription-server-r4`,
  operation: (name: string): string => `${guide}OperationDefinition/backport-subscription-${name}`,
} as const;

/** Values of the extensions with this URL on an element (`channel`, or the `_criteria` of `criteria`). */
export function extensionValues(element: unknown, url: string): readonly unknown[] {
  const list = (element as { extension?: unknown } | undefined)?.extension;
  if (!Array.isArray(list)) return [];
  return (list as Record<string, unknown>[])
    .filter((one) => one?.['url'] === url)
    .map((one) => Object.entries(one).find(([name]) => name.startsWith('value'))?.[1]);
}
