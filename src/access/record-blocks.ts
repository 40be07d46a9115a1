/**
 * Blocking of the record (sperring): a Consent for patient privacy whose provisions deny. What such a provision says beyond what
 * is enforced is refused: nobody may believe that something is blocked which is not. https://hl7.org/fhir/R4/consent.html,
 * pasient- og brukerrettighetsloven § 5-3 and pasientjournalloven § 17.
 */
import { tryDateRange } from '../fhir/dates.js';
import { parseReference } from '../fhir/reference.js';
import type { Resource, ResourceKey } from '../fhir/resource.js';
import { extensionOf, many } from '../followup/vocabulary/element.js';
import { structure } from '../followup/vocabulary/systems.js';
import { Failure } from '../kernel/failure.js';

/** One block of the record of every patient of the Consent. */
export interface RecordBlock {
  /** Party keys that are shut out; undefined: everyone but the data controller. */
  readonly parties?: readonly string[];
  /** Only resources of these types. */
  readonly types?: readonly string[];
  /** Only these resources. */
  readonly resources?: readonly ResourceKey[];
  /** Milliseconds since 1970, half-open. */
  readonly from?: number;
  readonly until?: number;
  /** Not even in an emergency. */
  readonly absolute: boolean;
}

export const noEmergencyUrl = structure('dho-no-emergency-access');
const privacy = 'http://terminology.hl7.org/CodeSystem/consentscope';
const resourceTypes = 'http://hl7.org/fhir/resource-types';
/** What a provision can be narrowed by, and is not here. */
const notEnforced = ['action', 'securityLabel', 'purpose', 'code', 'dataPeriod'] as const;

/** https://hl7.org/fhir/R4/consent-definitions.html#Consent.provision */
export interface Provision {
  readonly type?: string;
  readonly period?: { readonly start?: string; readonly end?: string };
  readonly actor?: readonly { readonly reference?: unknown }[];
  readonly class?: readonly { readonly system?: string; readonly code?: string }[];
  readonly data?: readonly { readonly reference?: { readonly reference?: string } }[];
  readonly provision?: readonly Provision[];
  readonly extension?: unknown;
}

export const isPrivacy = (resource: Resource): boolean =>
  resource.resourceType === 'Consent' &&
  many<{ coding?: { system?: string; code?: string }[] }>(resource['scope']).some((scope) =>
    (scope.coding ?? []).some(({ system, code }) => system === privacy && code === 'patient-privacy'),
  );

const nested = (provision: Provision | undefined): readonly Provision[] =>
  provision === undefined ? [] : [provision, ...(provision.provision ?? []).flatMap(nested)];

/** The provision of a Consent and those within it. */
export const provisionsOf = (resource: Resource): readonly Provision[] =>
  nested(resource['provision'] as Provision | undefined);

const denials = (resource: Resource): readonly Provision[] =>
  provisionsOf(resource).filter(({ type }) => type === 'deny');

/** Whether the Consent shuts somebody out, in force or not. */
export const isBlocking = (resource: Resource | undefined): boolean =>
  resource !== undefined && isPrivacy(resource) && denials(resource).length > 0;

/** References to those whom a Consent shuts out. */
export const blockedActors = (resource: Resource): readonly unknown[] =>
  isBlocking(resource) ? denials(resource).flatMap(({ actor = [] }) => actor.map(({ reference }) => reference)) : [];

/**
 * What the Consent blocks while it stands as it is.
 *
 * @param parties party keys that a reference names
 * @param controller organisation number of the data controller, which cannot be shut out as a whole
 * @throws Failure unprocessable naming what cannot be enforced
 */
export function blocksOf(
  consent: Resource,
  parties: (reference: unknown) => readonly string[],
  controller: string,
): readonly RecordBlock[] {
  if (!isBlocking(consent) || consent.status !== 'active') return [];
  return denials(consent).map((provision) => blockOf(provision, parties, controller));
}

function blockOf(
  provision: Provision,
  partiesOf: (reference: unknown) => readonly string[],
  controller: string,
): RecordBlock {
  const unknown = notEnforced.find((name) => name in provision);
  if (unknown !== undefined)
    throw refused(
      unknown,
      `A block cannot be narrowed by ${unknown} here: name actors, resource types (class), resources (data) or a period.`,
    );
  if ((provision.provision ?? []).length > 0)
    throw refused('provision', 'A block has no exceptions here; name those who are shut out as actors.');
  const actors = (provision.actor ?? []).map(({ reference }) => partiesOf(reference));
  if (actors.some((found) => found.length === 0))
    throw refused(
      'actor.reference',
      'Who is shut out must be an organisation or a professional with a number (organisation number, HPR).',
    );
  const parties = actors.flat();
  if (parties.includes(`org:${controller}`))
    throw refused(
      'actor.reference',
      'The service cannot go on without the municipality that runs it: end the episode instead, or shut out persons.',
    );
  const types = (provision.class ?? []).map(({ system, code }) => {
    if (system !== resourceTypes || code === undefined)
      throw refused('class', `Parts of the record are named by resource type, of the system ${resourceTypes}.`);
    return code;
  });
  const resources = (provision.data ?? []).map(({ reference }) => {
    const parsed = parseReference(reference?.reference ?? '');
    if (parsed.kind !== 'local')
      throw refused('data.reference', 'A resource that is blocked must be one of this server.');
    return { type: parsed.type, id: parsed.id };
  });
  return {
    ...(actors.length === 0 ? {} : { parties }),
    ...(types.length === 0 ? {} : { types }),
    ...(resources.length === 0 ? {} : { resources }),
    ...times(provision.period),
    absolute: extensionOf(provision, noEmergencyUrl)?.['valueBoolean'] === true,
  };
}

function times(period: Provision['period']): { from?: number; until?: number } {
  const start = period?.start === undefined ? undefined : tryDateRange(period.start);
  const end = period?.end === undefined ? undefined : tryDateRange(period.end);
  return {
    ...(start === undefined ? {} : { from: start.low }),
    ...(end === undefined ? {} : { until: end.high }),
  };
}

const refused = (element: string, sentence: string): Failure =>
  new Failure('unprocessable', sentence, { expression: `Consent.provision.${element}` });
