// The elements of a resource with what R4 defines them as.
import { choiceName, type Definitions } from '../../fhir/definitions.js';
import type { ElementNode, TypeReference } from '../../fhir/structure.js';
import { isObject, type JsonObject } from '../visit.js';
import { type Instance, instancesOf } from './instances.js';

/** One element of a resource. */
export interface WalkedElement {
  readonly instance: Instance;
  /** FHIRPath: `Patient.name[0].family`. */
  readonly at: string;
  /** Every path that a definition may call it by: `Patient.name`, `HumanName`, `Element`. */
  readonly names: ReadonlySet<string>;
  /** Absent at the resource itself. */
  readonly node?: ElementNode;
  /** The nearest resource that is not contained. */
  readonly resource: JsonObject;
  /** The canonical URLs of the extensions that it stands in, the innermost last. */
  readonly extensions: readonly string[];
}

const deepest = 100;

/** Visits a valid resource and every element of it, extensions and resources inside it too; an element comes after what it stands in. */
export function walkElements(
  resource: JsonObject,
  definitions: Definitions,
  visit: (element: WalkedElement) => void,
): void {
  const inResource = (value: JsonObject, at: string, outer: JsonObject, depth: number): void => {
    const type = String(value.resourceType);
    const names = new Set([type, ...basesOf(type, definitions), 'Element']);
    visit({ instance: { value, step: '' }, at, names, resource: outer, extensions: [] });
    const nodes = definitions.type(type)?.elements ?? [];
    below(value, nodes, { at, paths: [type], resource: outer, extensions: [], depth });
  };
  const below = (value: unknown, nodes: readonly ElementNode[], place: Place): void => {
    if (place.depth > deepest || !isObject(value)) return;
    for (const node of present(value, nodes))
      for (const instance of instancesOf(value, node.choice === true ? `${node.name}[x]` : node.name))
        inElement(instance, node, place);
  };
  const inElement = (instance: Instance, node: ElementNode, place: Place): void => {
    const at = place.at + instance.step;
    // An element that shares the definition of another one is called by both names.
    const paths = [
      ...new Set(
        place.paths.flatMap((path) => {
          const own = `${path}.${node.name}`;
          return [own, definitions.elementAt(own)?.path ?? own];
        }),
      ),
    ];
    const { value } = instance;
    const { resource: outer, depth } = place;
    if (isObject(value) && typeof value.resourceType === 'string')
      return inResource(value, at, node.name === 'contained' ? outer : value, depth + 1);
    const type = typeOf(instance, node);
    const own = type === undefined ? [] : [type.code, ...basesOf(type.code, definitions)];
    const names = new Set([...paths, ...own, 'Element']);
    visit({ instance, at, names, node, resource: outer, extensions: place.extensions });
    const url = isObject(value) && own.includes('Extension') ? value.url : undefined;
    const inner = {
      at,
      resource: outer,
      depth: depth + 1,
      extensions: typeof url === 'string' ? [...place.extensions, url] : place.extensions,
    };
    const shared = node.content === undefined ? node : definitions.elementAt(node.content)?.node;
    const called = type === undefined ? paths : [...paths, type.code];
    if (shared?.children !== undefined) return below(value, shared.children, { ...inner, paths: called });
    const definition = type === undefined ? undefined : definitions.type(type.code);
    if (definition === undefined) return;
    const nodes =
      definition.kind === 'primitive-type' ? (definitions.type('Element')?.elements ?? []) : definition.elements;
    const holder = definition.kind === 'primitive-type' ? instance.extras : value;
    // An extension inside another one is told by the outer one's definition, not by the element that both stand in.
    below(holder, nodes, { ...inner, paths: own.includes('Extension') ? ['Extension'] : called });
  };
  inResource(resource, String(resource.resourceType), resource, 0);
}

interface Place {
  readonly at: string;
  readonly paths: readonly string[];
  readonly resource: JsonObject;
  readonly extensions: readonly string[];
  readonly depth: number;
}

const namesOf = new WeakMap<readonly ElementNode[], ReadonlyMap<string, ElementNode>>();

/** The elements that an object has, of those that it may have: few of many. */
function present(value: JsonObject, nodes: readonly ElementNode[]): ReadonlySet<ElementNode> {
  let byName = namesOf.get(nodes);
  if (byName === undefined) {
    byName = new Map(
      nodes.flatMap((node) =>
        node.choice === true
          ? (node.types ?? []).map(({ code }) => [choiceName(node, code), node] as const)
          : [[node.name, node] as const],
      ),
    );
    namesOf.set(nodes, byName);
  }
  const found = new Set<ElementNode>();
  for (const key in value) {
    const node = byName.get(key.startsWith('_') ? key.slice(1) : key);
    if (node !== undefined) found.add(node);
  }
  return found;
}

/** Of a choice, the type that the JSON name says. */
function typeOf({ type }: Instance, node: ElementNode): TypeReference | undefined {
  if (type === undefined) return node.types?.[0];
  const same = type.toLowerCase();
  return node.types?.find(({ code }) => code.toLowerCase() === same);
}

function basesOf(type: string, definitions: Definitions): readonly string[] {
  const bases: string[] = [];
  for (
    let base = definitions.type(type)?.base;
    base !== undefined && bases.length < 10;
    base = definitions.type(base)?.base
  )
    bases.push(base);
  return bases;
}
