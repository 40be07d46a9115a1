// https://hl7.org/fhir/R4/search.html#_sort
import { Failure } from '../../kernel/failure.js';
import type { SortKey } from '../../search/parse/request.js';
import { paramSql } from './param-sql.js';
import { distanceSql } from './position-sql.js';
import { wordsQuery } from './words-sql.js';
import type { SearchContext } from './search-context.js';

/** How one sort parameter is read from the rows of a resource. */
export interface SortColumn {
  /** The value of `r`: null where it has none. */
  readonly value: string;
  /** Type of the value, as a cast for the cursor's. */
  readonly cast: 'bigint' | 'text' | 'numeric' | 'float8' | 'timestamptz';
  readonly descending: boolean;
  /** A column of the resource: never missing. */
  readonly always: boolean;
  /** Search rows that an index holds in this order: the walk may go along them. */
  readonly driver?: { readonly table: string; readonly column: string; readonly param: string };
}

/**
 * Of several values the lowest counts going up and the highest going down. Text sorts by its folded form.
 *
 * @param type the type searched
 */
export function sortColumn(
  r: string,
  { parameter, descending, from, score }: SortKey,
  type: string | undefined,
  context: SearchContext,
): SortColumn {
  const base = { descending, always: false };
  if (parameter.code === '_id') return { ...base, always: true, value: `${r}.id`, cast: 'text' };
  if (parameter.code === '_lastUpdated') {
    return { ...base, always: true, value: `${r}.updated`, cast: 'timestamptz' };
  }
  const best = descending ? 'max' : 'min';
  const s = context.alias('s');
  const param = (alias: string): string => paramSql(alias, type, parameter, context);
  const aggregate = (table: string, column: string, join = ''): string =>
    `(select ${best}(${column}) from ${table} ${s}${join} where ${s}.rid = ${r}.rid and ${param(s)})`;
  switch (parameter.kind) {
    case 'date': {
      const value = aggregate('sp_date', `${s}.low`);
      return { ...base, value, cast: 'bigint', driver: { table: 'sp_date', column: 'low', param: param('d') } };
    }
    case 'string': {
      const value = aggregate('sp_string', `left(${s}.value, 200)`);
      return { ...base, value, cast: 'text' };
    }
    case 'number':
    case 'quantity': {
      const value = aggregate('sp_quantity', `coalesce(${s}.canon_low, ${s}.low)`);
      return { ...base, value, cast: 'numeric' };
    }
    case 'uri': {
      const value = aggregate('sp_uri', `${s}.value`);
      return { ...base, value, cast: 'text' };
    }
    case 'reference': {
      const value = aggregate('sp_reference', `coalesce(${s}.target_id, ${s}.url, ${s}.identifier_value)`);
      return { ...base, value, cast: 'text' };
    }
    case 'token': {
      const coded = aggregate('sp_token', 'c.code', ` join dict_code c on c.id = ${s}.code`);
      const text = aggregate('sp_identifier', `${s}.value`);
      const value =
        parameter.store === 'text' ? text : parameter.store === 'code' ? coded : `coalesce(${coded}, ${text})`;
      return { ...base, value, cast: 'text' };
    }
    case 'special':
      if (from !== undefined) {
        const value = `(select min(${distanceSql(s, from, context)}) from sp_position ${s} where ${s}.rid = ${r}.rid and ${param(s)})`;
        return { ...base, value, cast: 'float8' };
      }
      if (score !== undefined) {
        const words = context.bind(wordsQuery(score), 'tsquery');
        const value = `(select ts_rank(${s}.${score.where}, ${words})::float8 from sp_text ${s} where ${s}.rid = ${r}.rid)`;
        return { ...base, value, cast: 'float8' };
      }
      throw new Failure('invalid', `_sort cannot use the parameter ${parameter.code}: its values have no order.`);
    case 'composite':
      throw new Failure('invalid', `_sort cannot use the parameter ${parameter.code}: its values have no order.`);
  }
}
