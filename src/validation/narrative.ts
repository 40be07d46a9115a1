/**
 * XHTML of narratives: well-formed, only formatting elements and attributes, nothing that runs.
 * https://hl7.org/fhir/R4/narrative.html#xhtml (txt-1, txt-2)
 */
const elements = new Set(
  (
    'a abbr acronym address area b bdo big blockquote br caption cite code col colgroup dd dfn div dl dt em h1 h2 h3 h4 h5 h6 hr i ' +
    'img kbd li map ol p pre q samp small span strong sub sup table tbody td tfoot th thead tr tt ul var'
  ).split(' '),
);

const attributes = new Set(
  (
    'abbr accesskey align alt axis bgcolor border cellpadding cellspacing char charoff charset cite class clear colspan color compact ' +
    'coords dir face frame headers height href hreflang hspace id ismap lang longdesc name noshade nowrap rel rev rowspan rules scope ' +
    'shape size space span src start style summary tabindex title type usemap valign value vspace width xml:lang xml:space xmlns'
  ).split(' '),
);

const tag = /<(\/?)([A-Za-z][A-Za-z0-9]*)((?:\s+[A-Za-z_][\w:.-]*\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>/y;
const attribute = /([A-Za-z_][\w:.-]*)\s*=\s*(?:"([^"<]*)"|'([^'<]*)')/g;
const characters = /[^<&]+/y;
const entity = /&(?:amp|lt|gt|quot|apos|#[0-9]{1,7}|#x[0-9A-Fa-f]{1,6});/y;
const namespace = 'http://www.w3.org/1999/xhtml';
const deepest = 200;

/** What is wrong with a narrative's `div`, as a sentence; undefined where nothing is. Takes time linear in its length. */
export function narrativeProblem(div: string): string | undefined {
  return new NarrativeReader(div).problem();
}

class NarrativeReader {
  private at = 0;
  private readonly open: string[] = [];
  private hasContent = false;
  private closed = false;

  constructor(private readonly text: string) {}

  problem(): string | undefined {
    this.skip(/\s*/y);
    if (!/^<div[\s>]/.test(this.text.slice(this.at, this.at + 5))) return 'The narrative must be one <div> element.';
    while (this.at < this.text.length) {
      const problem = this.next();
      if (problem !== undefined) return problem;
    }
    if (!this.closed) return 'The narrative ends before its <div> is closed.';
    return this.hasContent ? undefined : 'The narrative must have some text or an image. (txt-2)';
  }

  private next(): string | undefined {
    const character = this.text[this.at];
    if (character === '&') return this.references();
    if (character !== '<') return this.content();
    if (this.text.startsWith('<!--', this.at)) return this.comment();
    const match = this.take(tag);
    if (match === null)
      return 'The narrative is not well-formed XHTML: each tag must be closed and each attribute in quotes, and < written as &lt;.';
    if (this.closed) return 'The narrative must be one <div> element, with nothing after it.';
    return match[1] === '/' ? this.endTag(match) : this.startTag(match);
  }

  private comment(): string | undefined {
    const end = this.text.indexOf('--', this.at + 4);
    if (end === -1 || this.text[end + 2] !== '>') return 'A comment in the narrative is not closed, or has -- in it.';
    this.at = end + 3;
    return undefined;
  }

  private content(): string | undefined {
    const text = this.take(characters)?.[0] ?? '';
    if (!/\S/.test(text)) return undefined;
    if (this.closed) return 'The narrative must be one <div> element, with nothing after it.';
    this.hasContent = true;
    return undefined;
  }

  private references(): string | undefined {
    if (this.take(entity) === null)
      return 'The narrative has an & that begins no entity of XML; write &amp;, and &#160; for &nbsp;.';
    this.hasContent = true;
    return undefined;
  }

  private startTag(match: RegExpExecArray): string | undefined {
    const name = match[2]!;
    if (!elements.has(name)) return `The narrative may not contain ${named(name)}; only formatting is allowed. (txt-1)`;
    const problem = attributesProblem(name, match[3]!, this.open.length === 0);
    if (problem !== undefined) return problem;
    if (name === 'img') this.hasContent = true;
    if (match[4] === '/') {
      if (this.open.length === 0) this.closed = true;
      return undefined;
    }
    this.open.push(name);
    return this.open.length > deepest ? 'The narrative is nested too deep.' : undefined;
  }

  private endTag(match: RegExpExecArray): string | undefined {
    if (match[3] !== '' || match[4] !== '' || this.open.pop() !== match[2])
      return 'The narrative is not well-formed XHTML: an end tag does not fit its start tag.';
    if (this.open.length === 0) this.closed = true;
    return undefined;
  }

  private take(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.at;
    const match = pattern.exec(this.text);
    if (match !== null) this.at = pattern.lastIndex;
    return match;
  }

  private skip(pattern: RegExp): void {
    this.take(pattern);
  }
}

function attributesProblem(element: string, text: string, isRoot: boolean): string | undefined {
  let hasNamespace = false;
  const seen = new Set<string>();
  for (const match of text.matchAll(attribute)) {
    const name = match[1]!;
    const value = match[2] ?? match[3] ?? '';
    if (!attributes.has(name))
      return `The narrative may not have the attribute ${named(name)}; nothing in it may run. (txt-1)`;
    if (seen.has(name)) return 'The narrative has the same attribute twice in one tag.';
    seen.add(name);
    if (name === 'xmlns') {
      hasNamespace = true;
      if (value !== namespace) return `The namespace of the narrative must be ${namespace}.`;
    }
    if (isLink(name) && !isHarmlessLink(value, element)) return 'The narrative has a link that runs a script. (txt-1)';
  }
  return isRoot && !hasNamespace ? `The narrative's <div> needs xmlns="${namespace}".` : undefined;
}

const isLink = (name: string): boolean =>
  name === 'href' || name === 'src' || name === 'cite' || name === 'longdesc' || name === 'usemap';

/** Links to anything but scripts; `data:` only for images. Entities and blanks that browsers ignore are looked through. */
function isHarmlessLink(value: string, element: string): boolean {
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(
    value.replace(/&#(?:x([0-9a-f]+)|([0-9]+));?/gi, decodeReference).replace(/[\u0000-\u0020]+/g, ''),
  );
  const name = scheme?.[1]?.toLowerCase();
  if (name === 'javascript' || name === 'vbscript') return false;
  return name !== 'data' || (element === 'img' && /^\s*data:image\/(?:png|gif|jpeg|webp)/i.test(value));
}

function decodeReference(_whole: string, hex: string | undefined, decimal: string | undefined): string {
  const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
  return code <= 0x10ffff ? String.fromCodePoint(code) : '';
}

const named = (name: string): string => (name.length <= 30 ? name : 'this');
