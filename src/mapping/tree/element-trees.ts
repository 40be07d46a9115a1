import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../../kernel/failure.js';

/** What may stand in an element: other elements in order, a choice of them, anything. */
export type Particle =
  | {
      readonly kind: 'element';
      readonly namespace: string;
      readonly name: string;
      /** Where its content is described; undefined for text. */
      readonly type: TypeName | undefined;
      readonly fixed: string | undefined;
      readonly min: number;
      readonly max: number;
    }
  | {
      readonly kind: 'sequence' | 'choice';
      readonly parts: readonly Particle[];
      readonly min: number;
      readonly max: number;
    }
  | { readonly kind: 'any'; readonly min: number; readonly max: number };

/** `Anslag:boolean` names a simple type, `Kontaktenhet:fk1:Organisation` a type of another namespace. */
export interface TypeName {
  readonly namespace: string;
  readonly name: string;
}
export interface RequiredAttribute {
  readonly name: string;
  readonly fixed: string | undefined;
}
/** Content of an element or a named type. */
export interface Content {
  readonly particle: Particle | undefined;
  readonly attributes: readonly RequiredAttribute[];
  /** `base64Binary` and the like, for an element without children. */
  readonly simple: string | undefined;
}

/** The element trees of the message standards, by namespace. */
export interface ElementTrees {
  /** Is the namespace one of those described? */
  knows(namespace: string): boolean;
  /** Content of a global element; undefined when the namespace does not have it. */
  element(namespace: string, name: string): Content | undefined;
  /** Content of a named type; undefined for simple types. */
  type(name: TypeName): Content | undefined;
}

/**
 * Reads `<folder>/*.txt`, one namespace each, in the notation of the message standards' own overviews:
 *
 *     namespace http://www.kith.no/xmlstds/po/Pasientlogistikk/2012-04-01
 *     prefix po http://www.kith.no/xmlstds/po/poKomponent/2012-04-01
 *     MeldingOmUtskrevetPasient = po:UtskrevetTil, po:TidsfestetHendelse, po:InfoInformasjonGitt?
 *     type Ident = Id, TypeId:CV
 *
 * `?` 0–1, `*` 0–n, `+` 1–n; `,` in that order, `|` one of; `:type`; `@name` a required attribute; `="…"` a fixed value.
 *
 * @throws Failure `fault` naming the file and line that cannot be read
 */
export function loadElementTrees(folder: string): ElementTrees {
  const elements = new Map<string, Content>();
  const types = new Map<string, Content>();
  const namespaces = new Set<string>();
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.txt'))) {
    const lines = readFileSync(join(folder, file), 'utf8').split('\n');
    const prefixes = new Map<string, string>();
    let namespace = '';
    for (const line of lines.filter((one) => one !== '')) {
      const [, keyword, rest] = /^(namespace|prefix|type)? ?(.*)$/.exec(line)!;
      if (keyword === 'namespace') {
        namespaces.add((namespace = rest!));
      } else if (keyword === 'prefix') {
        const [prefix, uri] = rest!.split(' ');
        prefixes.set(prefix!, uri!);
      } else {
        const [name, body] = split(rest!, file);
        (keyword === 'type' ? types : elements).set(
          `${namespace}#${name}`,
          new Reader(body, { namespace, prefixes }, file).content(),
        );
      }
    }
  }
  return {
    knows: (namespace) => namespaces.has(namespace),
    element: (namespace, name) => elements.get(`${namespace}#${name}`),
    type: ({ namespace, name }) => types.get(`${namespace}#${name}`),
  };
}

function split(line: string, file: string): readonly [name: string, body: string] {
  const at = line.indexOf(' = ');
  if (at < 0) throw new Failure('fault', `The element tree ${file} has a line that cannot be read: ${line}`);
  return [line.slice(0, at), line.slice(at + 3)];
}

interface Names {
  readonly namespace: string;
  readonly prefixes: ReadonlyMap<string, string>;
}

const token = /\s*(<\w+>|@[\w]+|[\p{L}\p{N}_.-]+|"[^"]*"|[(),|?*+:=])/uy;

/** Recursive descent over one body. */
class Reader {
  private readonly tokens: string[] = [];
  private at = 0;

  constructor(
    body: string,
    private readonly names: Names,
    private readonly file: string,
  ) {
    token.lastIndex = 0;
    for (let end = 0; end < body.length; end = token.lastIndex) {
      const found = token.exec(body);
      if (found === null) throw this.wrong(body);
      this.tokens.push(found[1]!);
    }
  }

  content(): Content {
    const simple = /^<(?!any)(\w+)>$/.exec(this.tokens[0]!)?.[1];
    if (simple !== undefined) return { particle: undefined, attributes: [], simple };
    const attributes: RequiredAttribute[] = [];
    const particle = this.list(attributes);
    if (this.at < this.tokens.length) throw this.wrong(this.tokens.join(' '));
    return { particle, attributes, simple: undefined };
  }

  private list(attributes: RequiredAttribute[]): Particle | undefined {
    const parts: Particle[] = [];
    let choice = false;
    do {
      if (this.peek()?.startsWith('@')) attributes.push({ name: this.next().slice(1), fixed: this.fixed() });
      else parts.push(this.item(attributes));
      choice ||= this.peek() === '|';
    } while (this.take(',') || this.take('|'));
    return parts.length === 0 ? undefined : { kind: choice ? 'choice' : 'sequence', parts, min: 1, max: 1 };
  }

  private item(attributes: RequiredAttribute[]): Particle {
    if (this.take('(')) {
      const inner = this.list(attributes);
      if (inner === undefined || !this.take(')')) throw this.wrong('()');
      return { ...inner, ...this.occurs() };
    }
    const first = this.next();
    if (first === '<any>') return { kind: 'any', ...this.occurs() };
    let { namespace } = this.names;
    let name = first;
    const prefix = this.names.prefixes.get(first);
    if (prefix !== undefined && this.take(':')) {
      namespace = prefix;
      name = this.next();
    }
    const occurs = this.occurs();
    const type = this.take(':') ? this.typeName() : undefined;
    return { kind: 'element', namespace, name, type, fixed: this.fixed(), ...occurs };
  }

  private typeName(): TypeName {
    const first = this.next();
    const namespace = this.names.prefixes.get(first);
    if (namespace !== undefined && this.take(':')) return { namespace, name: this.next() };
    return { namespace: this.names.namespace, name: first };
  }

  private occurs(): { readonly min: number; readonly max: number } {
    if (this.take('?')) return { min: 0, max: 1 };
    if (this.take('*')) return { min: 0, max: Number.POSITIVE_INFINITY };
    return this.take('+') ? { min: 1, max: Number.POSITIVE_INFINITY } : { min: 1, max: 1 };
  }

  private fixed(): string | undefined {
    return this.take('=') ? this.next().slice(1, -1) : undefined;
  }

  private peek(): string | undefined {
    return this.tokens[this.at];
  }

  private next(): string {
    const found = this.tokens[this.at++];
    if (found === undefined) throw this.wrong(this.tokens.join(' '));
    return found;
  }

  private take(wanted: string): boolean {
    if (this.peek() !== wanted) return false;
    this.at++;
    return true;
  }

  private wrong(text: string): Failure {
    return new Failure('fault', `The element tree ${this.file} has a line that cannot be read: ${text}`);
  }
}
