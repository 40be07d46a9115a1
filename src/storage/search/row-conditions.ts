import { createHash } from 'node:crypto';
import type {
  DateValue,
  MatchCondition,
  MediaTypeValue,
  OfTypeValue,
  QuantityValue,
  SearchValue,
  StringValue,
  TokenValue,
  UriValue,
} from '../../search/parse/request.js';
import type { SearchContext } from './search-context.js';

/** A time span longer than any calendar day: rows beyond it are in the partial index `sp_date_long`. */
const longDay = 90_000_000;

/** Conditions on one row `s` of a search table: one per value, any of which suffices. `[]` = no row can match. */
export function tokenRows(s: string, values: readonly SearchValue[], context: SearchContext): readonly string[] {
  const ids: number[] = [];
  const conditions: string[] = [];
  for (const value of values as readonly (TokenValue | MediaTypeValue)[]) {
    if (value.kind === 'media-type') {
      const below = `${value.media}${value.media.includes('/') ? ';' : '/'}`;
      conditions.push(
        `${s}.code in (select c.id from dict_code c join dict_system o on o.id = c.system where o.url = '' and (c.code = ${context.bind(value.media)} or starts_with(c.code, ${context.bind(below)})))`,
      );
      continue;
    }
    if (value.code === undefined) {
      const system = value.system === undefined ? undefined : context.ids.system(value.system);
      if (system !== undefined)
        conditions.push(`${s}.code in (select c.id from dict_code c where c.system = ${context.bind(system)})`);
      continue;
    }
    if (value.system === undefined) ids.push(...context.ids.codes(value.code));
    else
      ids.push(
        ...known([
          context.ids.code(value.system, value.code),
          value.implied ? context.ids.code('', value.code) : undefined,
        ]),
      );
  }
  if (ids.length > 0)
    conditions.unshift(
      ids.length === 1 ? `${s}.code = ${context.bind(ids[0])}` : `${s}.code = any (${context.bind(ids, 'integer[]')})`,
    );
  return conditions;
}

/** Identifier-like rows: columns `system` and `value` of `sp_identifier`, or those of a logical reference. */
export function identifierRows(
  columns: { readonly system: string; readonly value: string },
  values: readonly TokenValue[],
  context: SearchContext,
): readonly string[] {
  const bySystem = new Map<number | undefined, string[]>();
  const conditions: string[] = [];
  for (const value of values) {
    const system = value.system === undefined ? undefined : context.ids.system(value.system);
    if (value.system !== undefined && system === undefined) continue;
    if (value.code === undefined) conditions.push(`${columns.system} = ${context.bind(system)}`);
    else bySystem.set(system, [...(bySystem.get(system) ?? []), value.code]);
  }
  for (const [system, texts] of bySystem) {
    const equal =
      texts.length === 1
        ? `${columns.value} = ${context.bind(texts[0])}`
        : `${columns.value} = any (${context.bind(texts, 'text[]')})`;
    conditions.push(system === undefined ? equal : `(${equal} and ${columns.system} = ${context.bind(system)})`);
  }
  return conditions;
}

export function ofTypeRows(s: string, values: readonly OfTypeValue[], context: SearchContext): readonly string[] {
  return values.flatMap((value) => {
    const type = context.ids.code(value.typeSystem, value.typeCode);
    return type === undefined
      ? []
      : [`(${s}.value = ${context.bind(value.value)} and ${s}.type_code = ${context.bind(type)})`];
  });
}

/** https://hl7.org/fhir/R4/search.html#prefix on half-open ranges; written so that each arm finds an index. */
export function dateRow(s: string, { prefix, low, high }: DateValue, context: SearchContext): string {
  const a = (): string => context.bind(low, 'bigint');
  const b = (): string => context.bind(high, 'bigint');
  const endsAfter = (time: number): string => {
    const end = `${s}.high > ${context.bind(time, 'bigint')}`;
    return `((${s}.low > ${context.bind(time - longDay, 'bigint')} and ${end}) or (${s}.high - ${s}.low > ${longDay} and ${end}))`;
  };
  switch (prefix) {
    case 'eq':
      return `(${s}.low >= ${a()} and ${s}.low < ${b()} and ${s}.high <= ${b()})`;
    case 'ne':
      return `(${s}.low < ${a()} or ${s}.high > ${b()})`;
    case 'gt':
      return endsAfter(high);
    case 'lt':
      return `${s}.low < ${a()}`;
    case 'ge':
      return endsAfter(low);
    case 'le':
      return `${s}.low < ${b()}`;
    case 'sa':
      return `${s}.low >= ${b()}`;
    case 'eb':
      return `(${s}.low < ${a()} and ${s}.high <= ${a()})`;
    case 'ap':
      return `(${s}.low < ${b()} and ${s}.high > ${a()})`;
  }
}

/** `meta.lastUpdated` is an instant of one millisecond. */
export function updatedColumn(column: string, { prefix, low, high }: DateValue, context: SearchContext): string {
  const at = (time: number): string =>
    context.bind(new Date(Math.min(Math.max(time, 0), 253_402_300_799_999)).toISOString(), 'timestamptz');
  switch (prefix) {
    case 'eq':
    case 'ap':
      return `(${column} >= ${at(low)} and ${column} < ${at(high)})`;
    case 'ne':
      return `(${column} < ${at(low)} or ${column} >= ${at(high)})`;
    case 'gt':
    case 'sa':
      return `${column} >= ${at(high)}`;
    case 'lt':
    case 'eb':
      return `${column} < ${at(low)}`;
    case 'ge':
      return `${column} >= ${at(low)}`;
    case 'le':
      return `${column} < ${at(high)}`;
  }
}

/** Stored values are points or closed ranges; what is asked for is the half-open range of its significant figures. */
export function quantityRow(s: string, value: QuantityValue, context: SearchContext): string | undefined {
  const converted = canonicalRow(s, value, context);
  if (value.canonical !== undefined && value.unit?.system !== undefined) return converted;
  const compared = compareRange({ low: `${s}.low`, high: `${s}.high` }, value, context);
  if (value.unit === undefined) return compared;
  const { system, code } = value.unit;
  if (code === undefined) {
    const id = context.ids.system(system ?? '');
    return id === undefined ? undefined : `(${s}.system = ${context.bind(id)} and ${compared})`;
  }
  if (system !== undefined) {
    const id = context.ids.code(system, code);
    return id === undefined ? undefined : `(${s}.code = ${context.bind(id)} and ${compared})`;
  }
  // A code without system is either the code or the unit that people read; as UCUM it is converted as well.
  const ids = context.ids.codes(code);
  const places = ids.length === 0 ? '' : context.bind(ids, 'integer[]');
  const written =
    ids.length === 0 ? undefined : `((${s}.code = any (${places}) or ${s}.unit = any (${places})) and ${compared})`;
  const arms = known([converted, written]);
  return arms.length === 0 ? undefined : `(${arms.join(' or ')})`;
}

function canonicalRow(s: string, value: QuantityValue, context: SearchContext): string | undefined {
  if (value.canonical === undefined) return undefined;
  const unit = context.ids.code('http://unitsofmeasure.org', value.canonical.code);
  if (unit === undefined) return undefined;
  const columns = { low: `${s}.canon_low`, high: `${s}.canon_high` };
  return `(${s}.canon_code = ${context.bind(unit)} and ${compareRange(columns, { ...value, range: value.canonical.range }, context)})`;
}

function compareRange(
  columns: { readonly low: string; readonly high: string },
  { prefix, range }: QuantityValue,
  context: SearchContext,
): string {
  const { low, high } = columns;
  const number = (text: string): string => context.bind(text, 'numeric');
  const above = (operator: string): string => {
    const value = number(range.value);
    return `((${low} ${operator} ${value} and ${high} ${operator} ${value}) or (${low} <> ${high} and ${high} ${operator} ${value}))`;
  };
  switch (prefix) {
    case 'eq':
      return `(${low} >= ${number(range.low)} and ${low} < ${number(range.high)} and ${high} < ${number(range.high)})`;
    case 'ne':
      return `(${low} < ${number(range.low)} or ${high} >= ${number(range.high)})`;
    case 'gt':
      return above('>');
    case 'ge':
      return above('>=');
    case 'lt':
      return `${low} < ${number(range.value)}`;
    case 'le':
      return `${low} <= ${number(range.value)}`;
    case 'sa':
      return `${low} > ${number(range.value)}`;
    case 'eb':
      return `(${low} < ${number(range.value)} and ${high} < ${number(range.value)})`;
    case 'ap':
      return `(${low} <= ${number(range.high)} and ${high} >= ${number(range.low)})`;
  }
}

/** The index holds the first 200 characters of folded values. */
const indexed = 200;
const lastCharacter = '\u{10FFFF}';

export function stringRow(
  s: string,
  { text, folded }: StringValue,
  how: MatchCondition['how'],
  context: SearchContext,
): string | undefined {
  if (folded === '' && how !== 'exact') return undefined;
  if (how === 'contains') return `strpos(${s}.value, ${context.bind(folded)}) > 0`;
  if (how === 'ends') return `right(rtrim(${s}.value), ${[...folded].length}) = ${context.bind(folded)}`;
  const start = [...folded].slice(0, indexed).join('');
  if (how === 'exact') return `${s}.exact = ${context.bind(text)}${exactStart(s, start, context)}`;
  if (how === 'whole') return `(rtrim(${s}.value) = ${context.bind(folded)}${exactStart(s, start, context)})`;
  const range = `left(${s}.value, ${indexed}) >= ${context.bind(start)} and left(${s}.value, ${indexed}) < ${context.bind(start + lastCharacter)}`;
  return start.length === folded.length
    ? `(${range})`
    : `(${range} and starts_with(${s}.value, ${context.bind(folded)}))`;
}

/** The folded text of a stored value may end with a space that the query's does not, so a range and not equality. */
const exactStart = (s: string, start: string, context: SearchContext): string =>
  ` and left(${s}.value, ${indexed}) >= ${context.bind(start)} and left(${s}.value, ${indexed}) < ${context.bind(start + lastCharacter)}`;

export function uriRows(
  s: string,
  values: readonly UriValue[],
  how: MatchCondition['how'],
  context: SearchContext,
): readonly string[] {
  // A URN has no parts that lie below each other.
  const equal = (uri: string): string => hashed(`${s}.value`, [uri], context);
  if (how === 'below')
    return values.map(({ uri }) => (uri.startsWith('urn:') ? equal(uri) : belowRow(s, uri, context)));
  if (how === 'above')
    return values.map(({ uri }) =>
      uri.startsWith('urn:') ? equal(uri) : `starts_with(${context.bind(uri)}, ${s}.value)`,
    );
  return [
    hashed(
      `${s}.value`,
      values.map((value) => value.uri),
      context,
    ),
  ];
}

function belowRow(s: string, uri: string, context: SearchContext): string {
  const start = [...uri].slice(0, indexed).join('');
  const range = `left(${s}.value, ${indexed}) >= ${context.bind(start)} and left(${s}.value, ${indexed}) < ${context.bind(start + lastCharacter)}`;
  return `(${range} and starts_with(${s}.value, ${context.bind(uri)}))`;
}

/** Equality on a long text by its hash, which is what is indexed. */
export function hashed(column: string, texts: readonly string[], context: SearchContext): string {
  const hashes = texts.map((text) => createHash('md5').update(text).digest('hex'));
  if (texts.length === 1)
    return `(md5(${column}) = ${context.bind(hashes[0])} and ${column} = ${context.bind(texts[0])})`;
  return `(md5(${column}) = any (${context.bind(hashes, 'text[]')}) and ${column} = any (${context.bind(texts, 'text[]')}))`;
}

const known = <T>(all: readonly (T | undefined)[]): readonly T[] => all.filter((one) => one !== undefined);
