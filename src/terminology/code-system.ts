// https://hl7.org/fhir/R4/codesystem.html#hierarchy
import type { Resource } from '../fhir/resource.js';

interface Concept {
  readonly code?: unknown;
  readonly concept?: unknown;
  readonly property?: unknown;
}
interface Property {
  readonly code?: unknown;
  readonly [value: string]: unknown;
}

/** The codes of one CodeSystem and which lies below which: by nesting, and by the properties `parent` and `child`. */
export class CodeHierarchy {
  private readonly children = new Map<string, Set<string>>();
  private readonly parents = new Map<string, Set<string>>();
  private readonly properties = new Map<string, readonly Property[]>();

  constructor(codeSystem: Resource) {
    this.read(codeSystem['concept'], undefined);
  }

  get codes(): readonly string[] {
    return [...this.properties.keys()];
  }

  has(code: string): boolean {
    return this.properties.has(code);
  }

  /** The code and all that it subsumes. */
  below(code: string): ReadonlySet<string> {
    return reach(code, this.children);
  }

  /** The code and all that subsume it. */
  above(code: string): ReadonlySet<string> {
    return reach(code, this.parents);
  }

  /** Values of a property of a concept, as text. */
  property(code: string, name: string): readonly string[] {
    return (this.properties.get(code) ?? []).flatMap((property) => {
      if (property.code !== name) return [];
      const value = Object.entries(property).find(([key]) => key.startsWith('value'))?.[1];
      if (value === undefined || value === null) return [];
      return [typeof value === 'object' ? String((value as { code?: unknown }).code) : String(value)];
    });
  }

  private read(concepts: unknown, parent: string | undefined): void {
    if (!Array.isArray(concepts)) return;
    for (const concept of concepts as Concept[]) {
      const { code } = concept;
      if (typeof code !== 'string') continue;
      const properties = Array.isArray(concept.property) ? (concept.property as Property[]) : [];
      this.properties.set(code, properties);
      if (parent !== undefined) this.link(parent, code);
      for (const other of this.property(code, 'parent').concat(this.property(code, 'subsumedBy')))
        this.link(other, code);
      for (const other of this.property(code, 'child')) this.link(code, other);
      this.read(concept.concept, code);
    }
  }

  private link(parent: string, child: string): void {
    add(this.children, parent, child);
    add(this.parents, child, parent);
  }
}

function add(map: Map<string, Set<string>>, from: string, to: string): void {
  const known = map.get(from);
  if (known === undefined) map.set(from, new Set([to]));
  else known.add(to);
}

function reach(from: string, edges: ReadonlyMap<string, ReadonlySet<string>>): ReadonlySet<string> {
  const reached = new Set([from]);
  for (const code of reached) for (const next of edges.get(code) ?? []) reached.add(next);
  return reached;
}
