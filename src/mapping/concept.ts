import type { Coding } from '../fhir/resource.js';

/** A CodeableConcept as messages tell of it. https://hl7.org/fhir/R4/datatypes.html#CodeableConcept */
export interface Concept {
  readonly coding?: readonly Coding[];
  readonly text?: string;
}
