import type { CompiledCriteria, CompiledSubscription } from '../../src/subscriptions/compiled-subscription.js';

/** A subscription with a search as criteria, as matching sees it. */
export function searchSubscription(id: string, type: string, criteria: CompiledCriteria): CompiledSubscription {
  return {
    id,
    status: 'active',
    text: `${type}?`,
    triggers: [
      {
        type,
        keys: criteria.keys,
        comparesVersions: false,
        matches: ({ resource, rows, patients }) => criteria.matches(resource, rows, patients),
      },
    ],
    channel: { kind: 'rest-hook', endpoint: 'http://localhost/', headers: [] },
    content: 'empty',
    maxCount: 1,
  };
}
