import type { XmlElement } from '../xml/xml-element.js';
import type { Content, ElementTrees, Particle, TypeName } from './element-trees.js';
import { isCoded, isSimple, textFits, valueFits } from './simple-types.js';

/**
 * The first place where a message is not built as its standard says: a required element missing, one that does not belong
 * there or comes in the wrong order, a date that is none. Codes are not looked at: an unknown code is no fault.
 *
 * @returns a Norwegian sentence with the path of local names, never a value of the message; undefined when all is right
 */
export function treeFault(root: XmlElement, trees: ElementTrees): string | undefined {
  const content = trees.element(root.namespace, root.name);
  if (content === undefined) return `Elementet ${root.name} finnes ikke i ${root.namespace || 'noe navnerom'}.`;
  return new Check(trees).content(root, content, root.name);
}

class Check {
  constructor(private readonly trees: ElementTrees) {}

  content(element: XmlElement, content: Content, path: string): string | undefined {
    for (const { name, fixed } of content.attributes) {
      const value = element.attributes[name];
      if (value === undefined) return `Attributtet ${name} mangler i ${path}.`;
      if (fixed !== undefined && value !== fixed) return `Attributtet ${name} i ${path} skal være «${fixed}».`;
    }
    if (content.simple !== undefined)
      return textFits(content.simple, element.text) ? undefined : `${path} er ikke ${content.simple}.`;
    if (element.text !== '') return `Tekst hører ikke til i ${path}.`;
    const at = { children: element.children, next: 0, path };
    const fault = content.particle === undefined ? undefined : this.particle(content.particle, at);
    if (fault !== undefined) return fault;
    const extra = element.children[at.next];
    return extra === undefined
      ? undefined
      : `Elementet ${extra.name} hører ikke til på denne plassen i ${path}${this.nearMiss(extra)}.`;
  }

  private nearMiss(element: XmlElement): string {
    return this.trees.knows(element.namespace) ? '' : ` (navnerom ${element.namespace || 'mangler'})`;
  }

  private particle(particle: Particle, at: Place): string | undefined {
    let found = 0;
    while (found < particle.max && at.next < at.children.length && starts(particle, at.children[at.next]!)) {
      const before = at.next;
      const fault = this.once(particle, at);
      if (fault !== undefined) return fault;
      found++;
      if (at.next === before) break;
    }
    if (found >= particle.min || optional(particle)) return undefined;
    return `${wanted(particle)} mangler i ${at.path}.`;
  }

  private once(particle: Particle, at: Place): string | undefined {
    if (particle.kind === 'any') return this.anything(at.children[at.next++]!, at.path);
    if (particle.kind === 'element') {
      const child = at.children[at.next++]!;
      return this.element(child, particle, `${at.path}/${child.name}`);
    }
    if (particle.kind === 'choice') {
      const chosen = particle.parts.find((part) => starts(part, at.children[at.next]!));
      return chosen && this.particle(chosen, at);
    }
    for (const part of particle.parts) {
      const fault = this.particle(part, at);
      if (fault !== undefined) return fault;
    }
    return undefined;
  }

  private element(
    child: XmlElement,
    { type, fixed, namespace, name }: Extract<Particle, { kind: 'element' }>,
    path: string,
  ): string | undefined {
    if (fixed !== undefined && child.text !== fixed) return `${path} skal være «${fixed}».`;
    if (type !== undefined) return this.typed(child, type, path);
    const global = this.trees.element(namespace, name);
    if (global !== undefined && fixed === undefined) return this.content(child, global, path);
    // A signature, say: the trees of other namespaces are not ours to judge.
    return this.trees.knows(namespace) ? noChildren(child, path) : undefined;
  }

  private typed(child: XmlElement, type: TypeName, path: string): string | undefined {
    if (type.name === 'any') return undefined;
    const named = this.trees.type(type);
    if (named !== undefined) return this.content(child, named, path);
    if (isSimple(type.name)) {
      return textFits(type.name, child.text) ? noChildren(child, path) : `${path} er ikke gyldig som ${type.name}.`;
    }
    const value = child.attributes['V'];
    if (value !== undefined && !valueFits(type.name, value)) return `${path}/@V er ikke gyldig som ${type.name}.`;
    if (!isCoded(type.name)) return undefined;
    return child.text === '' ? noChildren(child, path) : `Tekst hører ikke til i ${path}.`;
  }

  /** Content of other standards is looked at where it is known, and let be where it is not. */
  private anything(child: XmlElement, path: string): string | undefined {
    const global = this.trees.element(child.namespace, child.name);
    if (global !== undefined) return this.content(child, global, `${path}/${child.name}`);
    return this.trees.knows(child.namespace) ? `Elementet ${child.name} finnes ikke i ${child.namespace}.` : undefined;
  }
}

interface Place {
  readonly children: readonly XmlElement[];
  next: number;
  readonly path: string;
}

const noChildren = (element: XmlElement, path: string): string | undefined =>
  element.children.length === 0 ? undefined : `Elementet ${element.children[0]!.name} hører ikke til i ${path}.`;

function starts(particle: Particle, child: XmlElement): boolean {
  if (particle.kind === 'any') return true;
  if (particle.kind === 'element') return particle.name === child.name && particle.namespace === child.namespace;
  if (particle.kind === 'choice') return particle.parts.some((part) => starts(part, child));
  for (const part of particle.parts) {
    if (starts(part, child)) return true;
    if (!optional(part)) return false;
  }
  return false;
}

function optional(particle: Particle): boolean {
  if (particle.min === 0) return true;
  if (particle.kind === 'choice') return particle.parts.some(optional);
  return particle.kind === 'sequence' && particle.parts.every(optional);
}

function wanted(particle: Particle): string {
  if (particle.kind === 'any') return 'Innhold';
  if (particle.kind === 'element') return particle.name;
  if (particle.kind === 'choice') return particle.parts.map(wanted).join(' eller ');
  return wanted(particle.parts.find((part) => !optional(part)) ?? particle.parts[0]!);
}
