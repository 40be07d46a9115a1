import { randomUUID } from 'node:crypto';
import type { Step } from '../path.js';
import type { Content, ElementTrees, Particle } from '../tree/element-trees.js';
import { el, type Markup } from '../xml/write-xml.js';

/** An element of a message that is being put together; its children stand in any order. */
export interface ContentNode {
  readonly namespace: string;
  readonly name: string;
  readonly attributes: Record<string, string>;
  text: string | undefined;
  readonly children: ContentNode[];
}

export const nodeOf = (namespace: string, name: string): ContentNode => ({
  namespace,
  name,
  attributes: {},
  text: undefined,
  children: [],
});

/** An element with these below it. */
export function parent(namespace: string, name: string, ...children: readonly ContentNode[]): ContentNode {
  const node = nodeOf(namespace, name);
  node.children.push(...children);
  return node;
}

/** An element with text. */
export function withText(namespace: string, name: string, text: string): ContentNode {
  const node = nodeOf(namespace, name);
  node.text = text;
  return node;
}

/** Sets the attributes of a coded value. */
export function withValue(node: ContentNode, value: string, display?: string): ContentNode {
  node.attributes['V'] = value;
  if (display !== undefined) node.attributes['DN'] = display;
  return node;
}

/**
 * The element at the steps below `node`, made where it is missing. `another`: the last step is a new element. With a condition
 * (`[po:Hendelsekode/@V='3']`) it is the one that fulfils it, and one that is made is made so.
 */
export function nodeAt(node: ContentNode, steps: readonly Step[], another: boolean): ContentNode {
  return steps.reduce((at, step, position) => {
    const namespace = step.namespaces![0]!;
    const last = position === steps.length - 1;
    const known = at.children.find(
      (child) =>
        child.name === step.name &&
        child.namespace === namespace &&
        step.conditions.every((one) => fulfils(child, one)),
    );
    if (known !== undefined && !(last && another)) return known;
    const made = nodeOf(namespace, step.name);
    at.children.push(made);
    for (const { path, equals, negated } of step.conditions) {
      if (equals === undefined || negated) continue;
      const told = nodeAt(made, path.steps, false);
      if (path.attribute === undefined) told.text = equals;
      else told.attributes[path.attribute] = equals;
    }
    return made;
  }, node);
}

function fulfils(node: ContentNode, { path, equals }: Step['conditions'][number]): boolean {
  const found = path.steps.reduce<ContentNode | undefined>(
    (at, { name, namespaces }) =>
      at?.children.find((child) => child.name === name && child.namespace === namespaces?.[0]),
    node,
  );
  return (path.attribute === undefined ? found?.text : found?.attributes[path.attribute]) === equals;
}

/** Prefixes of the namespaces that content is written in; the root gets the declarations. */
export type Prefixes = Readonly<Record<string, string>>;

/**
 * The element as XML: children in the order of the standard, fixed attributes and component ids filled in, and attributes
 * left out that the type of the element does not have (`S` of a CS). An element that the standard does not have there is
 * left out.
 */
export function contentMarkup(
  root: ContentNode,
  trees: ElementTrees,
  { prefixes, newId = randomUUID }: { readonly prefixes: Prefixes; readonly newId?: () => string },
): Markup | undefined {
  const nameOf = (namespace: string, name: string): string => {
    const prefix = prefixes[namespace] ?? '';
    return prefix === '' ? name : `${prefix}:${name}`;
  };
  const meta = 'http://www.kith.no/xmlstds/epj/meta/2008-02-20';
  const markup = (
    node: ContentNode,
    content: Content | undefined,
    declared: Record<string, string>,
  ): Markup | undefined => {
    const places = content?.particle === undefined ? [] : placesOf(content.particle);
    const fixed = (content?.attributes ?? []).map(({ name, fixed: value }): [string, string] => [
      name === 'komponentID' ? name : nameOf(meta, name),
      value ?? (name === 'komponentID' ? newId() : (node.attributes[name] ?? '')),
    ]);
    const children = node.children
      .map((child) => ({ child, at: places.findIndex((place) => is(place, child)) }))
      .filter(({ at }) => at >= 0)
      .toSorted((a, b) => a.at - b.at)
      .map(({ child, at }) => {
        const place = places[at]!;
        return place.kind === 'any'
          ? markup(child, trees.element(child.namespace, child.name), {})
          : markup(onlyIts(child, place.type?.name), contentOf(place, trees), {});
      });
    return el(nameOf(node.namespace, node.name), { ...declared, ...Object.fromEntries(fixed), ...own(node, content) }, [
      node.text,
      ...children,
    ]);
  };
  const declarations = Object.fromEntries(
    Object.entries(prefixes).map(([namespace, prefix]) => [prefix === '' ? 'xmlns' : `xmlns:${prefix}`, namespace]),
  );
  return markup(root, trees.element(root.namespace, root.name), declarations);
}

type ElementParticle = Extract<Particle, { kind: 'element' }>;

type Place = Exclude<Particle, { kind: 'sequence' | 'choice' }>;

function placesOf(particle: Particle): readonly Place[] {
  return particle.kind === 'element' || particle.kind === 'any' ? [particle] : particle.parts.flatMap(placesOf);
}

const is = (place: Place, child: ContentNode): boolean =>
  place.kind === 'any' || (place.name === child.name && place.namespace === child.namespace);

const contentOf = ({ type, namespace, name }: ElementParticle, trees: ElementTrees): Content | undefined =>
  type === undefined ? trees.element(namespace, name) : trees.type(type);

/** CS has `V` and `DN` only. */
const onlyIts = (node: ContentNode, type: string | undefined): ContentNode =>
  type === 'CS'
    ? {
        ...node,
        attributes: Object.fromEntries(
          Object.entries(node.attributes).filter(([name]) => name === 'V' || name === 'DN'),
        ),
      }
    : node;

const own = (node: ContentNode, content: Content | undefined): Record<string, string> => {
  const required = new Set(content?.attributes.map(({ name }) => name));
  return Object.fromEntries(Object.entries(node.attributes).filter(([name]) => !required.has(name)));
};
