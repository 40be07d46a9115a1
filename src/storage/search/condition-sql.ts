import type {
  DateValue,
  MatchCondition,
  MissingCondition,
  OfTypeValue,
  PositionValue,
  QuantityValue,
  StringValue,
  TogetherCondition,
  TokenValue,
  UriValue,
  Condition,
} from '../../search/parse/request.js';
import type { SearchParameter } from '../../search/parameter.js';
import { chainSql, hasSql } from './chain-sql.js';
import { compartmentSql } from './compartment-sql.js';
import { paramSql, textParamSql } from './param-sql.js';
import { positionRow } from './position-sql.js';
import { referenceRows, referenceSql } from './reference-sql.js';
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
import { wordsSql } from './words-sql.js';

/** A condition on the resource `r` as SQL. `false` where nothing can match. */
export function conditionSql(r: string, condition: Condition, context: SearchContext): string {
  switch (condition.op) {
    case 'match':
      return condition.not ? negated(matchSql(r, condition, context)) : matchSql(r, condition, context);
    case 'together':
      return togetherSql(r, condition, context);
    case 'words':
      return wordsSql(r, condition, context);
    case 'not':
      return negated(conditionSql(r, condition.condition, context));
    case 'typed': {
      const id = context.deps.dictionary.typeId(condition.type);
      const inner = conditionSql(r, condition.condition, context);
      return id === undefined || inner === 'false' ? 'false' : `(${r}.type = ${id} and ${inner})`;
    }
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
    case 'compartment':
      return compartmentSql(r, condition, context);
  }
}

const negated = (sql: string): string => (sql === 'false' ? 'true' : sql === 'true' ? 'false' : `not (${sql})`);

function joined(conditions: readonly string[], word: 'and' | 'or'): string {
  const absorbing = word === 'and' ? 'false' : 'true';
  if (conditions.includes(absorbing)) return absorbing;
  const left = conditions.filter((condition) => condition !== 'true' && condition !== 'false');
  if (left.length === 0) return word === 'and' ? 'true' : 'false';
  return left.length === 1 ? left[0]! : `(${left.join(` ${word} `)})`;
}

function matchSql(r: string, condition: MatchCondition, context: SearchContext): string {
  const { parameter, type } = condition;
  if (parameter.code === '_id' && context.isContained) return containedIdSql(r, condition, context);
  if (parameter.code === '_id') {
    const ids = context.bind(
      (condition.values as readonly TokenValue[]).map((value) => value.code ?? ''),
      'text[]',
    );
    return condition.unequal === true ? `${r}.id <> all (${ids})` : `${r}.id = any (${ids})`;
  }
  if (parameter.code === '_lastUpdated')
    return joined(
      (condition.values as readonly DateValue[]).map((value) => updatedColumn(`${r}.updated`, value, context)),
      'or',
    );
  if (parameter.kind === 'reference' && condition.unequal !== true && condition.how !== 'text')
    return referenceSql(r, condition, context);
  const arms = tablesFor(condition).map((table) => {
    const s = context.alias('s');
    const row = rowSql(table, s, condition, context);
    if (row === 'false') return 'false';
    const param =
      condition.how === 'text' ? textParamSql(s, type, parameter, context) : paramSql(s, type, parameter, context);
    return `exists (select from ${table} ${s} where ${s}.rid = ${r}.rid and ${param} and ${row})`;
  });
  return joined(arms, 'or');
}

/** The id of what is contained. */
function containedIdSql(r: string, { type, values, unequal }: MatchCondition, context: SearchContext): string {
  const param = context.containedId(type ?? '');
  if (param === undefined) return 'false';
  const s = context.alias('s');
  const ids = context.bind(
    (values as readonly TokenValue[]).map((value) => value.code ?? ''),
    'text[]',
  );
  const is = unequal === true ? `<> all (${ids})` : `= any (${ids})`;
  return `exists (select from sp_identifier ${s} where ${s}.rid = ${r}.rid and ${s}.param = ${param} and ${s}.value ${is})`;
}

const tablesFor = ({ parameter, how, values }: MatchCondition): readonly Table[] =>
  how === 'text'
    ? ['sp_string']
    : tablesOf(
        parameter,
        values.some((value) => value.kind === 'of-type'),
      );

/** One row fulfils one of the values; `false` where none can. */
function rowSql(table: Table, s: string, condition: MatchCondition, context: SearchContext): string {
  const rows = rowConditions(table, s, condition, context);
  const any = rows.length === 0 ? 'false' : rows.length === 1 ? rows[0]! : `(${rows.join(' or ')})`;
  return condition.unequal === true ? (any === 'false' ? 'true' : `(${any}) is not true`) : any;
}

/** Rows of all parts that stand in the same repetition of an element. */
function togetherSql(r: string, { type, parts }: TogetherCondition, context: SearchContext): string {
  let combinations: readonly (readonly Table[])[] = [[]];
  for (const part of parts)
    combinations = combinations.flatMap((tables) => tablesFor(part).map((table) => [...tables, table]));
  const arms = combinations.map((tables) => {
    const aliases = tables.map(() => context.alias('s'));
    const rows = parts.map((part, at) => rowSql(tables[at]!, aliases[at]!, part, context));
    if (rows.includes('false')) return 'false';
    const [first = ''] = aliases;
    const from = tables.map((table, at) => {
      const s = aliases[at]!;
      return at === 0
        ? `${table} ${s}`
        : `join ${table} ${s} on ${s}.rid = ${first}.rid and ${s}.element is not distinct from ${first}.element`;
    });
    const where = parts.map((part, at) => `${paramSql(aliases[at]!, type, part.parameter, context)} and ${rows[at]}`);
    return `exists (select from ${from.join(' ')} where ${first}.rid = ${r}.rid and ${where.join(' and ')})`;
  });
  return joined(arms, 'or');
}

type Table =
  | 'sp_position'
  | 'sp_token'
  | 'sp_identifier'
  | 'sp_date'
  | 'sp_quantity'
  | 'sp_string'
  | 'sp_uri'
  | 'sp_reference';

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
    case 'special':
      return ['sp_position'];
    case 'composite':
      return [];
  }
}

function rowConditions(
  table: Table,
  s: string,
  { parameter, values, how }: MatchCondition,
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
      return referenceRows(s, parameter, values, context);
    case 'sp_position':
      return values.map((value) => positionRow(s, value as PositionValue, context));
  }
}

function missingSql(r: string, condition: MissingCondition, context: SearchContext): string {
  const { parameter, type, missing } = condition;
  if (parameter.code === '_id' || parameter.code === '_lastUpdated') return missing ? 'false' : 'true';
  if (parameter.kind === 'composite') {
    const all = presentSql(r, condition, context);
    return missing ? negated(all) : all;
  }
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

/** Every part of a composite has a value, those of a repeating element in the same repetition. */
function presentSql(r: string, { parameter, type, components = [] }: MissingCondition, context: SearchContext): string {
  const { parts = [] } = parameter;
  const beside = components
    .filter((_, at) => !parts[at]!.within)
    .map((part) => missingSql(r, { op: 'missing', type, parameter: part, missing: false }, context));
  const within = components.filter((_, at) => parts[at]!.within);
  let combinations: readonly (readonly Table[])[] = within.length === 0 ? [] : [[]];
  for (const part of within)
    combinations = combinations.flatMap((tables) => tablesOf(part).map((table) => [...tables, table]));
  const arms = combinations.map((tables) => {
    const aliases = tables.map(() => context.alias('s'));
    const [first = ''] = aliases;
    const from = tables.map((table, at) =>
      at === 0
        ? `${table} ${first}`
        : `join ${table} ${aliases[at]!} on ${aliases[at]!}.rid = ${first}.rid and ${aliases[at]!}.element is not distinct from ${first}.element`,
    );
    const params = within.map((part, at) => paramSql(aliases[at]!, type, part, context));
    return `exists (select from ${from.join(' ')} where ${first}.rid = ${r}.rid and ${params.join(' and ')})`;
  });
  return joined([...beside, ...(arms.length === 0 ? [] : [joined(arms, 'or')])], 'and');
}
