// https://hl7.org/fhir/R4/codesystem.html#hierarchy
import type { Resource } from '../fhir/resource.js';

/** A concept as its CodeSystem defines it. */
export interface Concept {
  readonly code?: unknown;
  readonly display?: unknown;
  readonly definition?: unknown;
  readonly designation?: unknown;
  readonly concept?: unknown;
  readonly property?: unknown;
}
export interface Property {
  readonly code?: unknown;
  readonly [value: string]: unknown;
}

/** The codes of one CodeSystem and which lies below which: by nesting, and by the properties `parent` and `child`. */
export class CodeHierarchy {
  private readonly children = new Map<string, Set<string>>();
  private readonly parents = new Map<string, Set<string>>();
  private readonly properties = new Map<string, readonly Property[]>();
  private readonly concepts = new Map<string, Concept>();
  private readonly folded = new Map<string, string>();
  /** Whether `A` and `a` are different codes. */
  private readonly caseSensitive: boolean;

  constructor(readonly codeSystem: Resource) {
    this.caseSensitive = codeSystem['caseSensitive'] !== false;
    this.read(codeSystem['concept'], undefined);
  }

  /** Whether every code is defined in the resource. https://hl7.org/fhir/R4/valueset-codesystem-content-mode.html */
  get isComplete(): boolean {
    const { content } = this.codeSystem;
    return content === 'complete' || (content === undefined && this.concepts.size > 0);
  }

  /** The code as the system writes it: in another case only where the system does not tell cases apart. */
  find(code: string): { readonly code: string; readonly concept: Concept } | undefined {
    const exact = this.concepts.get(code);
    if (exact !== undefined) return { code, concept: exact };
    const other = this.caseSensitive ? undefined : this.folded.get(code.toLowerCase());
    return other === undefined ? undefined : { code: other, concept: this.concepts.get(other)! };
  }

  /** Codes directly below and above. */
  childrenOf(code: string): readonly string[] {
    return [...(this.children.get(code) ?? [])];
  }
  parentsOf(code: string): readonly string[] {
    return [...(this.parents.get(code) ?? [])];
  }

  /** Nothing is coded with it any more, or it only groups others. */
  isInactive(code: string): boolean {
    return (
      this.property(code, 'inactive').includes('true') ||
      this.property(code, 'status').some((status) => status === 'retired' || status === 'inactive')
    );
  }
  isAbstract(code: string): boolean {
    return this.property(code, 'notSelectable').includes('true') || this.property(code, 'abstract').includes('true');
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
      this.concepts.set(code, concept);
      this.folded.set(code.toLowerCase(), code);
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
