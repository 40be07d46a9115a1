import type { Resource } from '../../fhir/resource.js';
import { isObject, type JsonObject } from '../visit.js';
import { InsideTargets } from './inside-targets.js';

/** A resource that stands inside another one. */
export interface InnerResource {
  readonly resource: Resource;
  /** FHIRPath of its place: `Bundle.entry[2].resource`. */
  readonly at: string;
  readonly targets: InsideTargets;
}

/** The resource itself, then those that it contains, that its entries hold (of a Bundle) or its parameters (of Parameters). */
export function innerResources(resource: Resource): readonly InnerResource[] {
  const found: InnerResource[] = [];
  const add = (value: unknown, at: string, targets: InsideTargets, depth: number): void => {
    if (!isObject(value) || typeof value.resourceType !== 'string' || depth > 20) return;
    const own = depth === 0 ? targets : targets.within(value);
    found.push({ resource: value as unknown as Resource, at, targets: own });
    list(value.contained).forEach((one, index) => {
      if (isObject(one) && typeof one.resourceType === 'string')
        found.push({ resource: one as unknown as Resource, at: `${at}.contained[${index}]`, targets: own });
    });
    list(value.entry).forEach((one, index) => {
      if (isObject(one)) add(one.resource, `${at}.entry[${index}].resource`, own, depth + 1);
    });
    const parameters = (holder: JsonObject, name: string, place: string, level: number): void =>
      list(holder[name]).forEach((one, index) => {
        if (!isObject(one) || level > 20) return;
        add(one.resource, `${place}.${name}[${index}].resource`, own, depth + 1);
        parameters(one, 'part', `${place}.${name}[${index}]`, level + 1);
      });
    if (value.resourceType === 'Parameters') parameters(value, 'parameter', at, 0);
  };
  add(resource, resource.resourceType, new InsideTargets(resource as unknown as JsonObject), 0);
  return found;
}

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? (value as unknown[]) : []);
