import { parseJson, stringifyJson } from '../fhir/json.js';
import type { Resource } from '../fhir/resource.js';
import { redactSubscription } from '../subscriptions/redact-subscription.js';

/**
 * A stored text as it is shown. Everything but a Subscription goes out as it is stored; a Subscription's secrets are
 * never shown again, not even to the one who set them (decision 17).
 */
export function shown(type: string, text: string): string {
  return type === 'Subscription' ? stringifyJson(redactSubscription(parseJson(text) as Resource)) : text;
}
