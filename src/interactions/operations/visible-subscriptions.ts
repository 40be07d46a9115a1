import { rowScope } from '../../access/decide.js';
import { parseJson } from '../../fhir/json.js';
import type { Resource } from '../../fhir/resource.js';
import { type NamedSubscription, namedSubscriptions } from '../../storage/subscription-socket.js';
import { isVisible } from '../../storage/visible-row.js';
import type { Context } from '../request.js';

export interface VisibleSubscription extends NamedSubscription {
  readonly resource: Resource;
}

/** Those of the Subscriptions that the caller may see, with how they stand. @param ids absent: every one */
export async function visibleSubscriptions(
  ids: readonly string[] | undefined,
  { services, principal }: Context,
): Promise<readonly VisibleSubscription[]> {
  const { pool, dictionary } = services;
  const scope = rowScope(principal, services.clock.now());
  const found: VisibleSubscription[] = [];
  for (const one of await namedSubscriptions(pool, dictionary, ids))
    if (await isVisible(pool, one, scope, dictionary))
      found.push({ ...one, resource: parseJson(one.text) as Resource });
  return found;
}
