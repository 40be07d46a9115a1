import { loadDefinitions } from '../../fhir/definitions.js';
import type { ElementNode } from '../../fhir/structure.js';

let known: ReadonlySet<string> | undefined;

/**
 * Whether an invariant is one of R4 itself, which a snapshot repeats: those are checked for every resource, and better than
 * the FHIRPath engine could on a single element.
 */
export function isStandardRule(key: string, expression: string): boolean {
  if (/^(?:ele-1|ext-1|dom-[1-6]|ref-1|txt-[12])$/.test(key)) return true;
  known ??= readRules();
  return known.has(`${key} ${expression}`);
}

function readRules(): ReadonlySet<string> {
  const rules = new Set<string>();
  const add = (node: Pick<ElementNode, 'rules' | 'children'>): void => {
    for (const { key, expression } of node.rules ?? []) rules.add(`${key} ${expression}`);
    for (const child of node.children ?? []) add(child);
  };
  const definitions = loadDefinitions();
  for (const type of definitions.types()) {
    add({ ...(type.rules !== undefined && { rules: type.rules }), children: type.elements });
  }
  return rules;
}
