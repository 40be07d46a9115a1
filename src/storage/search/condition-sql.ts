import type {
  DateValue,
  MatchCondition,
  MissingCondition,
  OfTypeValue,
  QuantityValue,
  StringValue,
  TokenValue,
  UriValue,
  Condition,
} from '../../search/parse/request.js';
import type { SearchParameter } from '../../search/parameter.js';
import { chainSql, hasSql } from './chain-sql.js';
import { paramSql } from './param-sql.js';
import { referenceSql } from './reference-sql.js';
import {
  dateRow,
  identifierRows,
  ofTypeRows,
  quantityRow,
  stringRow,
  tokenRows,
  updatedColumn,
  uriRows,
} from './row-conditions.js';
import type { SearchContext } from './search-context.js';

/** A condition on the resource `r` as SQL. `false` where nothing can match. */
export function conditionSql(r: string, condition: Condition, context: SearchContext): string {
  switch (condition.op) {
    case 'match':
      return condition.not ? negated(matchSql(r, condition, context)) : matchSql(r, condition, context);
    case 'missing':
      return missingSql(r, condition, context);
    case 'chain':
      return chainSql(r, condition, context, conditionSql);
    case 'has':
      return hasSql(r, condition, context, conditionSql);
    case 'all':
      return joined(
        condition.conditions.map((inner) => conditionSql(r, inner, context)),
        'and',
      );
    case 'any':
      return joined(
        condition.conditions.map((inner) => conditionSql(r, inner, context)),
        'or',
      );
  }
}

const negated = (sql: string): string => (sql === 'false' ? 'true' : `not (${sql})`);

function joined(conditions: readonly string[], word: 'and' | 'or'): string {
  const absorbing = word === 'and' ? 'false' : 'true';
  if (conditions.includes(absorbing)) return absorbing;
  const left = conditions.filter((condition) => condition !== 'true' && condition !== 'false');
  if (left.length === 0) return word === 'and' ? 'true' : 'false';
  return left.length === 1 ? left[0]! : `(${left.join(` ${word} `)})`;
}

function matchSql(r: string, condition: MatchCondition, context: SearchContext): string {
  const { parameter, type } = condition;
  if (parameter.code === '_id')
    return `${r}.id = any (${context.bind(
      (condition.values as readonly TokenValue[]).map((value) => value.code ?? ''),
      'text[]',
    )})`;
  if (parameter.code === '_lastUpdated')
    return joined(
      (condition.values as readonly DateValue[]).map((value) => updatedColumn(`${r}.updated`, value, context)),
      'or',
    );
  if (parameter.kind === 'reference') return referenceSql(r, condition, context);
  const arms = tablesOf(
    parameter,
    condition.values.some((value) => value.kind === 'of-type'),
  ).map((table) => {
    const s = context.alias('s');
    const rows = rowConditions(table, s, condition, context);
    if (rows.length === 0) return 'false';
    const any = rows.length === 1 ? rows[0]! : `(${rows.join(' or ')})`;
    return `exists (select from ${table} ${s} where ${s}.rid = ${r}.rid and ${paramSql(s, type, parameter, context)} and ${any})`;
  });
  return joined(arms, 'or');
}

type Table = 'sp_token' | 'sp_identifier' | 'sp_date' | 'sp_quantity' | 'sp_string' | 'sp_uri' | 'sp_reference';

/** Where the rows of a parameter lie. */
export function tablesOf(parameter: SearchParameter, onlyIdentifiers = false): readonly Table[] {
  switch (parameter.kind) {
    case 'token':
      if (parameter.store === 'text' || onlyIdentifiers) return ['sp_identifier'];
      return parameter.store === 'code' ? ['sp_token'] : ['sp_token', 'sp_identifier'];
    case 'date':
      return ['sp_date'];
    case 'number':
    case 'quantity':
      return ['sp_quantity'];
    case 'string':
      return ['sp_string'];
    case 'uri':
      return ['sp_uri'];
    case 'reference':
      return ['sp_reference'];
    case 'composite':
      return [];
  }
}

function rowConditions(
  table: Table,
  s: string,
  { values, how }: MatchCondition,
  context: SearchContext,
): readonly string[] {
  const defined = (rows: readonly (string | undefined)[]): readonly string[] => rows.filter((row) => row !== undefined);
  switch (table) {
    case 'sp_token':
      return tokenRows(s, values, context);
    case 'sp_identifier':
      if (values[0]?.kind === 'of-type') return ofTypeRows(s, values as readonly OfTypeValue[], context);
      return identifierRows({ system: `${s}.system`, value: `${s}.value` }, values as readonly TokenValue[], context);
    case 'sp_date':
      return values.map((value) => dateRow(s, value as DateValue, context));
    case 'sp_quantity':
      return defined(values.map((value) => quantityRow(s, value as QuantityValue, context)));
    case 'sp_string':
      return defined(values.map((value) => stringRow(s, value as StringValue, how, context)));
    case 'sp_uri':
      return uriRows(s, values as readonly UriValue[], how, context);
    case 'sp_reference':
      return [];
  }
}

function missingSql(r: string, { parameter, type, missing }: MissingCondition, context: SearchContext): string {
  if (parameter.code === '_id' || parameter.code === '_lastUpdated') return missing ? 'false' : 'true';
  const present = tablesOf(parameter).map((table) => {
    const s = context.alias('s');
    const target = parameter.sources[0]?.target;
    const points =
      target === undefined
        ? ''
        : ` and (${s}.target_type = ${context.deps.dictionary.typeId(target) ?? 0} or (${s}.target_type is null and ${s}.identifier_value is not null))`;
    return `exists (select from ${table} ${s} where ${s}.rid = ${r}.rid and ${paramSql(s, type, parameter, context)}${points})`;
  });
  return missing ? `not (${joined(present, 'or')})` : joined(present, 'or');
}
