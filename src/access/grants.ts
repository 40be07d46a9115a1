import type { Change } from '../fhir/change.js';
import { patientLinks } from '../fhir/patient-links.js';
import type { Resource } from '../fhir/resource.js';
import type { Principal } from './principal.js';
import { kindOf } from './type-rules.js';

/** Rows whose maker goes on seeing them although no relation runs: until a referral is accepted, its sender sees these. */
const keptByMaker: ReadonlySet<string> = new Set(['Patient', 'ServiceRequest', 'Task', 'Binary', 'Device']);

/**
 * Party keys that are granted a newly created row (`resource_party`), beside those who see it by relation:
 *
 * - what a device client made, to that client alone;
 * - a Subscription, to the client that made it;
 * - a referral (ServiceRequest, Task) and a Patient, to the organisation that made it, so that a sender can follow its
 *   own referral before anyone accepted it;
 * - a Patient and whatever concerns no patient (equipment in stock, a reading whose patient is not known yet), to the
 *   municipality that is its data controller, so that it lands on somebody's worklist.
 *
 * Nothing is granted for updates: a grant is to the maker.
 *
 * @param before the stored resource; undefined for a create and for an update that creates
 */
export function grants(change: Change, principal: Principal, before: Resource | undefined): readonly string[] {
  if (change.op === 'delete' || before !== undefined) return [];
  const { resource } = change;
  const type = resource.resourceType;
  const kind = kindOf(type);
  const found = new Set<string>();
  if (kind === 'own') found.add(`client:${principal.client}`);
  if (kind !== 'patient') return [...found];
  if (principal.role === 'device') found.add(`client:${principal.client}`);
  else if (principal.role !== 'admin' && (keptByMaker.has(type) || !concernsPatient(resource)))
    found.add(makerOf(principal));
  if (type === 'Patient' || !concernsPatient(resource)) found.add(`org:${principal.controller}`);
  return [...found];
}

function concernsPatient(resource: Resource): boolean {
  const { ids, identifiers, inherits } = patientLinks(resource);
  return ids.length + identifiers.length + inherits.length > 0;
}

const makerOf = (principal: Principal): string =>
  principal.organisation === undefined ? `client:${principal.client}` : `org:${principal.organisation}`;

/** For a row that names a patient who could not be found (decision 3): its data controller must see it. */
export const grantsOfUnknownPatient = (principal: Principal): readonly string[] => [`org:${principal.controller}`];
