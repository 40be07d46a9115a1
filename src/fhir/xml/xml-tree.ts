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
  /** By name as written; declarations of namespaces are not among them. */
  readonly attributes: Map<string, string>;
  readonly children: XmlNode[];
  /** All its own text, one piece. */
  text: string;
  /** Of an element of XHTML: its source, unprefixed and with its namespace declared. It then has no children. */
  readonly markup?: string;
  readonly prefixes: Prefixes;
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

const blank = /\s*/y;
const nameOf = /[^\s=/>]+/y;
const none: ReadonlyMap<string, string> = new Map([['xml', 'http://www.w3.org/XML/1998/namespace']]);

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
    const { qualified, attributes, prefixes, isEmpty } = this.startTag(outer);
    const [prefix, name] = split(qualified);
    const node = { name, namespace: prefixes.get(prefix) ?? '', attributes, children: [], text: '', prefixes };
    if (node.namespace !== xhtmlNamespace) {
      if (!isEmpty) this.content(node, depth);
      return node;
    }
    if (!isEmpty) this.skipContent();
    return { ...node, markup: unprefixed(this.source.slice(start, this.at), prefix) };
  }

  private startTag(outer: Prefixes): ReturnType<TreeReader['attributes']> & { qualified: string; isEmpty: boolean } {
    this.at += 1;
    const qualified = this.take(nameOf);
    const read = this.attributes(outer);
    const isEmpty = this.source[this.at] === '/';
    this.at += isEmpty ? 2 : 1;
    return { ...read, qualified, isEmpty };
  }

  private attributes(outer: Prefixes): { attributes: Map<string, string>; prefixes: Prefixes } {
    const attributes = new Map<string, string>();
    let prefixes: Map<string, string> | undefined;
    for (;;) {
      this.take(blank);
      const character = this.source[this.at];
      if (character === '>' || character === '/') return { attributes, prefixes: prefixes ?? outer };
      const name = this.take(nameOf);
      this.take(blank);
      this.at += 1;
      this.take(blank);
      const end = this.source.indexOf(this.source[this.at]!, this.at + 1);
      // https://www.w3.org/TR/xml/#AVNormalize
      const raw = this.source.slice(this.at + 1, end);
      const value = unescapeXml(/[\t\n\r]/.test(raw) ? raw.replace(/\r\n|[\t\n\r]/g, ' ') : raw);
      this.at = end + 1;
      if (name !== 'xmlns' && !name.startsWith('xmlns:')) attributes.set(name, value);
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
      } else if (!this.skipUnread()) (node.children as XmlNode[]).push(this.element(node.prefixes, depth + 1));
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
      else if (!this.skipUnread()) open += this.startTag(none).isEmpty ? 0 : 1;
    }
  }

  private take(pattern: RegExp): string {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.source)?.[0] ?? '';
    this.at += found.length;
    return found;
  }
}

const lineEnds = (text: string): string => (text.includes('\r') ? text.replace(/\r\n?/g, '\n') : text);

function split(qualified: string): [string, string] {
  const colon = qualified.indexOf(':');
  return colon === -1 ? ['', qualified] : [qualified.slice(0, colon), qualified.slice(colon + 1)];
}

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
