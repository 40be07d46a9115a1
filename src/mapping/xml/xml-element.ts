/** A read-only element of a parsed message. HL7 v2 is turned into the same shape (hl7/hl7-tree.ts). */
export interface XmlElement {
  /** Local name, without prefix. */
  readonly name: string;
  /** Namespace URI; `''` where there is none. */
  readonly namespace: string;
  /** By local name: `V`, `S`, `DN`. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlElement[];
  /** Its own text, trimmed; `''` where it has none. */
  readonly text: string;
}

/** The first child of that local name, in whatever namespace. */
export function childOf(element: XmlElement | undefined, name: string): XmlElement | undefined {
  return element?.children.find((child) => child.name === name);
}

export function childrenOf(element: XmlElement | undefined, name: string): readonly XmlElement[] {
  return element?.children.filter((child) => child.name === name) ?? [];
}

/** Text of the element reached by local names from `element`; undefined when absent or empty. */
export function textAt(element: XmlElement | undefined, ...names: readonly string[]): string | undefined {
  const text = descend(element, names)?.text;
  return text === '' ? undefined : text;
}

/** Attribute `V` of the element reached by local names; undefined when absent or empty. */
export function valueAt(element: XmlElement | undefined, ...names: readonly string[]): string | undefined {
  const value = descend(element, names)?.attributes['V'];
  return value === '' ? undefined : value;
}

export function descend(element: XmlElement | undefined, names: readonly string[]): XmlElement | undefined {
  return names.reduce<XmlElement | undefined>((at, name) => childOf(at, name), element);
}
