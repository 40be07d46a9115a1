import type { Resource } from '../../fhir/resource.js';
import { extensionsOf } from '../vocabulary/element.js';
import { sameJson } from '../vocabulary/same-json.js';
import { structure } from '../vocabulary/systems.js';
import { protections, type Protection } from './protected-elements.js';

export interface ProtectedDifference {
  /** FHIRPath: `CarePlan.status`, `Task.extension('http://hjemmebro.no/fhir/StructureDefinition/dho-colour')`. */
  readonly path: string;
  /** The operation to use; undefined = nothing changes this element. */
  readonly use?: string | undefined;
}

/** Never content: the server's own, and the narrative. */
const neutral = new Set(['resourceType', 'id', 'meta', 'text', 'implicitRules', 'language']);

/** The protected elements of a managed resource that differ between what is stored and what a client wants to store. */
export function protectedDifferences(before: Resource, after: Resource): ProtectedDifference[] {
  const found = new Map<string, ProtectedDifference>();
  for (const protection of protections[before.resourceType] ?? []) {
    if (protection.when !== undefined && !protection.when(before)) continue;
    for (const element of elementsOf(protection, before, after)) {
      const path = pathOf(before.resourceType, element);
      if (found.has(path) || isFreeStep(protection, element, before, after)) continue;
      if (!sameJson(valueOf(before, element), valueOf(after, element))) found.set(path, { path, use: protection.use });
    }
  }
  return [...found.values()];
}

function elementsOf(protection: Protection, before: Resource, after: Resource): readonly string[] {
  if (protection.elements !== 'all') return protection.elements;
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].filter((name) => !neutral.has(name));
}

function valueOf(resource: Resource, element: string): unknown {
  if (!element.startsWith('extension:')) return resource[element];
  return extensionsOf(resource, structure(element.slice('extension:'.length)));
}

const pathOf = (type: string, element: string): string =>
  element.startsWith('extension:')
    ? `${type}.extension('${structure(element.slice('extension:'.length))}')`
    : `${type}.${element}`;

function isFreeStep(protection: Protection, element: string, before: Resource, after: Resource): boolean {
  const steps = element === 'status' ? protection.free?.[String(before.status)] : undefined;
  return steps?.includes(String(after.status)) ?? false;
}
