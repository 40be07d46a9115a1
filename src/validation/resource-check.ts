import type { Definitions } from '../fhir/definitions.js';
import { TypeCompiler } from './compile-type.js';
import { isObject, type JsonObject, type Surroundings, type Visit } from './visit.js';
import { quoted } from './wording.js';

/** Checks whole resources: their type, what is contained in them, and what their Bundle says about references. */
export class ResourceCheck {
  private readonly compiler: TypeCompiler;

  constructor(private readonly definitions: Definitions) {
    this.compiler = new TypeCompiler(definitions, (value, visit, path) => this.checkNested(value, visit, path));
  }

  /** A resource on its own, or in an entry or parameter: references inside it mean what is contained in it. */
  check(value: unknown, visit: Visit): void {
    if (!this.isResource(value, visit)) return;
    const outside = {
      surroundings: visit.surroundings,
      entryTypes: visit.entryTypes,
      conditional: visit.conditionalReferences,
    };
    const surroundings: Surroundings = {
      resource: value,
      root: value,
      contained: containedTypes(value),
      localTargets: new Set(),
      isContained: false,
    };
    visit.surroundings = surroundings;
    if (value.resourceType === 'Bundle') this.enterBundle(value, visit);
    this.compiler.ruleOfType(value.resourceType)!.check(value, visit);
    if (value.contained !== undefined) checkContainedOnes(value, surroundings, visit);
    visit.surroundings = outside.surroundings;
    visit.entryTypes = outside.entryTypes;
    visit.conditionalReferences = outside.conditional;
  }

  private checkNested(value: unknown, visit: Visit, path: string): void {
    if (path.endsWith('.contained')) this.checkContained(value, visit);
    else if (path !== 'Bundle.entry.resource' || visit.entryResources) this.check(value, visit);
  }

  private checkContained(value: unknown, visit: Visit): void {
    const outer = visit.surroundings;
    if (!this.isResource(value, visit) || outer === undefined) return;
    if (outer.isContained) return visit.report('structure', 'A contained resource may not contain others. (dom-2)');
    visit.surroundings = { ...outer, resource: value, isContained: true };
    this.compiler.ruleOfType(value.resourceType)!.check(value, visit);
    visit.surroundings = outer;
  }

  private enterBundle(bundle: JsonObject, visit: Visit): void {
    const types = new Map<string, string>();
    for (const entry of Array.isArray(bundle.entry) ? (bundle.entry as unknown[]) : []) {
      if (!isObject(entry) || typeof entry.fullUrl !== 'string' || !isObject(entry.resource)) continue;
      const type = entry.resource.resourceType;
      if (typeof type === 'string' && this.definitions.isResourceType(type)) types.set(entry.fullUrl, type);
    }
    visit.entryTypes = types;
    visit.conditionalReferences ||= bundle.type === 'transaction' || bundle.type === 'batch';
  }

  private isResource(value: unknown, visit: Visit): value is JsonObject & { readonly resourceType: string } {
    if (!isObject(value)) visit.report('structure', 'This must be a resource: a JSON object with a resourceType.');
    else if (typeof value.resourceType !== 'string')
      visit.report('structure', 'A resource needs its type as resourceType, for example "Observation".');
    else if (!this.definitions.isResourceType(value.resourceType))
      visit.report('structure', `${quoted(value.resourceType, 'This')} is not a resource type of R4.`);
    else return true;
    return false;
  }
}

const none: ReadonlyMap<string, string> = new Map();

function containedTypes(resource: JsonObject): ReadonlyMap<string, string> {
  if (!Array.isArray(resource.contained)) return none;
  const types = new Map<string, string>();
  for (const contained of resource.contained as unknown[]) {
    if (isObject(contained) && typeof contained.id === 'string' && typeof contained.resourceType === 'string')
      types.set(contained.id, contained.resourceType);
  }
  return types;
}

/** dom-2 to dom-5. https://hl7.org/fhir/R4/domainresource-definitions.html */
function checkContainedOnes(resource: JsonObject, surroundings: Surroundings, visit: Visit): void {
  const contained = Array.isArray(resource.contained) ? (resource.contained as unknown[]) : [];
  const seen = new Set<unknown>();
  for (const [index, one] of contained.entries()) {
    if (visit.isFull) return;
    if (!isObject(one)) continue;
    const report = (what: string): void => visit.report('invariant', what, `.contained[${index}]`);
    if (typeof one.id !== 'string') report('A contained resource needs an id, by which it is referred to.');
    else if (seen.has(one.id)) report('Two contained resources have the same id.');
    else if (!surroundings.localTargets.has(one.id) && !refersToContainer(one)) {
      report(
        'This contained resource is not referred to, and does not refer to its container with #; refer to it or leave it out. (dom-3)',
      );
    }
    seen.add(one.id);
    if (!isObject(one.meta)) continue;
    if (one.meta.versionId !== undefined || one.meta.lastUpdated !== undefined)
      report('A contained resource may not have meta.versionId or meta.lastUpdated. (dom-4)');
    if (one.meta.security !== undefined) report('A contained resource may not have a security label. (dom-5)');
  }
}

/** Looks for a reference `#`; contained resources are few and small, and this is asked only of those nobody refers to. */
function refersToContainer(value: unknown, depth = 0): boolean {
  if (typeof value !== 'object' || value === null || depth > 200) return false;
  if (Array.isArray(value)) return value.some((item) => refersToContainer(item, depth + 1));
  return Object.entries(value).some(
    ([name, item]) => (name === 'reference' && item === '#') || refersToContainer(item, depth + 1),
  );
}
