import type { Condition, SearchRequest } from '../../search/parse/request.js';
import { conditionSql } from './condition-sql.js';
import type { Cursor } from './cursor.js';
import type { SearchContext } from './search-context.js';
import { type SortColumn, sortColumn } from './sort-sql.js';
import { storedColumns } from './stored-row.js';

/** `r` is a match, or contains one where that is asked for; `false` where none can. */
export function matchingSql(r: string, request: SearchRequest, context: SearchContext): string {
  if (request.contained === undefined || request.type === undefined) return aloneSql(r, request, context);
  const inside = containersSql(r, { ...request, type: request.type }, context);
  const alone = request.contained.which === 'true' ? 'false' : aloneSql(r, request, context);
  if (alone === 'false') return inside;
  return inside === 'false' ? alone : `((${alone}) or (${inside}))`;
}

/** `r` is of the searched types, visible, and fulfils the conditions; `false` where none can. */
export function aloneSql(r: string, request: SearchRequest, context: SearchContext): string {
  const visible =
    request.type === undefined
      ? context.visibleAmong(r, request.types ?? context.deps.registry.types)
      : context.visible(r, request.type);
  const conditions = [...request.conditions]
    .sort((a, b) => cost(a) - cost(b))
    .map((condition) => conditionSql(r, condition, context));
  if (visible === 'false' || conditions.includes('false')) return 'false';
  return [visible, ...conditions.filter((condition) => condition !== 'true')].join(' and ');
}

/** `r` contains a resource of the type that fulfils the conditions; seen or not seen is what contains it. */
function containersSql(r: string, request: SearchRequest & { readonly type: string }, context: SearchContext): string {
  const visible = context.visibleAmong(r, context.deps.registry.types);
  const ways = context.containedPlaces(request.type).flatMap((one) => containedSql(r, request, one, context) ?? []);
  return visible === 'false' || ways.length === 0 ? 'false' : `${visible} and (${ways.join(' or ')})`;
}

/** What `r` contains at one place is of the type and fulfils the conditions; undefined where nothing can. */
export function containedSql(
  r: string,
  request: SearchRequest,
  { place, param }: { readonly place: number; readonly param: number },
  context: SearchContext,
): string | undefined {
  const s = context.alias('s');
  const conditions = context.within(place, () =>
    request.conditions.map((condition) => conditionSql(r, condition, context)),
  );
  if (conditions.includes('false')) return undefined;
  const is = `${r}.rid in (select ${s}.rid from sp_identifier ${s} where ${s}.param = ${param})`;
  return `(${[is, ...conditions.filter((condition) => condition !== 'true')].join(' and ')})`;
}

/** What narrows most comes first; PostgreSQL decides anew by its statistics, people read the order. */
function cost(condition: Condition): number {
  if (condition.op === 'compartment') return 2;
  if (condition.op === 'chain' || condition.op === 'has') return 5;
  if (condition.op !== 'match' || condition.not) return 9;
  if (condition.parameter.code === '_id') return 0;
  if (condition.parameter.kind === 'token') return condition.parameter.store === 'text' ? 1 : 3;
  return condition.parameter.kind === 'reference' ? 2 : 4;
}

/**
 * One page of matches, at most `limit` rows after the cursor. Columns: those of `storedColumns` and `k0`, `k1` … for the
 * cursor. In the segment `missing` are the rows without a value of the first sort parameter.
 *
 * @returns undefined where nothing can match
 */
export function pageSql(
  request: SearchRequest,
  page: { readonly segment: 'valued' | 'missing'; readonly after: Cursor | undefined; readonly limit: number },
  context: SearchContext,
): string | undefined {
  const matching = matchingSql('r', request, context);
  if (matching === 'false') return undefined;
  const columns = request.sort.map((key) => sortColumn('r', key, request.type, context));
  const [first] = columns;
  if (first === undefined) {
    const after = page.after === undefined ? '' : ` and r.rid < ${context.bind(page.after.rid, 'bigint')}`;
    return `select ${storedColumns('r')} from resource r where ${matching}${after} order by r.rid desc limit ${page.limit}`;
  }
  return first.driver !== undefined && page.segment === 'valued'
    ? drivenSql(matching, columns, { ...page, driver: first.driver }, context)
    : computedSql(matching, columns, page, context);
}

type Page = { readonly segment: 'valued' | 'missing'; readonly after: Cursor | undefined; readonly limit: number };

/** Goes along the search rows of the first sort parameter; only the resource's best row counts. */
function drivenSql(
  matching: string,
  columns: readonly SortColumn[],
  page: Page & { readonly driver: { readonly table: string; readonly column: string; readonly param: string } },
  context: SearchContext,
): string {
  const { table, column, param } = page.driver;
  const first = columns[0]!;
  const better = `exists (select from ${table} b where b.rid = d.rid and b.param = d.param and (b.${column}, b.high) ${first.descending ? '>' : '<'} (d.${column}, d.high))`;
  const keys = [{ ...first, value: `d.${column}` }, ...columns.slice(1)];
  const rest = keys.slice(1).map((key, index) => `, ${key.value} as k${index + 1}`);
  if (rest.length === 0) {
    const after = page.after === undefined ? '' : ` and ${afterSql(keys, 'd.rid', page.after, context)}`;
    return (
      `select ${storedColumns('r')}, d.${column}::float8 as k0 from ${table} d join resource r on r.rid = d.rid where ${param} and not ${better} and ${matching}${after}` +
      ` order by ${orderSql(keys, 'd.rid')} limit ${page.limit}`
    );
  }
  const inner = `select r.*, d.${column} as k0${rest.join('')} from ${table} d join resource r on r.rid = d.rid where ${param} and not ${better} and ${matching}`;
  return outerSql(inner, keys, page, context);
}

/** Computes the sort values of every match. */
function computedSql(matching: string, columns: readonly SortColumn[], page: Page, context: SearchContext): string {
  const values = columns.map((key, index) => `, ${key.value} as k${index}`).join('');
  return outerSql(`select r.*${values} from resource r where ${matching}`, columns, page, context);
}

function outerSql(inner: string, columns: readonly SortColumn[], page: Page, context: SearchContext): string {
  const keys = columns.map((key, index) => ({ ...key, value: `x.k${index}` }));
  const shown = keys.map((key, index) => `, ${shownAs(key, `x.k${index}`)} as k${index}`).join('');
  const conditions = [
    ...(columns[0]!.always ? [] : [`x.k0 is ${page.segment === 'missing' ? '' : 'not '}null`]),
    ...(page.after === undefined ? [] : [afterSql(keys, 'x.rid', page.after, context)]),
  ];
  const where = conditions.length === 0 ? '' : ` where ${conditions.join(' and ')}`;
  return `select ${storedColumns('x')}${shown} from (${inner}) x${where} order by ${orderSql(keys, 'x.rid')} limit ${page.limit}`;
}

function shownAs(key: SortColumn, column: string): string {
  switch (key.cast) {
    case 'timestamptz':
      return `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
    case 'bigint':
      return `${column}::float8`;
    case 'numeric':
    case 'float8':
      return `${column}::text`;
    case 'text':
      return column;
  }
}

/** The first key is never null within a segment; `nulls last` there would keep an index from giving the order. */
function orderSql(keys: readonly SortColumn[], rid: string): string {
  const directions = keys.map(
    (key, index) => `${key.value}${key.descending ? ' desc' : ''}${index === 0 ? '' : ' nulls last'}`,
  );
  return [...directions, `${rid}${keys[0]!.descending ? ' desc' : ''}`].join(', ');
}

/** Rows that come after the cursor in the order of the keys, missing values last, rid at the end. */
function afterSql(keys: readonly SortColumn[], rid: string, cursor: Cursor, context: SearchContext): string {
  const descending = keys[0]!.descending;
  const operator = descending ? '<' : '>';
  if (keys.length === 1 && cursor.segment === 'valued') {
    return `(${keys[0]!.value}, ${rid}) ${operator} (${context.bind(cursor.keys[0], keys[0]!.cast)}, ${context.bind(cursor.rid, 'bigint')})`;
  }
  const arms: string[] = [];
  const equal: string[] = [];
  keys.forEach((key, index) => {
    const value = cursor.keys[index] ?? null;
    const place = context.bind(value, key.cast);
    if (value !== null)
      arms.push(
        [...equal, `(${key.value} ${key.descending ? '<' : '>'} ${place} or ${key.value} is null)`].join(' and '),
      );
    equal.push(`${key.value} is not distinct from ${place}`);
  });
  arms.push([...equal, `${rid} ${operator} ${context.bind(cursor.rid, 'bigint')}`].join(' and '));
  return `(${arms.map((arm) => `(${arm})`).join(' or ')})`;
}
