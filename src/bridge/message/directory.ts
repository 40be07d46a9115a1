import { identifierSystems } from '../../fhir/national-identifiers.js';
import type { Resource } from '../../fhir/resource.js';
import type { View } from '../../interactions/commit-types.js';
import { herIdsOf, partyName, type Party } from '../../mapping/plo/party.js';
import type { Reference } from '../../followup/vocabulary/element.js';

/** Reference to a resource of a type by an identifier; undefined when none or several have it. */
export async function findOne(
  view: View,
  type: string,
  identifier: { readonly system: string; readonly value: string },
): Promise<Resource | undefined> {
  const found = await view.search(type, `identifier=${encodeURIComponent(`${identifier.system}|${identifier.value}`)}`);
  return found.length === 1 ? found[0] : undefined;
}

/**
 * A party of a message as FHIR refers to it: the entry of the directory with its HER-id, the department before the legal
 * entity; a logical reference where the directory knows neither.
 */
export async function partyReference(view: View, party: Party, types: readonly string[]): Promise<Reference> {
  const herIds = herIdsOf(party);
  const display = partyName(party);
  for (const value of herIds) {
    for (const type of types) {
      const found = await findOne(view, type, { system: identifierSystems.herId, value });
      if (found !== undefined) return { reference: `${type}/${found.id}`, display };
    }
  }
  const value = herIds.at(-1);
  return { ...(value === undefined ? {} : { identifier: { system: identifierSystems.herId, value } }), display };
}

/** The centre on whose worklist a message lands: the addressed service, or else the configured centre. */
export async function centreReference(view: View, receiver: Party, centreHerId: string): Promise<Reference> {
  const types = ['HealthcareService', 'Organization'];
  const addressed = await partyReference(view, receiver, types);
  if (addressed.reference !== undefined) return addressed;
  const configured = await partyReference(
    view,
    { name: 'Oppfølgingssenter', idents: [{ type: 'HER', id: centreHerId }] },
    types,
  );
  return configured.reference === undefined ? addressed : configured;
}
