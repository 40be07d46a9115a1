/**
 * An outpatient contact, told by HL7 v2 (ADT A04, A03, A11): it is kept for the centre to see, and pauses nothing.
 * https://hl7.org/fhir/R4/encounter.html
 */
import type { Change } from '../../fhir/change.js';
import type { Resource } from '../../fhir/resource.js';
import type { Ids } from '../../kernel/ids.js';
import { type Period, type Reference, referenceTo } from '../vocabulary/element.js';
import { created, updated } from '../vocabulary/module-change.js';

export interface VisitFacts {
  /** As mapped from the message, without subject. */
  readonly encounter: Resource;
  readonly stored: Resource | undefined;
  readonly patient: Reference;
  readonly episode: Resource | undefined;
  readonly ids: Ids;
}

/** → the Encounter: in progress, finished, or withdrawn. Nothing for the end or withdrawal of one that is not known. */
export function registerVisit({ encounter, stored, patient, episode, ids }: VisitFacts, event: string): Change[] {
  const about = { subject: patient, ...(episode && { episodeOfCare: [referenceTo(episode)] }) };
  if (stored !== undefined) {
    const withdrawn = event === 'cancelled';
    const period = { ...(stored.period as Period), ...(encounter.period as Period) };
    return [
      updated(stored, withdrawn ? { status: 'entered-in-error' } : { ...encounter, ...about, period, id: stored.id }),
    ];
  }
  return event === 'admitted' || event === 'discharged' ? [created({ ...encounter, ...about, id: ids.next() })] : [];
}
