// https://hl7.org/fhir/R4/search_filter.html – the grammar
import { Failure } from '../../kernel/failure.js';

/** https://hl7.org/fhir/R4/search_filter.html#ops */
export const filterOperators = [
  'eq',
  'ne',
  'co',
  'sw',
  'ew',
  'gt',
  'lt',
  'ge',
  'le',
  'ap',
  'sa',
  'eb',
  'pr',
  'po',
  'ss',
  'sb',
  'in',
  'ni',
  're',
] as const;
export type FilterOperator = (typeof filterOperators)[number];

/** One name of a path; `filter`: what the resource that it refers to must fulfil as well. */
export interface FilterStep {
  readonly name: string;
  readonly filter?: FilterExpression;
}

export type FilterExpression =
  | { readonly op: 'and' | 'or'; readonly left: FilterExpression; readonly right: FilterExpression }
  | { readonly op: 'not'; readonly expression: FilterExpression }
  | {
      readonly op: 'test';
      readonly path: readonly FilterStep[];
      readonly operator: FilterOperator;
      readonly value: string;
    };

const longest = 4000;
const deepest = 20;
const mostTests = 50;
const operators: ReadonlySet<string> = new Set(filterOperators);

/**
 * The text of `_filter` → what it says. `and` binds more than `or`, as in every query language; brackets say otherwise.
 *
 * @throws Failure `invalid` with the place where it cannot be read on; `too-costly` above 4000 characters, 50 tests or 20 brackets
 */
export function readFilter(text: string): FilterExpression {
  if (text.length > longest) throw new Failure('too-costly', `_filter takes at most ${longest} characters.`);
  const reader = new FilterReader(text);
  const expression = reader.alternatives(0);
  reader.end();
  return expression;
}

class FilterReader {
  private at = 0;
  private tests = 0;

  constructor(private readonly text: string) {}

  alternatives(depth: number): FilterExpression {
    let left = this.all(depth);
    while (this.word('or')) left = { op: 'or', left, right: this.all(depth) };
    return left;
  }

  end(): void {
    this.skip();
    if (this.at < this.text.length) throw this.wrong('and, or, or the end');
  }

  private all(depth: number): FilterExpression {
    let left = this.one(depth);
    while (this.word('and')) left = { op: 'and', left, right: this.one(depth) };
    return left;
  }

  private one(depth: number): FilterExpression {
    if (depth > deepest) throw new Failure('too-costly', `_filter: at most ${deepest} brackets inside each other.`);
    this.skip();
    const negated = /^not\s*\(/.exec(this.text.slice(this.at, this.at + 50));
    if (negated !== null) this.at += negated[0].length - 1;
    if (this.text[this.at] === '(') {
      this.at += 1;
      const expression = this.alternatives(depth + 1);
      this.expect(')');
      return negated === null ? expression : { op: 'not', expression };
    }
    return this.test(depth);
  }

  private test(depth: number): FilterExpression {
    this.tests += 1;
    if (this.tests > mostTests) throw new Failure('too-costly', `_filter takes at most ${mostTests} tests.`);
    const path = [this.step(depth)];
    while (this.text[this.at] === '.') {
      this.at += 1;
      path.push(this.step(depth));
    }
    if (path.at(-1)!.filter !== undefined) throw this.wrong('. and a further name after ]');
    this.skip();
    const operator = this.take(/^[a-z]{2}(?=\s)/);
    if (operator === undefined || !operators.has(operator)) throw this.wrong(filterOperators.join(', '));
    this.skip();
    return { op: 'test', path, operator: operator as FilterOperator, value: this.value() };
  }

  private step(depth: number): FilterStep {
    const name = this.take(/^[A-Za-z_][\w-]*(?::[A-Za-z]\w*)?/);
    if (name === undefined) throw this.wrong('the name of a search parameter');
    if (this.text[this.at] !== '[') return { name };
    this.at += 1;
    const filter = this.alternatives(depth + 1);
    this.expect(']');
    return { name, filter };
  }

  private value(): string {
    if (this.text[this.at] === '"') {
      const literal = this.take(/^"(?:[^"\\]|\\.)*"/s);
      try {
        return JSON.parse(literal ?? '') as string;
      } catch {
        throw this.wrong('a JSON string');
      }
    }
    const token = this.take(/^[^\s)\]]+/);
    if (token === undefined) throw this.wrong('a value');
    return token;
  }

  private word(word: string): boolean {
    const found = /^\s+(and|or)(?=[\s(])/.exec(this.text.slice(this.at, this.at + 200)) ?? this.afterBracket();
    if (found?.[1] !== word) return false;
    this.at += found[0].length;
    return true;
  }

  /** After a bracket no space is needed. */
  private afterBracket(): RegExpExecArray | null {
    return this.text[this.at - 1] === ')'
      ? /^\s*(and|or)(?=[\s(])/.exec(this.text.slice(this.at, this.at + 200))
      : null;
  }

  private expect(letter: string): void {
    this.skip();
    if (this.text[this.at] !== letter) throw this.wrong(letter);
    this.at += 1;
  }

  private take(pattern: RegExp): string | undefined {
    const found = pattern.exec(this.text.slice(this.at))?.[0];
    if (found !== undefined) this.at += found.length;
    return found;
  }

  private skip(): void {
    while (/\s/.test(this.text[this.at] ?? '')) this.at += 1;
  }

  private wrong(expected: string): Failure {
    return new Failure('invalid', `_filter cannot be read at character ${this.at + 1}; expected is ${expected}.`, {
      code: 'value',
    });
  }
}
