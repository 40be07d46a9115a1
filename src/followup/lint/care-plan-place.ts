import type { Resource } from '../../fhir/resource.js';
import { type Extension, extensionsOf, many } from '../vocabulary/element.js';
import type { Place } from './finding.js';

const names: Readonly<Record<Place['kind'], { readonly extension: string; readonly part: string }>> = {
  measure: { extension: 'dho-activity', part: 'key' },
  rule: { extension: 'dho-rule', part: 'id' },
  schedule: { extension: 'dho-schedule', part: 'id' },
  escalation: { extension: 'dho-escalation', part: 'id' },
  calendar: { extension: 'dho-service-calendar', part: '' },
};

/** The FHIRPath of what a finding is about: `CarePlan.activity[2].detail.extension[4]`, or `CarePlan`. */
export function carePlanPlace(carePlan: Resource, place: Place): string {
  const own = indexIn(carePlan, place);
  if (own !== -1) return `CarePlan.extension[${own}]`;
  const activities = many<{ detail?: unknown }>(carePlan.activity);
  for (const [i, { detail }] of activities.entries()) {
    const at = indexIn(detail, place);
    if (at !== -1) return `CarePlan.activity[${i}].detail${place.kind === 'measure' ? '' : `.extension[${at}]`}`;
  }
  return 'CarePlan';
}

function indexIn(owner: unknown, { kind, id }: Place): number {
  const { extension, part } = names[kind];
  return extensionsOf(owner).findIndex(
    (one: Extension) =>
      one.url.endsWith(`/StructureDefinition/${extension}`) &&
      (part === '' || extensionsOf(one, part).some((inner) => inner.valueString === id)),
  );
}
