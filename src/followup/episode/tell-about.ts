/** Who is told that the service pauses, goes on or ends: the GP, the referrer, and whom the centre names. */
import type { Change } from '../../fhir/change.js';
import type { Resource } from '../../fhir/resource.js';
import { instant } from '../../kernel/clock.js';
import type { Ids } from '../../kernel/ids.js';
import { asReference, type Reference, referenceTo } from '../vocabulary/element.js';
import { created } from '../vocabulary/module-change.js';
import { structure, system } from '../vocabulary/systems.js';

export const serviceNews = {
  'service-paused': 'Oppfølgingen er satt på pause',
  'service-resumed': 'Oppfølgingen er gjenopptatt',
  'service-ended': 'Oppfølgingen er avsluttet',
} as const;

export interface News {
  readonly what: keyof typeof serviceNews;
  readonly episode: Resource;
  readonly recipients: readonly Reference[];
  /** Reason, planned end, in words. */
  readonly details?: string | undefined;
  readonly now: number;
  readonly ids: Ids;
}

/** → one Communication to all of them; nothing where there is nobody. https://hl7.org/fhir/R4/communication.html */
export function tellAbout({ what, episode, recipients, details, now, ids }: News): Change[] {
  const distinct = [...new Map(recipients.map((one) => [JSON.stringify(one), one])).values()];
  if (distinct.length === 0) return [];
  const text = serviceNews[what];
  const sender = asReference(episode.managingOrganization);
  return [
    created({
      resourceType: 'Communication',
      id: ids.next(),
      meta: { profile: [structure('dho-communication')] },
      status: 'completed',
      category: [{ coding: [{ system: system.messageTopic, code: what, display: text }] }],
      subject: episode.patient,
      about: [referenceTo(episode)],
      sent: instant(now),
      recipient: distinct,
      ...(sender === undefined ? {} : { sender }),
      payload: [{ contentString: details === undefined ? `${text}.` : `${text}: ${details}.` }],
    }),
  ];
}
