import { instant } from '../../kernel/clock.js';
import { type Coding, type Reference, targetOf } from './element.js';

/** https://hl7.org/fhir/R4/datatypes.html#Annotation */
export interface Annotation {
  readonly authorReference?: Reference;
  readonly authorString?: string;
  readonly time: string;
  readonly text: string;
}

const noteAuthors = new Set(['Practitioner', 'Patient', 'RelatedPerson', 'Organization']);
const mitigationAuthors = new Set(['Practitioner', 'PractitionerRole']);

const typeOf = (reference: Reference): string | undefined => targetOf(reference)?.type ?? reference.type;

/** A note by somebody; R4 lets only some types be its author, others are named in words. Without `by` the server wrote it. */
export function annotation(text: string, now: number, by?: Reference): Annotation {
  const time = instant(now);
  if (by === undefined) return { authorString: 'Hjemmebro', time, text };
  if (noteAuthors.has(typeOf(by) ?? '')) return { authorReference: by, time, text };
  const name = by.display ?? by.identifier?.value ?? by.reference;
  return { ...(name === undefined ? {} : { authorString: name }), time, text };
}

/** What was done about a finding: DetectedIssue.mitigation, whose author is a professional or left out. */
export function mitigation(text: string, now: number, by?: Reference, coding: readonly Coding[] = []): object {
  const author = by !== undefined && mitigationAuthors.has(typeOf(by) ?? '') ? { author: by } : {};
  return { action: { ...(coding.length === 0 ? {} : { coding }), text }, date: instant(now), ...author };
}
