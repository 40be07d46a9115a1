import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Failure } from '../kernel/failure.js';
import { packageRoot } from './package-root.js';
import type { ElementNode, TypeDefinition, TypeReference } from './structure.js';
import { ValueSet, type ValueSetData } from './value-set.js';

interface DefinitionsFile {
  readonly fhirVersion: string;
  readonly types: readonly TypeDefinition[];
  readonly valueSets: Readonly<Record<string, ValueSetData>>;
  readonly compartments: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
}

/** An element found by its path. */
export interface FoundElement {
  readonly node: ElementNode;
  /** Path in the definitions, content references followed: `Questionnaire.item.item.text` → `Questionnaire.item.text`. */
  readonly path: string;
  /** The types its value can have; one where the path names it (`valueQuantity`). */
  readonly types: readonly TypeReference[];
}

/** FHIR R4 as data: types, elements, value sets, compartments. */
export class Definitions {
  readonly fhirVersion: string;
  /** All concrete resource types, sorted. */
  readonly resourceTypes: readonly string[];
  private readonly byName: ReadonlyMap<string, TypeDefinition>;
  private readonly concrete: ReadonlySet<string>;
  private readonly found = new Map<string, FoundElement>();
  private readonly valueSets: ReadonlyMap<string, ValueSet>;

  constructor(private readonly file: DefinitionsFile) {
    this.fhirVersion = file.fhirVersion;
    this.byName = new Map(file.types.map((type) => [type.name, type]));
    this.resourceTypes = file.types
      .filter((type) => type.kind === 'resource' && type.abstract !== true)
      .map((type) => type.name)
      .sort();
    this.concrete = new Set(this.resourceTypes);
    this.valueSets = new Map(Object.entries(file.valueSets).map(([url, data]) => [url, new ValueSet(url, data)]));
  }

  /** Whether this is a resource type of R4 that can have instances. */
  isResourceType(name: string): boolean {
    return this.concrete.has(name);
  }

  /** A resource type, data type or primitive type. */
  type(name: string): TypeDefinition | undefined {
    return this.byName.get(name);
  }

  /** Every type, abstract and primitive ones too. */
  types(): Iterable<TypeDefinition> {
    return this.byName.values();
  }

  isPrimitive(name: string): boolean {
    return this.byName.get(name)?.kind === 'primitive-type';
  }

  /** The value set, where an element is bound to it (required or extensible) and its codes are known. */
  valueSet(url: string): ValueSet | undefined {
    return this.valueSets.get(url);
  }

  /**
   * The search parameters by which a resource type belongs to a compartment; undefined where it never does.
   * @param compartment `Patient`, `Practitioner`, `RelatedPerson`, `Encounter` or `Device`
   */
  compartmentParameters(compartment: string, resourceType: string): readonly string[] | undefined {
    return this.file.compartments[compartment]?.[resourceType];
  }

  /**
   * The element at a path without indexes: `Observation.value`, `Observation.valueQuantity.unit`, `Patient.name.given`,
   * `Questionnaire.item.item.linkId`. Undefined where there is none.
   */
  elementAt(elementPath: string): FoundElement | undefined {
    const known = this.found.get(elementPath);
    if (known !== undefined) return known;
    const found = this.find(elementPath);
    if (found !== undefined) this.found.set(elementPath, found);
    return found;
  }

  private find(elementPath: string): FoundElement | undefined {
    const cut = elementPath.lastIndexOf('.');
    if (cut === -1) return undefined;
    const parent = elementPath.slice(0, cut);
    const container = this.childrenOf(parent);
    if (container === undefined) return undefined;
    const match = matchName(container.nodes, elementPath.slice(cut + 1));
    if (match === undefined) return undefined;
    const { node, types } = match;
    if (node.content === undefined) return { node, types, path: `${container.path}.${node.name}` };
    const original = this.elementAt(node.content);
    return original && { node, types: original.types, path: original.path };
  }

  /** The elements directly below a type (`Patient`) or element (`Patient.contact`, `Patient.name`); undefined where there are none. */
  childrenOf(elementPath: string): { readonly path: string; readonly nodes: readonly ElementNode[] } | undefined {
    const type = this.byName.get(elementPath);
    if (type !== undefined) return { path: elementPath, nodes: type.elements };
    const found = this.elementAt(elementPath);
    if (found === undefined) return undefined;
    const node = found.node.content === undefined ? found.node : this.elementAt(found.node.content)?.node;
    if (node?.children !== undefined) return { path: found.path, nodes: node.children };
    const only = found.types.length === 1 ? this.byName.get(found.types[0]!.code) : undefined;
    return only && { path: only.name, nodes: only.elements };
  }
}

function matchName(
  nodes: readonly ElementNode[],
  name: string,
): { node: ElementNode; types: readonly TypeReference[] } | undefined {
  for (const node of nodes) {
    if (node.name === name) return { node, types: node.types ?? [] };
    if (node.choice !== true || !name.startsWith(node.name)) continue;
    const type = node.types?.find((candidate) => choiceName(node, candidate.code) === name);
    if (type !== undefined) return { node, types: [type] };
  }
  return undefined;
}

/** The JSON name of a choice element with a value of this type: `value` + `dateTime` → `valueDateTime`. */
export const choiceName = (node: ElementNode, type: string): string =>
  node.name + type[0]!.toUpperCase() + type.slice(1);

let loaded: Definitions | undefined;

/**
 * The R4 definitions, read from `generated/r4.json` once per process.
 * @throws Failure `fault` where the file has not been generated
 */
export function loadDefinitions(): Definitions {
  loaded ??= new Definitions(readDefinitions());
  return loaded;
}

function readDefinitions(): DefinitionsFile {
  const file = path.join(packageRoot(), 'generated', 'r4.json');
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as DefinitionsFile;
  } catch (cause) {
    throw new Failure('fault', 'generated/r4.json cannot be read; make it with: node scripts/definitions.mjs', {
      cause,
    });
  }
}
