// https://hl7.org/fhir/R4/terminologies.html#extensible
import type { Definitions } from '../../fhir/definitions.js';
import type { Issue } from '../../kernel/failure.js';
import type { JsonObject } from '../visit.js';
import { checkBinding } from './bound-codes.js';
import { IssueList } from './issue-list.js';
import { walkElements } from './walk-elements.js';

/** What R4's own extensible bindings would rather have: warnings. Its required ones are checked with the structure. */
export function checkExtensible(resource: JsonObject, definitions: Definitions): readonly Issue[] {
  const found = new IssueList('R4');
  walkElements(resource, definitions, ({ instance, at, node }) => {
    if (node?.binding?.strength !== 'extensible' || instance.value === undefined) return;
    const valueSet = definitions.valueSet(node.binding.valueSet);
    if (valueSet === undefined) return;
    checkBinding(instance.value, node.binding, at, found, (_url, system, code) =>
      system === undefined ? valueSet.hasCode(code) : valueSet.has(system, code),
    );
  });
  return found.issues.filter(({ severity }) => severity !== 'information');
}
