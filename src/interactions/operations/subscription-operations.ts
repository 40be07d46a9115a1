import type { Operation } from '../operation.js';
import { wsBindingToken, wsBindingTokens } from './ws-binding-token.js';

/** What subscribers may ask beside the Subscription itself. http://hl7.org/fhir/uv/subscriptions-backport/ */
export const subscriptionOperations: readonly Operation[] = [wsBindingToken, wsBindingTokens];
