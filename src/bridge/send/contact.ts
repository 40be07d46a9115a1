import { identifierSystems } from '../../fhir/national-identifiers.js';
import type { Resource } from '../../fhir/resource.js';
import { identifierIn, targetOf, type Reference } from '../../followup/vocabulary/element.js';
import type { View } from '../../interactions/commit-types.js';
import { professionalOf } from '../../mapping/outbound/fhir-parties.js';
import type { Professional } from '../../mapping/plo/party.js';
import { findOne } from '../message/directory.js';

/** The Practitioner that a reference names, literally or by HPR number. */
export async function practitionerOf(reference: Reference | undefined, view: View): Promise<Resource | undefined> {
  const target = targetOf(reference);
  if (target?.type === 'Practitioner') return view.read(target);
  if (target?.type === 'PractitionerRole')
    return practitionerOf((await view.read(target))?.practitioner as Reference | undefined, view);
  const value = reference?.identifier?.system === identifierSystems.hpr ? reference.identifier.value : undefined;
  return value === undefined ? undefined : findOne(view, 'Practitioner', { system: identifierSystems.hpr, value });
}

/**
 * Who at the sender can be asked: the professional named, with what the directory knows about them; where nobody is, the
 * organisation's own name stands for a person (the standard demands one).
 */
export async function contactOf(reference: Reference | undefined, fallback: string, view: View): Promise<Professional> {
  const practitioner = await practitionerOf(reference, view);
  if (practitioner !== undefined) {
    const contact = professionalOf(practitioner);
    if (contact.name !== '') return contact;
  }
  const hpr =
    reference?.identifier?.system === identifierSystems.hpr
      ? reference.identifier.value
      : identifierIn(practitioner, identifierSystems.hpr);
  const name = (hpr === undefined ? undefined : reference?.display) ?? fallback;
  return {
    name,
    ...(hpr === undefined ? { family: name } : {}),
    idents: hpr === undefined ? [] : [{ type: 'HPR', id: hpr }],
  };
}
