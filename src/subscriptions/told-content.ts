import type { Resource } from '../fhir/resource.js';
import { backport, extensionValues } from './backport.js';
import type { NotificationContent } from './compiled-subscription.js';

const contents: readonly unknown[] = ['empty', 'id-only', 'full-resource'] satisfies NotificationContent[];

export const isContent = (value: unknown): value is NotificationContent => contents.includes(value);

/** What a Subscription tells, where it need not be understood in full: its topic and how much of the resources it sends. */
export function toldContent(subscription: Resource): {
  readonly topic: string | undefined;
  readonly content: NotificationContent;
} {
  const criteria = String(subscription['criteria']);
  const channel = subscription['channel'] as { payload?: unknown; _payload?: unknown } | undefined;
  const [said] = extensionValues(channel?._payload, backport.payloadContent);
  const plain = channel?.payload === undefined ? 'empty' : 'full-resource';
  return {
    topic: /^(https?:|urn:)/.test(criteria) ? criteria.split('|')[0] : undefined,
    content: isContent(said) ? said : plain,
  };
}
