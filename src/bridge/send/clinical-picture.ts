import type { Resource } from '../../fhir/resource.js';
import { instant } from '../../kernel/clock.js';
import type { View } from '../../interactions/commit-types.js';
import { codeSystemOf } from '../../mapping/code-systems.js';
import { narrative } from '../../mapping/narrative.js';

/** Diagnoses, medicines and allergies in force, as a report carries them on. */
export async function clinicalPicture(patient: string, view: View): Promise<readonly Resource[]> {
  const of = `patient=Patient/${patient}`;
  const [conditions, medicines, allergies] = [
    await view.search('Condition', `${of}&clinical-status=active`),
    await view.search('MedicationStatement', `${of}&status=active`),
    await view.search('AllergyIntolerance', `${of}&clinical-status=active`),
  ];
  return [...unlike(conditions), ...unlike(medicines), ...unlike(allergies)];
}

/** Of several that say the same (each report brings its own), the newest. */
function unlike(resources: readonly Resource[]): readonly Resource[] {
  const bySaying = new Map(
    resources.map((one) => [JSON.stringify([one.code, one.medicationCodeableConcept, one.dosage]), one]),
  );
  return [...bySaying.values()];
}

export interface Heading {
  /** Code list: 9141 of the nurse, 9142 of the physician. */
  readonly list: '9141' | '9142';
  readonly code: string;
  readonly title: string;
  readonly text: string;
}

/** A Composition as the maps write it: headings with text. */
export function composition(
  title: string,
  headings: readonly Heading[],
  { now, kind }: { readonly now: number; readonly kind?: { readonly code: string; readonly display: string } },
): Resource {
  return {
    resourceType: 'Composition',
    status: 'final',
    type: { text: title },
    ...(kind && { category: [{ coding: [{ system: codeSystemOf('9137'), ...kind }] }] }),
    date: instant(now),
    title,
    section: headings
      .filter(({ text }) => text !== '')
      .map((heading) => ({
        title: heading.title,
        code: { coding: [{ system: codeSystemOf(heading.list), code: heading.code, display: heading.title }] },
        text: { status: 'generated', div: narrative(heading.text) },
      })),
  };
}
