// ORIENTERING_TJENESTETILBUD (HIS 1147:2014) to the GP, when the service starts, pauses and ends.
import type { Resource } from '../../fhir/resource.js';
import { pauseOf, pauseReasons } from '../../followup/episode/pause-element.js';
import { asReference, type Period, type Reference } from '../../followup/vocabulary/element.js';
import { codeSystemOf } from '../../mapping/code-systems.js';
import { outboundPatient } from '../../mapping/outbound/fhir-parties.js';
import { buildReport } from '../../mapping/outbound/report.js';
import { partyName } from '../../mapping/plo/party.js';
import { addressOfGp, ownAddress, readTarget } from './addresses.js';
import { contactOf } from './contact.js';
import { type CausePayload, messageJob } from './message-job.js';
import type { OutgoingParts } from './outgoing-parts.js';
import { stableId } from './stable-id.js';

/** Handler of the job `message-service-notice`. A GP without an address for messages is told over FHIR alone. */
export const sendServiceNotice = (parts: OutgoingParts) =>
  messageJob<CausePayload>('message service notice', parts, async ({ id, version }, view) => {
    const episode = await view.read({ type: 'EpisodeOfCare', id });
    const patient = await readTarget(episode?.patient, view);
    if (episode === undefined || patient === undefined) return undefined;
    const receiver = await addressOfGp(undefined, patient, view);
    const sender = await ownAddress(parts.senderHerId, view);
    if (receiver === undefined || sender === undefined) return undefined;
    const message = buildReport(
      {
        type: 'ORIENTERING_TJENESTETILBUD',
        resources: [serviceOf(episode, partyName(sender))],
        sender,
        receiver,
        patient: outboundPatient(patient),
        contact: await contactOf(asReference(episode.careManager) as Reference | undefined, partyName(sender), view),
        id: stableId('service notice', id, version),
        at: view.now,
      },
      parts,
    );
    return { message, subject: { reference: `Patient/${patient.id}` } };
  });

/** The episode as the map writes a service. */
export function serviceOf(episode: Resource, provider: string): Resource {
  const { start, end } = (episode.period ?? {}) as Period;
  const note = statusText(episode);
  return {
    resourceType: 'ServiceRequest',
    status: episode.status === 'finished' ? 'completed' : 'active',
    intent: 'plan',
    code: {
      coding: [{ system: codeSystemOf('9151'), code: '15', display: 'Helsetjenester i hjemmet' }],
      text: 'Digital hjemmeoppfølging',
    },
    occurrencePeriod: { ...(start && { start }), ...(episode.status === 'finished' && end && { end }) },
    performer: [{ display: provider }],
    ...(note && { note: [{ text: note }] }),
  };
}

function statusText(episode: Resource): string | undefined {
  if (episode.status === 'finished') return 'Tjenesten er avsluttet.';
  const pause = episode.status === 'onhold' ? pauseOf(episode) : undefined;
  if (pause === undefined) return undefined;
  const until = pause.plannedEnd === undefined ? '' : ` til ${pause.plannedEnd.slice(0, 10)}`;
  return `Tjenesten er satt på pause${until}: ${pause.text ?? pauseReasons[pause.reason]}.`;
}
