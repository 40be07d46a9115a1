import type { Definitions } from '../fhir/definitions.js';
import { parseReference } from '../fhir/reference.js';
import type { ValueCheck } from './object-rule.js';
import { isObject, type JsonObject, type Visit } from './visit.js';
import { alternatives, quoted } from './wording.js';

/** A Reference's form, that `#id` exists (ref-1), and the type of its target where it can be told. https://hl7.org/fhir/R4/references.html */
export function referenceCheck(
  definitions: Definitions,
  structure: ValueCheck,
  targets: readonly string[] | undefined,
): ValueCheck {
  const allowed =
    targets === undefined || targets.some((target) => !definitions.isResourceType(target))
      ? undefined
      : new Set(targets);
  return (value, visit) => {
    const before = visit.issues.length;
    structure(value, visit);
    if (!isObject(value) || visit.issues.length !== before) return;
    const stated = typeof value.type === 'string' && definitions.isResourceType(value.type) ? value.type : undefined;
    const found = typeof value.reference === 'string' ? targetType(value.reference, definitions, visit) : undefined;
    if (stated !== undefined && found !== undefined && stated !== found) {
      visit.report('value', `The reference points at ${found}, but its type says ${stated}.`, '.type');
    }
    const type = found ?? stated;
    if (type !== undefined && allowed !== undefined && !allowed.has(type)) {
      visit.report(
        'value',
        `A reference to ${type} is not allowed here; it must be to ${alternatives(allowed)}.`,
        found === undefined ? '.type' : '.reference',
      );
    }
  };
}

/** The type of the target, undefined where it cannot be told; reports a malformed reference. */
function targetType(text: string, definitions: Definitions, visit: Visit): string | undefined {
  const report = (what: string): undefined => {
    visit.report('value', what, '.reference');
    return undefined;
  };
  const parsed = parseReference(text);
  switch (parsed.kind) {
    case 'local':
      return definitions.isResourceType(parsed.type)
        ? parsed.type
        : report(`${quoted(parsed.type, 'This')} is not a resource type of R4.`);
    case 'conditional':
      if (!visit.conditionalReferences)
        return report('A search as reference is only possible inside a transaction or batch; refer to an id.');
      return definitions.isResourceType(parsed.type)
        ? parsed.type
        : report(`${quoted(parsed.type, 'This')} is not a resource type of R4.`);
    case 'contained':
      return (
        containedType(parsed.id, visit) ??
        report(`No contained resource has the id ${quoted(parsed.id, 'of this reference')}. (ref-1)`)
      );
    case 'absolute':
      return (
        visit.entryTypes?.get(text) ??
        (parsed.type !== undefined && definitions.isResourceType(parsed.type) ? parsed.type : undefined)
      );
    case 'urn':
      return visit.entryTypes?.get(text);
    case 'invalid':
      return report('This is not a reference; write it as Patient/123, #contained, urn:uuid:… or a full URL.');
  }
}

function containedType(id: string, visit: Visit): string | undefined {
  const surroundings = visit.surroundings;
  if (surroundings === undefined) return undefined;
  surroundings.localTargets.add(id);
  return id === '' ? typeName(surroundings.root) : surroundings.contained.get(id);
}

const typeName = (resource: JsonObject): string | undefined =>
  typeof resource.resourceType === 'string' ? resource.resourceType : undefined;
