// https://hl7.org/fhir/R4/elementdefinition-definitions.html#ElementDefinition.constraint
import { compilePath } from '../../fhir/fhirpath.js';
import { Failure } from '../../kernel/failure.js';
import { isObject, type JsonObject } from '../visit.js';
import type { Instance } from './instances.js';
import type { IssueList } from './issue-list.js';
import type { ProfileNode, ProfileRule } from './profile-tree.js';
import { writtenRules } from './written-rules.js';

/** An invariant of a profile on one repetition: its expression must come out true. */
export function checkRule(
  { value, type }: Instance,
  { key, human, expression, severity }: ProfileRule,
  node: ProfileNode,
  at: string,
  { found, resource, root }: { readonly found: IssueList; readonly resource: JsonObject; readonly root: JsonObject },
): void {
  if (value === undefined) return;
  const written = writtenRules.get(expression);
  if (written !== undefined) {
    if (!written(value)) found.report('invariant', `${human} (${key})`, at, severity);
    return;
  }
  try {
    const isResource = isObject(value) && value.resourceType !== undefined;
    const base = type === undefined ? node.path : typeName(type);
    const evaluate = compilePath(expression, isResource ? undefined : base);
    // The engine takes in whatever it is given: the whole resource is, only where the rule speaks of it.
    const result = evaluate(value, aboutResource.test(expression) ? { resource, rootResource: root } : {});
    if (result.length > 0 && result.every((item) => item !== false)) return;
    // The engine has no `value` of primitives: nothing came out that means anything.
    if (result.length === 0 && /\.value\b/.test(expression)) throw new Failure('invalid', 'not evaluated');
  } catch {
    return found.report(
      'processing',
      `The rule ${key} could not be evaluated here; a person must look.`,
      at,
      'warning',
    );
  }
  found.report('invariant', `${human} (${key})`, at, severity);
}

const aboutResource = /%(resource|rootResource)\b/;

/** Of the suffix of a choice: `DateTime` is the type `dateTime`, `Quantity` is itself. */
const typeName = (suffix: string): string =>
  primitives.has(suffix) ? suffix.charAt(0).toLowerCase() + suffix.slice(1) : suffix;
const primitives: ReadonlySet<string> = new Set(
  'Base64Binary Boolean Canonical Code Date DateTime Decimal Id Instant Integer Markdown Oid PositiveInt String Time UnsignedInt Uri Url Uuid'.split(
    ' ',
  ),
);
