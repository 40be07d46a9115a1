// HELSEOPPLYSNINGER_LEGE (HIS 1145:2014) to the GP: a worklist entry that says the GP must know.
import { asReference } from '../../followup/vocabulary/element.js';
import { outboundPatient } from '../../mapping/outbound/fhir-parties.js';
import { buildReport } from '../../mapping/outbound/report.js';
import { partyName } from '../../mapping/plo/party.js';
import { addressOfGp, ownAddress, readTarget } from './addresses.js';
import { clinicalPicture, composition } from './clinical-picture.js';
import { contactOf } from './contact.js';
import { measurementLines } from './measurements.js';
import { messageJob, type TaskPayload } from './message-job.js';
import type { OutgoingParts } from './outgoing-parts.js';
import { stableId } from './stable-id.js';

/** Handler of the job `message-health-information`: why, the measurements, diagnoses, medicines and allergies. */
export const sendHealthInformation = (parts: OutgoingParts) =>
  messageJob<TaskPayload>('message health information', parts, async ({ task: id, version }, view) => {
    const task = await view.read({ type: 'Task', id });
    const patient = await readTarget(task?.for, view);
    if (task?.status !== 'requested' || patient?.id === undefined) return undefined;
    const receiver = await addressOfGp(asReference(task.owner), patient, view);
    const sender = await ownAddress(parts.senderHerId, view);
    if (receiver === undefined || sender === undefined) return undefined;
    const reason =
      typeof task.description === 'string' ? task.description : 'Oppfølgingssenteret ber om legevurdering.';
    const lines = await measurementLines(patient.id, view);
    const message = buildReport(
      {
        type: 'HELSEOPPLYSNINGER_LEGE',
        resources: [
          composition(
            'Helseopplysninger til lege',
            [
              { list: '9142', code: 'PROB', title: 'Aktuell problemstilling', text: reason },
              { list: '9142', code: 'FU', title: 'Funn og undersøkelsesresultat', text: lines.join('\n') },
            ],
            { now: view.now, kind: { code: '3', display: 'Ønske om legevurdering' } },
          ),
          ...(await clinicalPicture(patient.id, view)),
        ],
        sender,
        receiver,
        patient: outboundPatient(patient),
        contact: await contactOf(asReference(task.requester), partyName(sender), view),
        id: stableId('health information', id, version),
        at: view.now,
      },
      parts,
    );
    return { message, subject: { reference: `Patient/${patient.id}` } };
  });
