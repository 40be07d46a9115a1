// HENVISNING_NYTILSTAND (HIS 1207:2017) and DIALOG_FORESPORSEL (HIS 1152), which GPs use to refer to the municipality.
import type { Change } from '../../fhir/change.js';
import type { Resource } from '../../fhir/resource.js';
import { many, referenceTo, type Reference } from '../../followup/vocabulary/element.js';
import { receiveReferral } from '../../followup/referral/receive-referral.js';
import { canonicalBase } from '../../followup/vocabulary/systems.js';
import type { View } from '../../interactions/commit-types.js';
import { Failure } from '../../kernel/failure.js';
import { fhirDateTime } from '../../mapping/message-time.js';
import { runMap, type Parameters } from '../../mapping/run-map.js';
import { sendStatusOf } from '../../mapping/plo/send-status.js';
import type { MessageParts } from '../message-parts.js';
import type { Arrived, Treat } from './arrived.js';
import { centreReference, findOne, partyReference } from './directory.js';
import { keepMessage, messageIdSystem } from './keep.js';
import { keepForReading } from './read.js';

const documentIdSystem = `${canonicalBase}/referral-document-id`;

/** ServiceRequest + Task for the centre, the Patient where it is new here, and the original. */
export const treatReferral: Treat = (arrived, parts) => {
  const request = mapped(arrived, parts, {});
  return async (view) => {
    const reason = await onlyToRead(arrived, request, view);
    return reason === undefined ? refer(arrived, view, parts) : keepForReading(arrived, view, parts, reason);
  };
};

/** Why the message is not a new referral that the server can take in by itself; undefined when it is one. */
async function onlyToRead({ head, identity }: Arrived, request: Resource, view: View): Promise<string | undefined> {
  if (sendStatusOf(head) === 'C') return 'Henvisningen er trukket tilbake av avsenderen.';
  if (sendStatusOf(head) === 'M') return 'Henvisningen er endret av avsenderen.';
  if (identity === undefined)
    return 'Pasienten er ikke identifisert med fødselsnummer, D-nummer eller felles hjelpenummer.';
  const patients = await view.patients(identity);
  if (patients.length > 1) return 'Flere pasienter er registrert med denne identiteten.';
  const documentId = (request.identifier as { system: string; value: string }[] | undefined)?.find(
    (one) => one.system === documentIdSystem,
  );
  if (documentId !== undefined && (await findOne(view, 'ServiceRequest', documentId)) !== undefined)
    return 'Henvisningen er mottatt tidligere.';
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
  const referral = mapped(arrived, parts, {
    subject: referenceTo(patient),
    requester: (await roleOfReferrer(mapped(arrived, parts, {}), organisation, view)) ?? organisation,
    performer: centre,
    original: kept.document,
  });
  return [
    ...(known === undefined ? [{ op: 'create', resource: patient, by: 'module' } as const] : []),
    ...receiveReferral({ referral, owner: centre, now: view.now, ids: parts.ids }),
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
  const [patient] = runMap(maps.named('patient'), head.root, { identifier: { ...identity } }).resources;
  return { ...patient!, id: ids.next() };
}

/** @throws Failure `unprocessable` (T02) when the content is not what the type of the message says */
function mapped({ head }: Arrived, { maps }: MessageParts, parameters: Parameters): Resource {
  const map = maps.forMessage(head.type.code);
  if (map === undefined) throw new Failure('fault', `There is no map for ${head.type.code}.`);
  const { resources, missing } = runMap(map, head.root, {
    messageIdentifier: { system: messageIdSystem, value: head.id },
    authoredOn: fhirDateTime(head.generated),
    ...parameters,
  });
  if (resources[0] === undefined)
    throw new Failure('unprocessable', `Innholdet er ikke en ${head.type.code} i en versjon som støttes.`);
  if (missing.length > 0) throw new Failure('unprocessable', `Meldingen mangler ${missing.join(', ')}.`);
  return resources[0];
}
