import type { Principal } from '../access/principal.js';
import type { SubscriptionStatusWriter } from '../delivery/delivery-ports.js';
import type { Change } from '../fhir/change.js';
import type { Reference } from '../followup/vocabulary/element.js';
import { worklistTask } from '../followup/vocabulary/worklist.js';
import { identifierSystem } from '../followup/vocabulary/systems.js';
import type { Services } from '../interactions/services.js';

/** Writes what delivery has found out into the Subscription, and puts its failure on its owner's worklist. */
export function subscriptionStatusWriter(services: Services, by: Principal): SubscriptionStatusWriter {
  return {
    async setStatus({ id, version, owner }, status, error) {
      const key = { type: 'Subscription', id };
      await services.commit(
        {
          action: 'subscription status',
          rows: [key],
          async decide(view) {
            const resource = await view.read(key);
            if (resource === undefined || resource.meta?.versionId !== String(version) || resource['status'] === status)
              return [];
            const { error: _former, ...rest } = resource;
            const shown: Change = {
              op: 'update',
              resource: { ...rest, resourceType: 'Subscription', status, ...(error === undefined ? {} : { error }) },
              by: 'module',
            };
            return status === 'error' ? [shown, failed({ id, version, owner, error }, view.now, services)] : [shown];
          },
        },
        by,
        'subscriptions',
      );
    },
  };
}

interface Failed {
  readonly id: string;
  readonly version: number;
  readonly owner: Principal | undefined;
  readonly error: string | undefined;
}

/** Seen by the client that made the Subscription, its organisation, and the follow-up centre. */
function failed({ id, version, owner, error }: Failed, now: number, { ids }: Services): Change {
  const resource = worklistTask(
    {
      code: 'subscription-failed',
      focus: { reference: `Subscription/${id}` },
      owner: ownerReference(owner),
      priority: 'urgent',
      description: `Hendelser når ikke fram: ${error ?? 'ukjent årsak'} Rett feilen og sett status til requested; hendelser som er gått tapt hentes med $events eller $resend.`,
      identifier: { system: identifierSystem.worklist, value: `subscription-failed|${id}|${version}` },
    },
    { ids, now },
  );
  const grants =
    owner === undefined
      ? []
      : [`client:${owner.client}`, ...(owner.organisation === undefined ? [] : [`org:${owner.organisation}`])];
  return { op: 'create', resource, by: 'module', grants };
}

const ownerReference = (owner: Principal | undefined): Reference | undefined =>
  owner?.organisation === undefined
    ? undefined
    : {
        type: 'Organization',
        identifier: { system: identifierSystem.organisation, value: owner.organisation },
        display: owner.name,
      };
