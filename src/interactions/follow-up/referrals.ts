import { keyOf } from '../../fhir/resource.js';
import type { Resource } from '../../fhir/resource.js';
import { channelOf } from '../../followup/referral/channel.js';
import { isReferral, referralTask } from '../../followup/referral/receive-referral.js';
import { asReference, many, type Reference } from '../../followup/vocabulary/element.js';
import { created } from '../../followup/vocabulary/module-change.js';
import type { Ids } from '../../kernel/ids.js';
import type { Reaction, ReactionRequest } from '../commit/follow-up.js';

/**
 * A referral that came over FHIR gets the Task by which it is received and answered, as one that came by message does –
 * unless the sender sends a Task with it.
 *
 * @param centre whose worklist it goes to where the referral names no performer
 */
export function referralsOverFhir({ planned, by, now }: ReactionRequest, centre: Reference, ids: Ids): Reaction {
  const followed = new Set(
    planned.flatMap((item) => (item.key.type === 'Task' ? [asReference(item.after?.['focus'])?.reference] : [])),
  );
  const changes = planned.flatMap((item) => {
    const referral: Resource | undefined = item.kind === 'c' && item.change.by !== 'module' ? item.after : undefined;
    if (
      referral === undefined ||
      !isReferral(referral) ||
      referral['status'] !== 'active' ||
      followed.has(keyOf(item.key))
    )
      return [];
    const owner = many<Reference>(referral['performer'])[0] ?? centre;
    const municipality = by.role === 'municipality';
    const channel = channelOf(referral, {
      municipality,
      controller: municipality && by.organisation === by.controller,
    });
    return [created(referralTask({ referral, owner, channel, now, ids }))];
  });
  return { changes, states: [], jobs: [] };
}
