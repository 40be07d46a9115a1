import { Failure } from '../kernel/failure.js';
import { numFrom } from './json-number.js';

/** Deepest nesting of arrays and objects that is read. No FHIR resource needs half of it. */
export const depthLimit = 100;

const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const blank = /[ \t\r\n]*/y;
const plain = /[^"\\\u0000-\u001f]*/y;
const loneSurrogate = /\p{Surrogate}/u;
const escapes: Record<string, string> = { '"': '"', '\\': '\\', '/': '/', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };

/**
 * A strict JSON reader (RFC 8259) that keeps number literals, refuses duplicate names, and says where a mistake is.
 * Slower than JSON.parse: `parseJson` uses it only where something would be lost, or for the error message.
 */
export class JsonReader {
  private at = 0;
  private depth = 0;

  constructor(private readonly text: string) {}

  read(): unknown {
    this.skipBlank();
    if (this.at >= this.text.length) this.refuse('The content is empty; send a JSON object.');
    const value = this.value();
    this.skipBlank();
    if (this.at < this.text.length) this.refuse('There is more text after the end of the JSON value.');
    return value;
  }

  private value(): unknown {
    switch (this.text[this.at]) {
      case '{':
        return this.nested(() => this.object());
      case '[':
        return this.nested(() => this.array());
      case '"':
        return this.string();
      case 't':
        return this.word('true', true);
      case 'f':
        return this.word('false', false);
      case 'n':
        return this.word('null', null);
      default:
        return this.number();
    }
  }

  private nested<T>(read: () => T): T {
    this.depth += 1;
    if (this.depth > depthLimit) this.refuse(`The content is nested deeper than ${depthLimit} levels.`);
    const value = read();
    this.depth -= 1;
    return value;
  }

  private object(): Record<string, unknown> {
    const result: Record<string, unknown> = {};
    this.at += 1;
    this.skipBlank();
    if (this.take('}')) return result;
    for (;;) {
      this.member(result);
      if (this.take('}')) return result;
      if (!this.take(',')) this.refuse('Expected , or } here.');
      this.skipBlank();
    }
  }

  private member(into: Record<string, unknown>): void {
    if (this.text[this.at] !== '"') this.refuse('Expected a name in double quotes here.');
    const start = this.at;
    const name = this.string();
    if (name === '__proto__') this.refuse('The name __proto__ is not allowed.', start);
    if (Object.hasOwn(into, name))
      this.refuse(`The name ${nameForMessage(name)}occurs twice in the same object; send it once.`, start);
    this.skipBlank();
    if (!this.take(':')) this.refuse('Expected : here.');
    this.skipBlank();
    into[name] = this.value();
    this.skipBlank();
  }

  private array(): unknown[] {
    const result: unknown[] = [];
    this.at += 1;
    this.skipBlank();
    if (this.take(']')) return result;
    for (;;) {
      this.skipBlank();
      result.push(this.value());
      this.skipBlank();
      if (this.take(']')) return result;
      if (!this.take(',')) this.refuse('Expected , or ] here.');
    }
  }

  private string(): string {
    const start = this.at;
    this.at += 1;
    let result = '';
    for (;;) {
      plain.lastIndex = this.at;
      plain.test(this.text);
      result += this.text.slice(this.at, plain.lastIndex);
      this.at = plain.lastIndex;
      const character = this.text[this.at];
      if (character === undefined) this.refuse('This string has no closing quote.', start);
      this.at += 1;
      if (character === '"') break;
      if (character !== '\\')
        this.refuse('A control character in a string must be written with an escape, such as \\n.', this.at - 1);
      result += this.escape();
    }
    if (loneSurrogate.test(result))
      this.refuse('This string holds half of a surrogate pair; it is not valid Unicode.', start);
    return result;
  }

  private escape(): string {
    const letter = this.text[this.at] ?? '';
    const simple = escapes[letter];
    if (simple !== undefined) {
      this.at += 1;
      if (letter === 'b' || letter === 'f')
        this.refuse('A string may hold no control characters but tab and line breaks.', this.at - 2);
      return simple;
    }
    const hex = this.text.slice(this.at + 1, this.at + 5);
    if (letter !== 'u' || !/^[0-9a-fA-F]{4}$/.test(hex)) this.refuse('This escape is not known to JSON.', this.at - 1);
    const code = Number.parseInt(hex, 16);
    if (code < 32 && code !== 9 && code !== 10 && code !== 13) {
      this.refuse('A string may hold no control characters but tab and line breaks.', this.at - 1);
    }
    this.at += 5;
    return String.fromCharCode(code);
  }

  private number(): unknown {
    number.lastIndex = this.at;
    const literal = number.exec(this.text)?.[0];
    if (literal === undefined)
      this.refuse(this.at >= this.text.length ? 'The content ends too early.' : 'Expected a JSON value here.');
    this.at += literal.length;
    if (/[\d.eE+-]/.test(this.text[this.at] ?? ''))
      this.refuse('This is not a JSON number; write it like 36.7.', this.at - literal.length);
    return numFrom(literal);
  }

  private word<T>(word: string, value: T): T {
    if (!this.text.startsWith(word, this.at)) this.refuse('Expected a JSON value here.');
    this.at += word.length;
    return value;
  }

  private take(character: string): boolean {
    if (this.text[this.at] !== character) return false;
    this.at += 1;
    return true;
  }

  private skipBlank(): void {
    const code = this.text.charCodeAt(this.at);
    if (code !== 32 && code !== 10 && code !== 13 && code !== 9) return;
    blank.lastIndex = this.at;
    blank.test(this.text);
    this.at = blank.lastIndex;
  }

  private refuse(what: string, at = this.at): never {
    const before = this.text.slice(0, at);
    const line = before.split('\n').length;
    const column = at - before.lastIndexOf('\n');
    throw new Failure('invalid', `The content is not valid JSON at line ${line}, column ${column}: ${what}`, {
      code: 'structure',
    });
  }
}

/** A name is repeated in a message only where it looks like an element's name: it could be anything a client sent. */
const nameForMessage = (name: string): string => (/^_?[A-Za-z]{1,64}$/.test(name) ? `"${name}" ` : '');
