import fc from 'fast-check';
import { choiceName, loadDefinitions } from '../../src/fhir/definitions.js';
import { compilePath } from '../../src/fhir/fhirpath.js';
import { cloneJson } from '../../src/fhir/json.js';
import type { Resource } from '../../src/fhir/resource.js';
import type { ElementNode, Rule } from '../../src/fhir/structure.js';
import { compileValidator } from '../../src/validation/compile-validator.js';
import { invariantsAt, isByFhirPath } from '../../src/validation/invariants.js';
import { Visit } from '../../src/validation/visit.js';
import { validResources } from '../unit/validation/valid-resources.js';

const definitions = loadDefinitions();
const validator = compileValidator(definitions);

/** The engine can't judge these: it resolves nothing, and takes FHIR's boolean and decimal for other types than its own. */
const beyondTheEngine = new Set(['ctm-1', 'que-7', 'ras-2']);

/** Partial dates and values without number: the engine says nothing, and nothing is no contradiction. */
const mayBeSilent = new Set(['inv-1', 'per-1', 'mdd-1', 'rng-2']);

type Found = (path: string, rule: Rule, value: Record<string, unknown>) => void;

/** Calls back for each invariant at each value of the resource. */
function eachRule(
  value: Record<string, unknown>,
  at: { path: string; nodes: readonly ElementNode[]; rules?: readonly Rule[] },
  found: Found,
): void {
  for (const rule of at.rules ?? []) found(at.path, rule, value);
  for (const node of at.nodes) {
    for (const type of node.types ?? [{ code: '' }]) {
      const held = value[node.choice === true ? choiceName(node, type.code) : node.name];
      for (const item of Array.isArray(held) ? held : [held]) {
        if (typeof item === 'object' && item !== null) eachRule(item, below(at.path, node, type.code), found);
      }
    }
  }
}

function below(
  path: string,
  node: ElementNode,
  code: string,
): { path: string; nodes: readonly ElementNode[]; rules?: readonly Rule[] } {
  const shared = node.content === undefined ? node : definitions.elementAt(node.content)!.node;
  const own = node.content ?? `${path}.${node.name}`;
  if (shared.children !== undefined) return { path: own, nodes: shared.children, rules: shared.rules ?? [] };
  const type = definitions.type(code);
  if (type === undefined || type.kind !== 'complex-type') return { path: own, nodes: [] };
  return { path: type.name, nodes: type.elements, rules: type.rules ?? [] };
}

function spotsOf(
  value: unknown,
  into: [holder: Record<string, unknown>, key: string][] = [],
): [Record<string, unknown>, string][] {
  if (typeof value !== 'object' || value === null) return into;
  for (const key of Object.keys(value)) {
    if (key !== 'resourceType' && !Array.isArray(value)) into.push([value as Record<string, unknown>, key]);
    spotsOf((value as Record<string, unknown>)[key], into);
  }
  return into;
}

function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(frozen);
  return value;
}

test('every invariant that is not written by hand is understood by the FHIRPath engine', () => {
  const visit = (path: string, rules: readonly Rule[] | undefined, nodes: readonly ElementNode[]): void => {
    for (const rule of rules ?? []) if (isByFhirPath(path, rule.key)) compilePath(rule.expression, path);
    for (const node of nodes) visit(`${path}.${node.name}`, node.rules, node.children ?? []);
  };
  for (const name of definitions.resourceTypes)
    visit(name, definitions.type(name)?.rules, definitions.type(name)?.elements ?? []);
});

test('an invariant written by hand says what its FHIRPath says', () => {
  let compared = 0;
  fc.assert(
    fc.property(fc.constantFrom(...Object.keys(validResources)), fc.nat(), fc.nat(), (name, from, to) => {
      const resource: Resource = cloneJson(validResources[name]!);
      const spots = spotsOf(resource);
      const [[source, key], [target, old]] = [spots[from % spots.length]!, spots[to % spots.length]!];
      const moved = cloneJson(source[key]);
      if (from % 3 === 0) delete target[old];
      if (from % 3 === 1) target[key] ??= moved;
      if (from % 3 === 2 && typeof moved === typeof target[old]) target[old] = moved;
      frozen(resource);
      if (validator.validate(resource).some((issue) => issue.code !== 'invariant')) return;
      const visit = new Visit(true, false);
      visit.surroundings = {
        resource,
        root: resource,
        contained: new Map(),
        localTargets: new Set(),
        isContained: false,
      };
      const type = definitions.type(resource.resourceType)!;
      eachRule(resource, { path: type.name, nodes: type.elements, rules: type.rules ?? [] }, (path, rule, value) => {
        const [own] = invariantsAt(path, [rule]);
        if (own === undefined || isByFhirPath(path, rule.key) || beyondTheEngine.has(rule.key)) return;
        const result = compilePath(rule.expression, value === resource ? undefined : path)(value, {
          resource,
          rootResource: resource,
        });
        if (result.length === 0 && mayBeSilent.has(rule.key)) return;
        compared += 1;
        expect([rule.key, own.holds(value, visit)]).toEqual([
          rule.key,
          result.length > 0 && result.every((item) => item === true),
        ]);
      });
    }),
    { numRuns: 1500 },
  );
  expect(compared).toBeGreaterThan(1000);
});
