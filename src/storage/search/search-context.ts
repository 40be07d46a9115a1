import type { RowScope } from '../../access/row-scope.js';
import type { SearchRegistry } from '../../search/registry.js';
import type { Queryable } from '../pool.js';
import type { Dictionary } from '../dictionary.js';
import { containedName, containedParam, mostContained } from '../../search/contained-param.js';
import { scopeCondition } from '../scope-condition.js';
import type { SearchIds } from './search-ids.js';

/** What searching needs beside the database. */
export interface SearchDeps {
  readonly dictionary: Dictionary;
  readonly registry: SearchRegistry;
  /** Plans a statement once: for those whose best plan does not depend on the values. Absent inside a transaction. */
  readonly planned?: Queryable;
  /** The index of texts; absent where a search is part of a change. */
  readonly texts?: { upToDate(): Promise<void> };
}

/** One statement while it is put together. Values are only ever `$n`. */
export class SearchContext {
  private aliases = 0;
  /** Conditions ask what is contained at this place of the resource, not the resource. */
  private place: number | undefined;

  constructor(
    readonly deps: SearchDeps,
    readonly ids: SearchIds,
    readonly scope: RowScope,
    readonly params: unknown[] = [],
  ) {}

  /** Adds a value and gives its place, with a cast: `$3::bigint[]`. */
  bind(value: unknown, cast?: string): string {
    const place = `$${this.params.push(value)}`;
    return cast === undefined ? place : `${place}::${cast}`;
  }

  /** The finished statement: values of conditions that were dropped again (nothing could match them) are left out. */
  statement(text: string): { readonly text: string; readonly values: unknown[] } {
    const used = new Set([...text.matchAll(/\$(\d+)/g)].map((place) => Number(place[1])));
    if (used.size === this.params.length) return { text, values: this.params };
    const order = [...used].sort((a, b) => a - b);
    const places = new Map(order.map((old, index) => [old, index + 1]));
    return {
      text: text.replace(/\$(\d+)/g, (_, old: string) => `$${places.get(Number(old))}`),
      values: order.map((old) => this.params[old - 1]),
    };
  }

  /** What is put together inside asks what is contained at a place; undefined: the resources themselves. */
  within<T>(place: number | undefined, work: () => T): T {
    const outside = this.place;
    this.place = place;
    try {
      return work();
    } finally {
      this.place = outside;
    }
  }

  get isContained(): boolean {
    return this.place !== undefined;
  }

  /** The dictionary id under which the rows of a parameter lie. */
  paramId(type: string, code: string): number | undefined {
    const { dictionary } = this.deps;
    return this.place === undefined
      ? dictionary.paramId(type, code)
      : dictionary.paramId('*', containedParam(this.place, type, code));
  }

  /** The places at which some resource contains one of the type, each with the parameter of its id. */
  containedPlaces(type: string): readonly { readonly place: number; readonly param: number }[] {
    return Array.from({ length: mostContained }, (_, place) => ({
      place,
      param: this.deps.dictionary.paramId('*', containedName(place, type)),
    })).filter((one): one is { place: number; param: number } => one.param !== undefined);
  }

  /** The dictionary id under which the id of what is contained lies. */
  containedId(type: string): number | undefined {
    return this.place === undefined ? undefined : this.deps.dictionary.paramId('*', containedName(this.place, type));
  }

  /** A table alias that is not used yet in the statement. */
  alias(letter: string): string {
    this.aliases += 1;
    return `${letter}${this.aliases}`;
  }

  /** Condition: `alias` (a `resource`) is current, of the type, and within what the caller may see. */
  visible(alias: string, type: string): string {
    const id = this.deps.dictionary.typeId(type);
    if (id === undefined) return 'false';
    const scope = scopeCondition(alias, type, this.scope, this.params, this.deps.dictionary);
    if (scope === 'false') return 'false';
    return `${alias}.type = ${id} and ${alias}.content is not null${scope === 'true' ? '' : ` and ${scope}`}`;
  }

  /** As `visible`, for several types at once. Types with the same rule share a condition. */
  visibleAmong(alias: string, types: Iterable<string>): string {
    const byRule = new Map<string, number[]>();
    for (const type of types) {
      const id = this.deps.dictionary.typeId(type);
      if (id === undefined) continue;
      const rule = scopeCondition(alias, type, this.scope, this.params, this.deps.dictionary);
      if (rule !== 'false') byRule.set(rule, [...(byRule.get(rule) ?? []), id]);
    }
    if (byRule.size === 0) return 'false';
    const rules = [...byRule].map(
      ([rule, ids]) => `(${alias}.type in (${ids.join(', ')})${rule === 'true' ? '' : ` and ${rule}`})`,
    );
    return `${alias}.content is not null and (${rules.join(' or ')})`;
  }
}
