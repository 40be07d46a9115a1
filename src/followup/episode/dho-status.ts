/** `Patient/$dho-status`: does this patient have digital home follow-up, is it paused, whom to contact? Nothing more. */
import type { Resource } from '../../fhir/resource.js';
import { asReference, hasCode } from '../vocabulary/element.js';
import { system } from '../vocabulary/systems.js';

/**
 * @param episodes the patient's EpisodeOfCare; empty for a patient who is not known – the answer is the same as for one
 *   without the service
 * @param contact telephone or name of the centre, shown only where the service runs
 */
export function dhoStatus(episodes: readonly Resource[], contact?: string): Resource {
  const running = episodes.find(
    (one) => hasCode(one.type, system.service) && (one.status === 'active' || one.status === 'onhold'),
  );
  const centre = contact ?? asReference(running?.managingOrganization)?.display;
  return {
    resourceType: 'Parameters',
    parameter: [
      { name: 'active', valueBoolean: running !== undefined },
      ...(running === undefined ? [] : [{ name: 'paused', valueBoolean: running.status === 'onhold' }]),
      ...(running === undefined || centre === undefined ? [] : [{ name: 'contact', valueString: centre }]),
    ],
  };
}
