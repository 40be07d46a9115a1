// INNLEGGELSESRAPPORT (HIS 1143:2014) to the hospital, when a patient with home follow-up is admitted; due within 24 hours.
import { asReference, type Period } from '../../followup/vocabulary/element.js';
import { outboundPatient } from '../../mapping/outbound/fhir-parties.js';
import { buildReport } from '../../mapping/outbound/report.js';
import { partyName } from '../../mapping/plo/party.js';
import { addressOfOther, ownAddress, readTarget } from './addresses.js';
import { clinicalPicture, composition } from './clinical-picture.js';
import { contactOf } from './contact.js';
import { measurementLines } from './measurements.js';
import { type CausePayload, messageJob } from './message-job.js';
import type { OutgoingParts } from './outgoing-parts.js';
import { serviceOf } from './service-notice.js';
import { stableId } from './stable-id.js';

/** Handler of the job `message-admission-report`. Nothing is sent where the hospital is not in the directory. */
export const sendAdmissionReport = (parts: OutgoingParts) =>
  messageJob<CausePayload>('message admission report', parts, async ({ id, version }, view) => {
    const encounter = await view.read({ type: 'Encounter', id });
    const patient = await readTarget(encounter?.subject, view);
    if (encounter?.status !== 'in-progress' || patient?.id === undefined) return undefined;
    const [episode] = await view.search('EpisodeOfCare', `patient=Patient/${patient.id}&status=active,onhold`);
    const receiver = await addressOfOther(asReference(encounter.serviceProvider), parts.senderHerId, view);
    const sender = await ownAddress(parts.senderHerId, view);
    if (episode === undefined || receiver === undefined || sender === undefined) return undefined;
    const since = (episode.period as Period | undefined)?.start?.slice(0, 10);
    const lines = await measurementLines(patient.id, view, 20);
    const contact = await contactOf(asReference(episode.careManager), partyName(sender), view);
    const title = 'Innleggelsesrapport';
    const message = buildReport(
      {
        type: 'INNLEGGELSESRAPPORT',
        resources: [
          composition(
            title,
            [
              {
                list: '9141',
                code: '8',
                title: 'Sykepleiesammenfatning',
                text: [
                  `Pasienten har digital hjemmeoppfølging${since === undefined ? '' : ` siden ${since}`}.`,
                  ...(lines.length === 0 ? ['Ingen målinger siste 14 dager.'] : ['Målinger siste 14 dager:', ...lines]),
                ].join('\n'),
              },
              {
                list: '9141',
                code: '14',
                title: 'Praktiske opplysninger',
                text: 'Varsler om manglende målinger er satt på pause mens pasienten er innlagt.',
              },
            ],
            { now: view.now },
          ),
          ...(await clinicalPicture(patient.id, view)),
          serviceOf(episode, partyName(sender)),
        ],
        sender,
        receiver,
        patient: outboundPatient(patient),
        contact,
        id: stableId('admission report', id, version),
        at: view.now,
      },
      parts,
    );
    return { message, subject: { reference: `Patient/${patient.id}` } };
  });
