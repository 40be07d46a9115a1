// https://www.rfc-editor.org/rfc/rfc5261#section-4.1
import { Failure } from '../../kernel/failure.js';
import type { Prefixes, XmlNode } from './xml-tree.js';

/** One node of a document: an element, or an attribute of one. */
export interface Selected {
  readonly node: XmlNode;
  /** Absent for the root element. */
  readonly parent?: XmlNode;
  readonly attribute?: string;
}

interface NameTest {
  /** `*` for any. */
  readonly name: string;
  /** Undefined: any. */
  readonly namespace: string | undefined;
}

type Predicate =
  | { readonly position: number }
  | { readonly path: readonly NameTest[]; readonly attribute?: string; readonly value?: string };

interface Step extends NameTest {
  readonly predicates: readonly Predicate[];
}

const longest = 2000;
const token = /\s*(?:([\w.-]+:)?([\w.-]+|\*)|(\/\/?)|(@)|(\[)|(\])|(=)|('[^']*'|"[^"]*"))/y;

/**
 * The one node that a selector of an XML Patch locates: steps by name or `*`, with predicates of a position, an attribute, a child
 * or a path to one, and an attribute at the end. Of XPath no more is taken, so a selector costs no more than its length says.
 *
 * @throws Failure `unprocessable` where it locates none or several; `invalid` where it cannot be read
 */
export function selectOne(root: XmlNode, selector: string, prefixes: Prefixes): Selected {
  const { steps, attribute } = new SelectorReader(selector, prefixes).read();
  let found: Selected[] = steps.length > 0 ? chosen([{ node: root }], steps[0]!) : [];
  for (const step of steps.slice(1))
    found = found.flatMap(({ node }) =>
      chosen(
        node.children.map((child) => ({ node: child, parent: node })),
        step,
      ),
    );
  if (attribute !== undefined) found = found.filter(({ node }) => node.attributes.has(attribute));
  if (found.length !== 1)
    throw new Failure(
      'unprocessable',
      found.length === 0 ? 'There is nothing at its sel.' : 'Its sel locates more than one node.',
    );
  return attribute === undefined ? found[0]! : { ...found[0]!, attribute };
}

const matches = ({ name, namespace }: NameTest, node: XmlNode): boolean =>
  (name === '*' || node.name === name) && (namespace === undefined || node.namespace === namespace);

function chosen(candidates: readonly Selected[], step: Step): Selected[] {
  let left = candidates.filter(({ node }) => matches(step, node));
  for (const predicate of step.predicates)
    left =
      'position' in predicate
        ? left.slice(predicate.position - 1, predicate.position)
        : left.filter(({ node }) => holds(node, predicate));
  return left;
}

function holds(node: XmlNode, { path, attribute, value }: Exclude<Predicate, { position: number }>): boolean {
  let found: readonly XmlNode[] = [node];
  for (const step of path) found = found.flatMap((one) => one.children.filter((child) => matches(step, child)));
  const values = found.flatMap((one) => {
    const text = attribute === undefined ? one.text : one.attributes.get(attribute);
    return text === undefined ? [] : [text];
  });
  return value === undefined ? values.length > 0 : values.includes(value);
}

class SelectorReader {
  private at = 0;

  constructor(
    private readonly text: string,
    private readonly prefixes: Prefixes,
  ) {}

  read(): { steps: readonly Step[]; attribute?: string } {
    if (this.text.length > longest) throw this.unreadable();
    const steps: Step[] = [];
    this.take('/');
    for (;;) {
      if (this.take('@')) return { steps, attribute: this.end(this.attributeName()) };
      const test = this.nameTest();
      const predicates: Predicate[] = [];
      while (this.take('[')) predicates.push(this.predicate());
      steps.push({ ...test, predicates });
      if (!this.take('/')) return this.end({ steps });
    }
  }

  private predicate(): Predicate {
    const number = /\s*([1-9]\d{0,5})\s*\]/y;
    number.lastIndex = this.at;
    const position = number.exec(this.text)?.[1];
    if (position !== undefined) {
      this.at = number.lastIndex;
      return { position: Number(position) };
    }
    const path: NameTest[] = [];
    let attribute: string | undefined;
    do {
      if (this.take('@')) {
        attribute = this.attributeName();
        break;
      }
      const test = this.nameTest();
      if (test.name !== '.') path.push(test);
    } while (this.take('/'));
    const value = this.take('=') ? this.literal() : undefined;
    if (!this.take(']')) throw this.unreadable();
    return { path, ...(attribute === undefined ? {} : { attribute }), ...(value === undefined ? {} : { value }) };
  }

  private next(): RegExpExecArray {
    token.lastIndex = this.at;
    const match = token.exec(this.text);
    if (match === null) throw this.unreadable();
    return match;
  }

  /** Whether this sign comes next; it is then passed over. */
  private take(sign: string): boolean {
    const blank = /\s*/y;
    blank.lastIndex = this.at;
    blank.test(this.text);
    if (!this.text.startsWith(sign, blank.lastIndex)) return false;
    this.at = blank.lastIndex + sign.length;
    return true;
  }

  private nameTest(): NameTest {
    const [whole, prefix, name] = this.next();
    if (name === undefined) throw this.unreadable();
    this.at += whole.length;
    // Functions and axes have a sign after their name that no name test has.
    if (/[(:]/.test(this.text[this.at] ?? '')) throw this.unreadable();
    if (prefix === undefined) return { name, namespace: name === '*' ? undefined : this.prefixes.get('') };
    const namespace = this.prefixes.get(prefix.slice(0, -1));
    if (namespace === undefined) throw this.unreadable();
    return { name, namespace };
  }

  private attributeName(): string {
    const { name } = this.nameTest();
    return name;
  }

  private literal(): string {
    const match = this.next();
    const quoted = match[8];
    if (quoted === undefined) throw this.unreadable();
    this.at += match[0].length;
    return quoted.slice(1, -1);
  }

  private end<T>(result: T): T {
    if (this.text.slice(this.at).trim() !== '') throw this.unreadable();
    return result;
  }

  private unreadable(): Failure {
    return new Failure(
      'invalid',
      'Its sel cannot be read; write a path such as f:Patient/f:name[1]/f:family/@value, with declared prefixes.',
      { code: 'structure' },
    );
  }
}
