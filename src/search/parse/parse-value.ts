import { parseReference } from '../../fhir/reference.js';
import { tryDateRange } from '../../fhir/dates.js';
import { Failure } from '../../kernel/failure.js';
import { canonicalUnit, toCanonical, ucumSystem } from '../canonical-unit.js';
import { versionOf, withoutVersion } from '../extract/reference.js';
import { bounded, fold } from '../fold.js';
import type { SearchParameter } from '../parameter.js';
import { approximateRange, type SignificantRange, significantRange } from '../significant-range.js';
import { splitEscaped, unescapeValue } from './escapes.js';
import type {
  DateValue,
  MediaTypeValue,
  PositionValue,
  Prefix,
  QuantityValue,
  SearchValue,
  StringValue,
  TokenValue,
  ValueSetValue,
} from './request.js';

export interface ValueContext {
  readonly parameter: SearchParameter;
  /** As the client wrote it, for messages. */
  readonly name: string;
  /** Types that a reference may point to here; undefined = any. */
  readonly targets: readonly string[] | undefined;
  readonly zone: string;
  readonly base: string | undefined;
  /** Milliseconds since 1970: `ap` of a date is relative to it. */
  readonly now: number;
}

/**
 * One value of a parameter (no comma in it any more; escapes still there).
 *
 * @throws Failure `invalid` naming the parameter and what a value looks like; never the value itself
 */
export function parseValue(text: string, context: ValueContext): SearchValue {
  switch (context.parameter.kind) {
    case 'token':
      return parseToken(text, context);
    case 'reference':
      return parseReferenceValue(unescapeValue(text), context);
    case 'date':
      return parseDate(unescapeValue(text), context);
    case 'number':
    case 'quantity':
      return parseQuantity(text, context);
    case 'uri':
      return { kind: 'uri', uri: bounded(unescapeValue(text)) };
    case 'string':
      return parseText(text);
    case 'special':
      return parsePosition(text, context);
    case 'composite':
      throw new Failure('invalid', `Parameter ${context.name} is composite.`);
  }
}

export function parseText(text: string): StringValue {
  const plain = bounded(unescapeValue(text));
  return { kind: 'string', text: plain, folded: bounded(fold(plain)).trimEnd() };
}

/** The URL of a ValueSet, or a reference to one. */
export function parseValueSet(text: string, { name }: Pick<ValueContext, 'name'>): ValueSetValue {
  const valueSet = bounded(unescapeValue(text));
  if (/^ValueSet\/[A-Za-z0-9\-.]{1,64}$/.test(valueSet) || /^[a-z][a-z0-9+.-]*:\S+$/i.test(valueSet))
    return { kind: 'value-set', valueSet };
  throw wrongValue(name, 'the URL of a ValueSet, or ValueSet/id');
}

/** Where no distance is given. */
const defaultMetres = 50_000;

/** `latitude|longitude|distance|unit`; kilometres unless said. https://hl7.org/fhir/R4/location.html#positional */
function parsePosition(text: string, { name }: ValueContext): PositionValue {
  const parts = splitEscaped(text, '|').map((part) => unescapeValue(part).trim());
  const [latitude, longitude, distance] = parts.slice(0, 3).map((part) => (part === '' ? Number.NaN : Number(part)));
  const unit = parts[3] === undefined || parts[3] === '' ? 'km' : parts[3];
  const metre = canonicalUnit(unit);
  if (
    parts.length > 4 ||
    latitude === undefined ||
    longitude === undefined ||
    !(Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180) ||
    metre?.code !== 'm'
  )
    throw wrongValue(name, 'latitude|longitude|distance|unit, such as 69.65|18.96|10|km');
  if (distance === undefined || (parts[2] ?? '') === '')
    return { kind: 'position', latitude, longitude, metres: defaultMetres };
  if (!(distance >= 0)) throw wrongValue(name, 'latitude|longitude|distance|unit, such as 69.65|18.96|10|km');
  return { kind: 'position', latitude, longitude, metres: distance * metre.factor.toNumber() };
}

/** `code`, `system|code`, `|code`, `system|`. */
export function parseToken(text: string, context: Pick<ValueContext, 'name' | 'parameter'>): TokenValue {
  const parts = splitEscaped(text, '|').map((part) => bounded(unescapeValue(part)));
  const [first = '', second] = parts;
  if (parts.length > 2 || (first === '' && (second === undefined || second === ''))) {
    throw wrongValue(context.name, 'code, system|code, |code or system|');
  }
  if (second === undefined) return { kind: 'token', code: first };
  const implied = first !== '' && first === context.parameter.codeSystem;
  return { kind: 'token', system: first, ...(second !== '' && { code: second }), ...(implied && { implied }) };
}

/** A code of BCP 13, which has no system. */
export const isMediaType = ({ codeSystem }: SearchParameter): boolean => codeSystem === 'urn:ietf:bcp:13';

/** `image`, `image/*`, `text/plain`, also after `urn:ietf:bcp:13|`. */
export function parseMediaType(text: string, name: string): MediaTypeValue {
  const [media = '', ...rest] = splitEscaped(text, '|').map(unescapeValue).reverse();
  const found = /^([\w!#$&^.+-]+(?:\/[\w!#$&^.+-]+)?)(?:\/\*?)?$/.exec(media)?.[1];
  if (found === undefined || rest.length > 1 || (rest[0] ?? '').replace('urn:ietf:bcp:13', '') !== '')
    throw wrongValue(name, 'a media type such as text/plain, or its first part');
  return { kind: 'media-type', media: found };
}

/** `system|code|value` of `:of-type`. */
export function parseOfType(text: string, name: string): SearchValue {
  const [typeSystem = '', typeCode = '', value = '', ...rest] = splitEscaped(text, '|').map((part) =>
    bounded(unescapeValue(part)),
  );
  if (typeCode === '' || value === '' || rest.length > 0) throw wrongValue(name, 'type system|type code|value');
  return { kind: 'of-type', typeSystem, typeCode, value };
}

function parseReferenceValue(text: string, context: ValueContext): SearchValue {
  const parsed = parseReference(text, context.base);
  if (parsed.kind === 'local') {
    const { type, id, version } = parsed;
    return { kind: 'reference', types: [type], id, ...(version !== undefined && { version }) };
  }
  if (/^[A-Za-z0-9\-.]{1,64}$/.test(text))
    return { kind: 'reference', ...(context.targets && { types: context.targets }), id: text };
  if (parsed.kind === 'absolute' || parsed.kind === 'urn') {
    const version = versionOf(text);
    return { kind: 'url', url: bounded(withoutVersion(text)), ...(version !== undefined && { version }) };
  }
  throw wrongValue(context.name, 'Type/id, id or an absolute URL');
}

const comparison = /^(eq|ne|gt|lt|ge|le|sa|eb|ap)?(.*)$/s;

function parsePrefix(text: string, name: string): { readonly prefix: Prefix; readonly rest: string } {
  const [, prefix = 'eq', rest = ''] = comparison.exec(text)!;
  const unknown = /^[a-z]{2}/i.exec(rest);
  if (unknown !== null) {
    throw new Failure(
      'invalid',
      `Parameter ${name}: the prefix ${unknown[0]} is not known; use eq, ne, gt, lt, ge, le, sa, eb or ap.`,
    );
  }
  return { prefix: prefix as Prefix, rest };
}

function parseDate(text: string, context: ValueContext): DateValue {
  const { prefix, rest } = parsePrefix(text, context.name);
  const range = tryDateRange(rest.replace(' ', '+'), context.zone); // a + that was not escaped arrives as a space
  if (range === undefined)
    throw wrongValue(
      context.name,
      '2026, 2026-03, 2026-03-01 or 2026-03-01T12:00:00+01:00, with a prefix such as ge before it',
    );
  if (prefix !== 'ap') return { kind: 'date', prefix, ...range };
  const tenth = Number.isNaN(context.now) ? 0 : Math.round(Math.abs(context.now - (range.low + range.high) / 2) / 10);
  return { kind: 'date', prefix, low: range.low - tenth, high: range.high + tenth };
}

function parseQuantity(text: string, context: ValueContext): QuantityValue {
  const [number = '', system, code, ...more] = splitEscaped(text, '|').map((part) => bounded(unescapeValue(part)));
  const { prefix, rest } = parsePrefix(number, context.name);
  const range = prefix === 'ap' ? approximateRange(rest) : significantRange(rest);
  const isNumber = context.parameter.kind === 'number';
  if (range === undefined || more.length > 0 || (isNumber && system !== undefined)) {
    throw wrongValue(
      context.name,
      isNumber
        ? 'a number such as 5.4 or gt5'
        : 'number, number|system|code or number||code, with a prefix such as ge before it',
    );
  }
  if (system === undefined || (system === '' && (code ?? '') === '')) return { kind: 'quantity', prefix, range };
  const unit = { ...(system !== '' && { system }), ...(code !== undefined && code !== '' && { code }) };
  const isUcum = unit.system === undefined || unit.system === ucumSystem;
  const canonical = isUcum && unit.code !== undefined ? canonicalUnit(unit.code) : undefined;
  if (canonical === undefined) return { kind: 'quantity', prefix, range, unit };
  const inBase: SignificantRange = {
    value: toCanonical(range.value, canonical),
    low: toCanonical(range.low, canonical),
    high: toCanonical(range.high, canonical),
  };
  return { kind: 'quantity', prefix, range, unit, canonical: { code: canonical.code, range: inBase } };
}

function wrongValue(name: string, form: string): Failure {
  return new Failure('invalid', `Parameter ${name}: the value has the wrong form; write ${form}.`, { code: 'value' });
}
