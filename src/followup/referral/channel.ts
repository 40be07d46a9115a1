/** By which way a referral or application reached the service: extension `dho-referral-channel`. */
import type { Resource } from '../../fhir/resource.js';
import { asReference, type Extension, extensionOf, targetOf } from '../vocabulary/element.js';
import { identifierSystem, structure, system } from '../vocabulary/systems.js';

export const referralChannels = {
  message: 'Pleie- og omsorgsmelding eller henvisning som melding',
  fhir: 'FHIR',
  internal: 'Internt i kommunen',
  citizen: 'Søknad fra innbygger eller pårørende',
  'municipal-system': 'Kommunalt fagsystem',
} as const;
export type ReferralChannel = keyof typeof referralChannels;

export const channelUrl = structure('dho-referral-channel');

export const channelExtension = (channel: ReferralChannel): Extension => ({
  url: channelUrl,
  valueCoding: { system: system.referralChannel, code: channel, display: referralChannels[channel] },
});

const personal = new Set<string | undefined>([identifierSystem.fnr, identifierSystem.dnr, identifierSystem.fhn]);

/**
 * What the sender says itself; else an application where a patient or relative is the requester; else by who sent it.
 *
 * @param sender `municipality`: does a municipality send it, and is it the data controller itself?
 */
export function channelOf(
  referral: Resource,
  sender: { readonly municipality: boolean; readonly controller: boolean },
): ReferralChannel {
  const said = (extensionOf(referral, channelUrl)?.valueCoding as { code?: string } | undefined)?.code;
  if (said !== undefined && Object.hasOwn(referralChannels, said)) return said as ReferralChannel;
  const requester = asReference(referral.requester);
  const type = targetOf(requester)?.type ?? requester?.type;
  if (type === 'Patient' || type === 'RelatedPerson' || personal.has(requester?.identifier?.system)) return 'citizen';
  if (sender.controller) return 'internal';
  return sender.municipality ? 'municipal-system' : 'fhir';
}
