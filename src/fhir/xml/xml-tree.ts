// https://www.w3.org/TR/xml/, https://www.w3.org/TR/xml-names/
import { Failure } from '../../kernel/failure.js';
import { depthLimit } from '../json-reader.js';
import { unescapeXml } from './escapes.js';
import { withSafeXml } from './safe-document.js';

export const fhirNamespace = 'http://hl7.org/fhir';
export const xhtmlNamespace = 'http://www.w3.org/1999/xhtml';

/** An element. Comments and processing instructions are left out. */
export interface XmlNode {
  /** Without prefix. */
  readonly name: string;
  readonly namespace: string;
  readonly attributes: XmlAttributes;
  readonly children: XmlNode[];
  /** All its own text, one piece. */
  text: string;
  /** Of an element of XHTML: its source, unprefixed and with its namespace declared. It then has no children. */
  readonly markup?: string;
  readonly prefixes: Prefixes;
}

/**
 * The attributes of one element by name as written, without the declarations of namespaces. Nearly every element has one or
 * two: a list of names and values takes a tenth of the memory of a Map.
 */
export class XmlAttributes {
  constructor(private readonly pairs: string[] = []) {}

  get(name: string): string | undefined {
    for (let at = 0; at < this.pairs.length; at += 2) if (this.pairs[at] === name) return this.pairs[at + 1];
    return undefined;
  }

  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  set(name: string, value: string): void {
    this.delete(name);
    this.pairs.push(name, value);
  }

  delete(name: string): void {
    for (let at = 0; at < this.pairs.length; at += 2) if (this.pairs[at] === name) this.pairs.splice(at, 2);
  }

  forEach(visit: (name: string, value: string) => void): void {
    for (let at = 0; at < this.pairs.length; at += 2) visit(this.pairs[at]!, this.pairs[at + 1]!);
  }

  copy(): XmlAttributes {
    return new XmlAttributes([...this.pairs]);
  }
}

/** Namespaces by prefix, `''` the default one. */
export type Prefixes = ReadonlyMap<string, string>;

/**
 * XML text → its root element.
 *
 * libxml2 says whether the text is well-formed; what is read here need not be doubted any more. Reading the source once more
 * is faster than asking the parser's tree for each of its nodes, and keeps a narrative as it was written.
 *
 * @throws Failure `invalid` where it is not well-formed, has a DOCTYPE, says another encoding than UTF-8, or is too deep
 */
export function readXmlTree(text: string): XmlNode {
  const source = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  const encoding = /^<\?xml[^>]*?\sencoding\s*=\s*["']([^"']*)/.exec(source)?.[1];
  if (encoding !== undefined && !/^(utf-?8|us-ascii)$/i.test(encoding))
    throw new Failure('invalid', 'FHIR is always in UTF-8; the XML declaration says another encoding.', {
      code: 'structure',
    });
  withSafeXml(source, 'The content', () => undefined);
  return new TreeReader(source).root();
}

const none: Prefixes = new Map([['xml', 'http://www.w3.org/XML/1998/namespace']]);

class TreeReader {
  private at = 0;

  constructor(private readonly source: string) {}

  root(): XmlNode {
    for (;;) {
      this.at = this.source.indexOf('<', this.at);
      if (!this.skipUnread()) return this.element(none, 0);
    }
  }

  /** A comment or processing instruction at the position is passed over. */
  private skipUnread(): boolean {
    if (this.source.startsWith('<!--', this.at)) this.at = this.source.indexOf('-->', this.at + 4) + 3;
    else if (this.source.startsWith('<?', this.at)) this.at = this.source.indexOf('?>', this.at + 2) + 2;
    else return false;
    return true;
  }

  private element(outer: Prefixes, depth: number): XmlNode {
    if (depth >= depthLimit)
      throw new Failure('invalid', `The content is nested deeper than ${depthLimit} levels.`, { code: 'structure' });
    const start = this.at;
    this.at += 1;
    const qualified = this.name();
    const attributes = new XmlAttributes();
    const prefixes = this.attributes(attributes, outer);
    const isEmpty = this.tagEnd();
    const colon = qualified.indexOf(':');
    const prefix = colon === -1 ? '' : qualified.slice(0, colon);
    const name = colon === -1 ? qualified : qualified.slice(colon + 1);
    const namespace = prefixes.get(prefix) ?? '';
    if (namespace === xhtmlNamespace) {
      if (!isEmpty) this.skipContent();
      const markup = unprefixed(this.source.slice(start, this.at), prefix);
      return { name, namespace, attributes, children: [], text: '', markup, prefixes };
    }
    const node = { name, namespace, attributes, children: [], text: '', prefixes };
    if (!isEmpty) this.content(node, depth);
    return node;
  }

  /** Passes over the end of a start tag; whether the element ends with it. */
  private tagEnd(): boolean {
    const isEmpty = this.source.charCodeAt(this.at) === slash;
    this.at += isEmpty ? 2 : 1;
    return isEmpty;
  }

  private attributes(into: XmlAttributes | undefined, outer: Prefixes): Prefixes {
    let prefixes: Map<string, string> | undefined;
    for (;;) {
      this.skipBlank();
      const code = this.source.charCodeAt(this.at);
      if (code === greater || code === slash) return prefixes ?? outer;
      const name = this.name();
      this.skipBlank();
      this.at += 1;
      this.skipBlank();
      const end = this.source.indexOf(this.source[this.at]!, this.at + 1);
      // https://www.w3.org/TR/xml/#AVNormalize
      const raw = this.source.slice(this.at + 1, end);
      const value = unescapeXml(lineBreak.test(raw) ? raw.replace(/\r\n|[\t\n\r]/g, ' ') : raw);
      this.at = end + 1;
      if (name !== 'xmlns' && !name.startsWith('xmlns:')) into?.set(name, value);
      else (prefixes ??= new Map(outer)).set(name.slice(6), value);
    }
  }

  private content(node: XmlNode, depth: number): void {
    for (;;) {
      const next = this.source.indexOf('<', this.at);
      if (next > this.at) node.text += unescapeXml(lineEnds(this.source.slice(this.at, next)));
      this.at = next;
      const second = this.source[next + 1];
      if (second === '/') {
        this.at = this.source.indexOf('>', next) + 1;
        return;
      }
      if (this.source.startsWith('<![CDATA[', next)) {
        const end = this.source.indexOf(']]>', next);
        node.text += lineEnds(this.source.slice(next + 9, end));
        this.at = end + 3;
      } else if (!this.skipUnread()) node.children.push(this.element(node.prefixes, depth + 1));
    }
  }

  /** To the end of the element whose start tag has just been read. */
  private skipContent(): void {
    for (let open = 1; open > 0; ) {
      this.at = this.source.indexOf('<', this.at);
      if (this.source[this.at + 1] === '/') {
        this.at = this.source.indexOf('>', this.at) + 1;
        open -= 1;
      } else if (this.source.startsWith('<![CDATA[', this.at)) this.at = this.source.indexOf(']]>', this.at) + 3;
      else if (!this.skipUnread()) {
        this.at += 1;
        this.name();
        this.attributes(undefined, none);
        open += this.tagEnd() ? 0 : 1;
      }
    }
  }

  /** Up to a blank, `=`, `/` or `>`. */
  private name(): string {
    const start = this.at;
    for (;;) {
      const code = this.source.charCodeAt(this.at);
      if (code <= 32 || code === equals || code === slash || code === greater) return this.source.slice(start, this.at);
      this.at += 1;
    }
  }

  private skipBlank(): void {
    while (this.source.charCodeAt(this.at) <= 32) this.at += 1;
  }
}

const [slash, equals, greater] = [0x2f, 0x3d, 0x3e] as const;
const lineBreak = /[\t\n\r]/;
const lineEnds = (text: string): string => (text.includes('\r') ? text.replace(/\r\n?/g, '\n') : text);

/** A narrative as JSON carries it: no prefixes, no CDATA, its namespace on the outermost element. */
function unprefixed(source: string, prefix: string): string {
  let markup = source.replace(/<!\[CDATA\[([\s\S]*?)\]\]>/g, (_, text: string) =>
    text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;'),
  );
  if (prefix !== '')
    markup = markup
      .replaceAll(`<${prefix}:`, '<')
      .replaceAll(`</${prefix}:`, '</')
      .replace(new RegExp(`\\sxmlns:${prefix.replace(/[.\\-]/g, '\\$&')}\\s*=\\s*("[^"]*"|'[^']*')`, 'g'), '');
  const head = markup.slice(0, markup.indexOf('>'));
  return /\sxmlns\s*=/.test(head) ? markup : markup.replace(/^<[^\s/>]+/, `$& xmlns="${xhtmlNamespace}"`);
}
