// Whom messages go to and come from, as the directory has it.
import { identifierSystems } from '../../fhir/national-identifiers.js';
import type { Resource } from '../../fhir/resource.js';
import { identifierIn, many, type Reference, targetOf } from '../../followup/vocabulary/element.js';
import type { View } from '../../interactions/commit-types.js';
import { partyOf } from '../../mapping/outbound/fhir-parties.js';
import type { Party } from '../../mapping/plo/party.js';
import { findOne } from '../message/directory.js';
import { practitionerOf } from './contact.js';

/** The resource that a reference names. */
export async function readTarget(reference: unknown, view: View): Promise<Resource | undefined> {
  const key = targetOf(reference as Reference | undefined);
  return key === undefined ? undefined : view.read(key);
}

const hasHerId = (resource: Resource | undefined): resource is Resource =>
  identifierIn(resource, identifierSystems.herId) !== undefined;

/** The GP's office and, where it has a HER-id of its own, the GP: from the owner of the Task and the patient's GP references. */
export async function addressOfGp(
  owner: Reference | undefined,
  patient: Resource,
  view: View,
): Promise<Party | undefined> {
  const references = [owner, ...many<Reference>(patient.generalPractitioner)];
  let office: Resource | undefined;
  for (const reference of references) office ??= await officeOf(reference, view);
  if (office === undefined) return undefined;
  const practitioner = await practitionerOf(owner, view);
  return partyOf(office, hasHerId(practitioner) ? { practitioner } : {});
}

async function officeOf(reference: Reference | undefined, view: View): Promise<Resource | undefined> {
  const target = await readTarget(reference, view);
  if (target?.resourceType === 'Organization') return hasHerId(target) ? target : undefined;
  if (target?.resourceType === 'PractitionerRole') return officeOf(target.organization as Reference | undefined, view);
  const practitioner = await practitionerOf(reference, view);
  if (practitioner === undefined) return undefined;
  const roles = await view.search('PractitionerRole', `practitioner=Practitioner/${practitioner.id}`);
  for (const role of roles) {
    const office = await officeOf(role.organization as Reference | undefined, view);
    if (office !== undefined) return office;
  }
  return undefined;
}

/** A party by HER-id: as the directory has it, else by that alone. */
export async function addressOfHerId(herId: string, reference: Reference | undefined, view: View): Promise<Party> {
  return (
    (await ownAddress(herId, view)) ?? {
      name: reference?.display ?? `HER-id ${herId}`,
      idents: [{ type: 'HER', id: herId }],
    }
  );
}

/** The service that sends, below its legal entity. */
export async function ownAddress(herId: string, view: View): Promise<Party | undefined> {
  for (const [type, parent] of [
    ['HealthcareService', 'providedBy'],
    ['Organization', 'partOf'],
  ] as const) {
    const unit = await findOne(view, type, { system: identifierSystems.herId, value: herId });
    if (unit === undefined) continue;
    const organisation = await readTarget(unit[parent], view);
    return hasHerId(organisation) ? partyOf(organisation, { unit }) : partyOf(unit);
  }
  return undefined;
}

/** The office behind a reference, when it is another than the sender; undefined where it has no address for messages. */
export async function addressOfOther(
  reference: Reference | undefined,
  ownHerId: string,
  view: View,
): Promise<Party | undefined> {
  const office = await officeOf(reference, view);
  if (office === undefined || identifierIn(office, identifierSystems.herId) === ownHerId) return undefined;
  const practitioner = await practitionerOf(reference, view);
  if (hasHerId(practitioner)) return partyOf(office, { practitioner });
  const above = await readTarget(office.partOf, view);
  return hasHerId(above) ? partyOf(above, { unit: office }) : partyOf(office);
}
