// HENVISNING_NYTILSTAND (HIS 1207:2017) and DIALOG_FORESPORSEL (HIS 1152), which GPs use to refer to the municipality.
import type { Change } from '../../fhir/change.js';
import type { Resource } from '../../fhir/resource.js';
import { many, referenceTo, type Reference } from '../../followup/vocabulary/element.js';
import { receiveReferral } from '../../followup/referral/receive-referral.js';
import type { View } from '../../interactions/commit-types.js';
import { runMap } from '../../mapping/run-map.js';
import { sendStatusOf } from '../../mapping/plo/send-status.js';
import type { MessageParts } from '../message-parts.js';
import type { Arrived, Treat } from './arrived.js';
import { centreReference, findOne, partyReference } from './directory.js';
import { keepMessage } from './keep.js';
import { mapMessage } from './map-message.js';
import { keepForReading } from './read.js';
import { changeReferral, knownReferral, withdrawReferral } from './referral-change.js';

/**
 * ServiceRequest + Task for the centre, the Patient where it is new here, and the original. A change or withdrawal takes
 * effect as long as nobody has decided on the referral.
 */
export const treatReferral: Treat = (arrived, parts) => {
  const request = mapMessage(arrived, parts, {})[0]!;
  return async (view) => {
    const known = await knownReferral(arrived, request, view, parts);
    const status = sendStatusOf(arrived.head);
    if (status !== 'N') {
      const { changes, reason } =
        status === 'C' ? await withdrawReferral(known, view) : await changeReferral(known, request, view);
      return [...(await keepForReading(arrived, view, parts, reason)), ...changes];
    }
    const reason = await onlyToRead(arrived, known, view);
    return reason === undefined ? refer(arrived, view, parts) : keepForReading(arrived, view, parts, reason);
  };
};

/** Why the message is not a new referral that the server can take in by itself; undefined when it is one. */
async function onlyToRead(
  { head, identity }: Arrived,
  known: Resource | undefined,
  view: View,
): Promise<string | undefined> {
  if (identity === undefined)
    return 'Pasienten er ikke identifisert med fødselsnummer, D-nummer eller felles hjelpenummer.';
  const patients = await view.patients(identity);
  if (patients.length > 1) return 'Flere pasienter er registrert med denne identiteten.';
  if (known !== undefined) return 'Henvisningen er mottatt tidligere.';
  if (head.type.code !== 'DIALOG_FORESPORSEL') return undefined;
  if (head.conversation !== undefined) return 'Forespørselen hører til en samtale.';
  const running =
    patients[0] &&
    (await view.search('EpisodeOfCare', `patient=Patient/${patients[0].id}&status=planned,waitlist,active,onhold`));
  return running === undefined || running.length === 0 ? undefined : 'Pasienten har allerede tjenesten.';
}

async function refer(arrived: Arrived, view: View, parts: MessageParts): Promise<readonly Change[]> {
  const { head } = arrived;
  const known = (await view.patients(arrived.identity!))[0];
  const patient = known ?? newPatient(arrived, parts);
  const kept = await keepMessage(arrived, referenceTo(patient), view, parts);
  const centre = await centreReference(view, head.receiver, parts.settings.centreHerId);
  const organisation = await partyReference(view, head.sender, ['Organization']);
  const [referral] = mapMessage(arrived, parts, {
    subject: referenceTo(patient),
    requester: (await roleOfReferrer(mapMessage(arrived, parts, {})[0]!, organisation, view)) ?? organisation,
    performer: centre,
    original: kept.document,
  });
  return [
    ...(known === undefined ? [{ op: 'create', resource: patient, by: 'module' } as const] : []),
    ...receiveReferral({ referral: referral!, owner: centre, channel: 'message', now: view.now, ids: parts.ids }),
    ...kept.changes,
  ];
}

/** The referring professional in that organisation, where the directory has the role: then both are the referrer. */
async function roleOfReferrer(request: Resource, organisation: Reference, view: View): Promise<Reference | undefined> {
  const professional = many<{ readonly authorReference?: Reference }>(request.note).map(
    (note) => note.authorReference?.identifier,
  )[0];
  if (professional?.system === undefined || professional.value === undefined || organisation.reference === undefined)
    return undefined;
  const practitioner = await findOne(view, 'Practitioner', { system: professional.system, value: professional.value });
  if (practitioner === undefined) return undefined;
  const roles = await view.search(
    'PractitionerRole',
    `practitioner=Practitioner/${practitioner.id}&organization=${organisation.reference}`,
  );
  return roles.length === 1 ? referenceTo(roles[0]!, organisation.display) : undefined;
}

function newPatient({ head, identity }: Arrived, { maps, ids }: MessageParts): Resource {
  const map = maps.named(head.root.name === 'Message' ? 'patient-1' : 'patient');
  const { family, given } = head.patient ?? {};
  const [patient] = runMap(map, head.root, { identifier: { ...identity }, family, given }).resources;
  return { ...patient!, id: ids.next() };
}
