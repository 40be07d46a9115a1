/**
 * A patient in hospital is moved to another ward (ADT^A02), or was not after all (A12).
 * https://hl7.org/fhir/R4/encounter-definitions.html#Encounter.location
 */
import type { Change } from '../../fhir/change.js';
import type { Resource } from '../../fhir/resource.js';
import { many, type Period, type Reference } from '../vocabulary/element.js';
import { updated } from '../vocabulary/module-change.js';
import { type AdmissionFacts, admitPatient, relates } from './admission.js';

interface Place {
  readonly location: Reference;
  readonly status?: string;
  readonly period?: Period;
}

/** → the stay with the new ward as its active location. A stay that is not known here begins with the transfer. */
export function transferPatient(facts: AdmissionFacts): Change[] {
  const { stored, encounter } = facts;
  if (!relates(facts)) return [];
  if (stored === undefined)
    return (encounter.period as Period | undefined)?.start === undefined ? [] : admitPatient(facts);
  const [to] = many<Place>(encounter.location);
  const before = many<Place>(stored.location);
  // The same transfer told twice, or one that names no ward.
  if (to === undefined || sameWard(before.at(-1), to))
    return [updated(stored, { identifier: encounter.identifier ?? stored.identifier })];
  return [
    updated(stored, {
      identifier: encounter.identifier ?? stored.identifier,
      location: [...before.map((place) => ({ ...place, status: 'completed' })), { ...to, status: 'active' }],
    }),
  ];
}

/** → the stay in the ward where it was before; nothing where only one ward is known. */
export function cancelTransfer(facts: AdmissionFacts): Change[] {
  const { stored } = facts;
  const places = many<Place>(stored?.location);
  if (!relates(facts) || stored === undefined || places.length < 2) return [];
  const left = places.slice(0, -1);
  return [
    updated(stored as Resource, {
      location: left.map((place, index) => (index === left.length - 1 ? { ...place, status: 'active' } : place)),
    }),
  ];
}

const sameWard = (one: Place | undefined, other: Place): boolean => one?.location.display === other.location.display;
