/**
 * Sight that a patient consents to: a Consent for patient privacy whose provisions of type `permit` name who may see the
 * record, until when. An organisation or a professional where nothing but consent is the basis, or a RelatedPerson: a parent,
 * or whoever holds a power of attorney. What such a provision says beyond what is enforced is refused.
 * https://hl7.org/fhir/R4/consent.html, pasient- og brukerrettighetsloven §§ 4-3, 4-4, helsepersonelloven § 22
 */
import { tryDateRange } from '../fhir/dates.js';
import { parseReference } from '../fhir/reference.js';
import type { Resource, ResourceKey } from '../fhir/resource.js';
import type { Reference } from '../followup/vocabulary/element.js';
import { Failure } from '../kernel/failure.js';
import { isPrivacy, provisionsOf, type Provision } from './record-blocks.js';

/** The party of whoever logs in as this RelatedPerson. */
export const representativeParty = (id: string): string => `${prefix}${id}`;
const prefix = 'related:';

/** The parties among these that represent somebody. */
export const representing = (parties: readonly string[]): readonly string[] =>
  parties.filter((party) => party.startsWith(prefix));

const permits = (resource: Resource): readonly Provision[] =>
  isPrivacy(resource)
    ? provisionsOf(resource).filter(({ type, actor = [] }) => type === 'permit' && actor.length > 0)
    : [];

/** Whether the Consent lets somebody see the record, in force or not. */
export const isPermitting = (resource: Resource | undefined): boolean =>
  resource !== undefined && permits(resource).length > 0;

/** References to those whom a Consent lets see the record. */
export const permittedActors = (resource: Resource): readonly unknown[] =>
  permits(resource).flatMap(({ actor = [] }) => actor.map(({ reference }) => reference));

/** The store, as far as a representative is looked up in it. */
interface RelatedPersons {
  glance(key: ResourceKey): Promise<Resource | undefined>;
}

/** The party of a RelatedPerson that an actor names, where it is in use and related to the patient of the Consent. */
export async function representativeOf(
  reference: unknown,
  consent: Resource,
  source: RelatedPersons,
): Promise<readonly string[]> {
  const parsed = parseReference((reference as Reference | undefined)?.reference ?? '');
  if (parsed.kind !== 'local' || parsed.type !== 'RelatedPerson') return [];
  const person = await source.glance({ type: parsed.type, id: parsed.id });
  const sameAs = (one: unknown): string | undefined => (one as Reference | undefined)?.reference;
  const of = sameAs(person?.['patient']);
  const fits = of !== undefined && of === sameAs(consent['patient']) && person!['active'] !== false;
  return fits ? [representativeParty(parsed.id)] : [];
}

/** One party that may see the record. */
export interface Permit {
  readonly party: string;
  /** Milliseconds since 1970. */
  readonly until: number;
}

/** What is said of a permit that is not enforced. */
const notEnforced = ['action', 'class', 'securityLabel', 'purpose', 'code', 'data', 'dataPeriod', 'provision'] as const;
/** Clocks of others may be ahead, and a day may be meant. */
const dayMs = 86_400_000;

/**
 * Whom the Consent lets see the record while it stands as it is.
 *
 * @param partiesOf party keys that a reference names
 * @param now milliseconds since 1970
 * @throws Failure unprocessable naming what cannot be enforced
 */
export function permitsOf(
  consent: Resource,
  partiesOf: (reference: unknown) => readonly string[],
  now: number,
): readonly Permit[] {
  if (consent.status !== 'active') return [];
  return permits(consent).flatMap((provision) => {
    const unknown = notEnforced.find((name) => name in provision);
    if (unknown !== undefined)
      throw refused(unknown, `Consent is to the whole record here; it cannot be narrowed by ${unknown}.`);
    const until = endOf(provision, now);
    return (provision.actor ?? []).flatMap(({ reference }) => {
      const parties = partiesOf(reference);
      if (parties.length === 0)
        throw refused(
          'actor.reference',
          'Who may see the record must be an organisation or a professional with a number (organisation number, HPR), or a RelatedPerson of this patient that is in use.',
        );
      return parties.map((party) => ({ party, until }));
    });
  });
}

function endOf({ period }: Provision, now: number): number {
  const end = period?.end === undefined ? undefined : tryDateRange(period.end)?.high;
  if (end === undefined) throw refused('period.end', 'Consent is given until a day: name the end of the period.');
  const start = period?.start === undefined ? undefined : tryDateRange(period.start)?.low;
  if (start !== undefined && start > now + dayMs)
    throw refused('period.start', 'Consent counts from when it is recorded; record it when it begins.');
  return end;
}

const refused = (element: string, sentence: string): Failure =>
  new Failure('unprocessable', sentence, { expression: `Consent.provision.${element}` });
