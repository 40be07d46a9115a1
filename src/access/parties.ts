import { identifierSystems } from '../fhir/national-identifiers.js';
import { parseReference, type ReferenceElement } from '../fhir/reference.js';
import type { Resource, ResourceKey } from '../fhir/resource.js';

/** What resolving a reference asks the store: the View of a commit answers it. */
export interface PartySource {
  /** The current content, not kept from others: many commits look at the same few organisations. */
  glance(key: ResourceKey): Promise<Resource | undefined>;
  search(type: string, query: string): Promise<readonly Resource[]>;
}

const keyPrefix: Readonly<Record<string, string>> = { [identifierSystems.enh]: 'org', [identifierSystems.hpr]: 'hpr' };

/** Party keys that identifiers name by themselves: organisation number → `org:…`, HPR number → `hpr:…`. */
export function partiesOfIdentifiers(identifiers: unknown): readonly string[] {
  const list = Array.isArray(identifiers) ? identifiers : [identifiers];
  return list.flatMap((identifier: { system?: unknown; value?: unknown; use?: unknown } | null | undefined) => {
    const prefix = typeof identifier?.system === 'string' ? keyPrefix[identifier.system] : undefined;
    return prefix !== undefined && typeof identifier?.value === 'string' && identifier.use !== 'old'
      ? [`${prefix}:${identifier.value.trim()}`]
      : [];
  });
}

/** Where the organisation of such a resource stands, when it has no organisation number itself. */
const onward: Readonly<Record<string, readonly string[]>> = {
  Organization: ['partOf'],
  HealthcareService: ['providedBy'],
  PractitionerRole: ['practitioner', 'organization'],
};

/** How far a department's way to its legal entity is followed. */
const deepest = 4;

/**
 * The parties that a Reference names: a logical one by its organisation, HPR or HER number, a literal one by the
 * identifiers of what it points at. A department without an organisation number is its parent's.
 *
 * @returns party keys; none where nothing can be found, and then nobody is granted anything
 */
export async function resolveParties(reference: unknown, source: PartySource, depth = 0): Promise<readonly string[]> {
  if (depth > deepest || typeof reference !== 'object' || reference === null) return [];
  const { reference: literal, identifier } = reference as ReferenceElement;
  if (typeof literal === 'string') {
    const parsed = parseReference(literal);
    if (parsed.kind !== 'local') return [];
    const resource = await source.glance(parsed);
    return resource === undefined ? [] : partiesOfResource(resource, source, depth);
  }
  const named = partiesOfIdentifiers(identifier);
  if (named.length > 0) return named;
  return identifier?.system === identifierSystems.herId &&
    typeof identifier.value === 'string' &&
    /^\d{1,9}$/.test(identifier.value)
    ? partiesOfHerId(identifier.value, source, depth)
    : [];
}

async function partiesOfResource(resource: Resource, source: PartySource, depth: number): Promise<readonly string[]> {
  const own = partiesOfIdentifiers(resource.identifier);
  const organisational = resource.resourceType === 'Organization' || resource.resourceType === 'HealthcareService';
  if (organisational && own.length > 0) return own;
  const found = new Set(own);
  for (const element of onward[resource.resourceType] ?? []) {
    for (const party of await resolveParties(resource[element], source, depth + 1)) found.add(party);
  }
  return [...found];
}

/** A HER-id in the directory. One that several entries claim names nobody. */
async function partiesOfHerId(herId: string, source: PartySource, depth: number): Promise<readonly string[]> {
  for (const type of ['Organization', 'HealthcareService', 'Practitioner', 'PractitionerRole']) {
    const found = await source.search(type, `identifier=${identifierSystems.herId}|${herId}`);
    if (found.length === 1) return partiesOfResource(found[0]!, source, depth + 1);
    if (found.length > 1) return [];
  }
  return [];
}
