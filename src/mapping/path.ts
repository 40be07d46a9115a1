import { Failure } from '../kernel/failure.js';
import type { XmlElement } from './xml/xml-element.js';

/** Prefix → the namespace URIs it stands for (two where an older version of the standard has the same tree). */
export type Namespaces = Readonly<Record<string, readonly string[]>>;

/** One step of a path. */
export interface Step {
  readonly name: string;
  readonly namespaces: readonly string[] | undefined;
  readonly conditions: readonly Condition[];
}
export interface Condition {
  readonly path: Path;
  readonly equals: string | undefined;
  readonly negated: boolean;
}

/** A compiled source path. */
export interface Path {
  readonly text: string;
  readonly steps: readonly Step[];
  readonly attribute: string | undefined;
}

/** What a path leads to: an element, or one attribute of it. */
export interface Match {
  readonly element: XmlElement;
  readonly attribute: string | undefined;
}

/** The text of an element, or the value of the attribute. */
export function textOf(match: Match): string {
  return match.attribute === undefined ? match.element.text : (match.element.attributes[match.attribute] ?? '');
}

/**
 * Compiles the small part of XPath that the message maps use: child steps `po:Ident/fk1:Id`, a last attribute `@V`,
 * `.`, and conditions `[Heading/@V='PROB']`, `[Ident]`, `[not(Heading/@V='PROB')]`. A step without prefix is in no namespace;
 * `*` is any child, `**` the element itself and everything below it.
 *
 * @throws Failure `fault` for a path outside that grammar or with an unknown prefix: the map is wrong, not the message
 */
export function compilePath(text: string, namespaces: Namespaces): Path {
  const parts = splitOutside(text, '/').filter((part) => part !== '.' && part !== '');
  const last = parts.at(-1);
  const attribute = last?.startsWith('@') ? last.slice(1) : undefined;
  const steps = (attribute === undefined ? parts : parts.slice(0, -1)).map((part) =>
    compileStep(part, namespaces, text),
  );
  return { text, steps, attribute };
}

function compileStep(part: string, namespaces: Namespaces, whole: string): Step {
  const parsed = /^(?:([\w-]+):)?([\p{L}\p{N}_.-]+|\*\*?)((?:\[.*\])?)$/u.exec(part);
  if (parsed === null) throw new Failure('fault', `The message map has a path that cannot be read: ${whole}`);
  const [, prefix, name, brackets] = parsed;
  if (prefix !== undefined && namespaces[prefix] === undefined) {
    throw new Failure('fault', `The message map uses the prefix ${prefix} without declaring it: ${whole}`);
  }
  const conditions = [...brackets!.matchAll(/\[((?:[^\]']|'[^']*')*)\]/g)].map((found) =>
    compileCondition(found[1]!, namespaces),
  );
  return { name: name!, namespaces: prefix === undefined ? undefined : namespaces[prefix], conditions };
}

function compileCondition(text: string, namespaces: Namespaces): Condition {
  const inside = /^not\((.*)\)$/.exec(text);
  const [, path, equals] = /^(.*?)(?:='([^']*)')?$/.exec(inside?.[1] ?? text)!;
  return { path: compilePath(path!, namespaces), equals, negated: inside !== null };
}

/**
 * Every element or attribute the path leads to, in document order.
 * Elements that a condition read on the way are added to `seen`.
 */
export function select(path: Path, from: XmlElement, seen?: Set<XmlElement>): readonly Match[] {
  let at: readonly XmlElement[] = [from];
  for (const step of path.steps) {
    at =
      step.name === '**'
        ? at.flatMap(withDescendants)
        : at.flatMap((element) => element.children.filter((child) => fits(step, child, seen)));
  }
  const { attribute } = path;
  const matches = at.map((element) => ({ element, attribute }));
  return attribute === undefined ? matches : matches.filter((match) => attribute in match.element.attributes);
}

const withDescendants = (element: XmlElement): readonly XmlElement[] => [
  element,
  ...element.children.flatMap(withDescendants),
];

function fits(step: Step, element: XmlElement, seen: Set<XmlElement> | undefined): boolean {
  if (step.name !== '*') {
    if (step.name !== element.name) return false;
    if (step.namespaces === undefined ? element.namespace !== '' : !step.namespaces.includes(element.namespace))
      return false;
  }
  return step.conditions.every((condition) => holds(condition, element, seen));
}

/** Does the condition hold for the element? */
export function holds(condition: Condition, element: XmlElement, seen?: Set<XmlElement>): boolean {
  const found = select(condition.path, element);
  const meeting = condition.equals === undefined ? found : found.filter((match) => textOf(match) === condition.equals);
  if (condition.equals !== undefined) for (const match of meeting) seen?.add(match.element);
  const met = meeting.length > 0;
  return met !== condition.negated;
}

function splitOutside(text: string, separator: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let quoted = false;
  let start = 0;
  for (let index = 0; index < text.length; index++) {
    const character = text[index];
    if (character === "'") quoted = !quoted;
    else if (!quoted && character === '[') depth++;
    else if (!quoted && character === ']') depth--;
    else if (!quoted && depth === 0 && character === separator) {
      parts.push(text.slice(start, index));
      start = index + 1;
    }
  }
  parts.push(text.slice(start));
  return parts;
}
