import type { Operation } from '../operation.js';
import { subscriptionEvents } from './subscription-events.js';
import { subscriptionResend } from './subscription-resend.js';
import { subscriptionStatus, subscriptionStatuses } from './subscription-status.js';
import { wsBindingToken, wsBindingTokens } from './ws-binding-token.js';

/** What subscribers may ask beside the Subscription itself. http://hl7.org/fhir/uv/subscriptions-backport/ */
export const subscriptionOperations: readonly Operation[] = [
  subscriptionStatus,
  subscriptionStatuses,
  subscriptionEvents,
  subscriptionResend,
  wsBindingToken,
  wsBindingTokens,
];
