import { parseReference } from '../fhir/reference.js';
import type { Resource, ResourceKey } from '../fhir/resource.js';
import { isReferral } from '../followup/referral/receive-referral.js';
import { hasCode, many, type Reference } from '../followup/vocabulary/element.js';
import { system } from '../followup/vocabulary/systems.js';

export { isReferral };

/** The ServiceRequest that a Task fulfils; undefined for any other Task. https://hl7.org/fhir/R4/task.html */
export function referralOf(task: Resource): ResourceKey | undefined {
  if (task.resourceType !== 'Task' || !hasCode(task.code, system.r4TaskCode, 'fulfill')) return undefined;
  for (const reference of [...many<Reference>(task.focus), ...many<Reference>(task.basedOn)]) {
    const parsed = parseReference(reference.reference ?? '');
    if (parsed.kind === 'local' && parsed.type === 'ServiceRequest') return { type: parsed.type, id: parsed.id };
  }
  return undefined;
}
