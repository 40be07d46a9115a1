import type { Definitions } from '../fhir/definitions.js';
import { ResourceCheck } from './resource-check.js';
import type { Validator } from './validator.js';
import { isObject, Visit } from './visit.js';

/** A validator of base R4. Rules of a type are compiled when its first instance comes. */
export function compileValidator(definitions: Definitions): Validator {
  const resources = new ResourceCheck(definitions);
  return {
    validate(resource, options = {}) {
      const visit = new Visit(options.entryResources ?? true, options.conditionalReferences ?? false);
      if (
        isObject(resource) &&
        typeof resource.resourceType === 'string' &&
        definitions.isResourceType(resource.resourceType)
      )
        visit.enter(resource.resourceType);
      resources.check(resource, visit);
      return visit.issues;
    },
  };
}
