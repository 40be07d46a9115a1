import { ucumSystem } from '../canonical-unit.js';
import type {
  IdentifierRow,
  IndexRow,
  PositionRow,
  QuantityRow,
  ReferenceRow,
  StringRow,
  TokenRow,
} from '../index-row.js';
import type { SearchParameter } from '../parameter.js';
import type {
  MatchCondition,
  PositionValue,
  QuantityValue,
  ReferenceValue,
  SearchValue,
  StringValue,
  TokenValue,
} from '../parse/request.js';
import { compareDecimals, type SignificantRange } from '../significant-range.js';
import { matchDate } from './match-date.js';

interface How {
  readonly how: MatchCondition['how'];
  readonly parameter: SearchParameter;
  readonly patients: ReadonlyMap<string, string> | undefined;
}

/** Whether one search row of the parameter fulfils one value. */
export function matchRow(row: IndexRow, value: SearchValue, context: How): boolean {
  switch (row.kind) {
    case 'token':
      return value.kind === 'media-type'
        ? isOfMedia(row.code, value.media)
        : value.kind === 'token' && matchToken(row, value);
    case 'identifier':
      return matchIdentifier(row, value);
    case 'date':
      return value.kind === 'date' && matchDate(row, value);
    case 'quantity':
      return value.kind === 'quantity' && matchQuantity(row, value);
    case 'string':
      return value.kind === 'string' && matchString(row, value, context.how);
    case 'uri':
      return value.kind === 'uri' && matchUri(row.value, value.uri, context.how);
    case 'reference':
      return matchReference(row, value, context);
    case 'position':
      return value.kind === 'position' && matchPosition(row, value);
  }
}

function matchToken(row: TokenRow, { system, code, implied }: TokenValue): boolean {
  return (
    (code === undefined || row.code === code) &&
    (system === undefined || row.system === system || (implied === true && row.system === ''))
  );
}

/** `image` is above `image/png`, `text/plain` above `text/plain; charset=utf-8`. */
const isOfMedia = (code: string, media: string): boolean =>
  code === media || code.startsWith(`${media}${media.includes('/') ? ';' : '/'}`);

function matchIdentifier(row: IdentifierRow, value: SearchValue): boolean {
  if (value.kind === 'of-type')
    return row.value === value.value && row.typeCode === value.typeCode && (row.typeSystem ?? '') === value.typeSystem;
  if (value.kind !== 'token') return false;
  return (
    (value.code === undefined || row.value === value.code) &&
    (value.system === undefined || row.system === value.system)
  );
}

function matchString(row: StringRow, { text, folded }: StringValue, how: How['how']): boolean {
  if (how === 'exact') return row.exact === text;
  if (folded === '') return false;
  if (how === 'whole') return row.value.trimEnd() === folded;
  if (how === 'ends') return row.value.trimEnd().endsWith(folded);
  return how === 'contains' ? row.value.includes(folded) : row.value.startsWith(folded);
}

function matchUri(own: string, uri: string, how: How['how']): boolean {
  // A URN has no parts that lie below each other.
  if (uri.startsWith('urn:')) return own === uri;
  if (how === 'below') return own.startsWith(uri);
  return how === 'above' ? uri.startsWith(own) : own === uri;
}

const earthRadius = 6_371_008.8;

function matchPosition(row: PositionRow, { latitude, longitude, metres }: PositionValue): boolean {
  const radians = (degrees: number): number => (degrees * Math.PI) / 180;
  const half = (a: number, b: number): number => Math.sin(radians(a - b) / 2) ** 2;
  const square =
    half(row.latitude, latitude) +
    Math.cos(radians(latitude)) * Math.cos(radians(row.latitude)) * half(row.longitude, longitude);
  return 2 * earthRadius * Math.asin(Math.min(1, Math.sqrt(square))) <= metres;
}

function matchQuantity(row: QuantityRow, value: QuantityValue): boolean {
  if (value.canonical !== undefined) {
    const converted =
      row.canonical !== undefined &&
      row.canonical.code === value.canonical.code &&
      compare(row.canonical, value.prefix, value.canonical.range);
    if (converted || value.unit?.system !== undefined) return converted;
  }
  const { unit } = value;
  if (unit !== undefined && unit.system === ucumSystem && row.code === undefined) return false;
  if (
    unit !== undefined &&
    (row.code === undefined ||
      (unit.code !== undefined && row.code !== unit.code && (unit.system !== undefined || row.unit !== unit.code)) ||
      (unit.system !== undefined && row.system !== unit.system))
  )
    return false;
  return compare(row, value.prefix, value.range);
}

function compare(
  own: { readonly low: string; readonly high: string },
  prefix: QuantityValue['prefix'],
  range: SignificantRange,
): boolean {
  const is = (a: string, b: string): number => compareDecimals(a, b);
  switch (prefix) {
    case 'eq':
      return is(own.low, range.low) >= 0 && is(own.high, range.high) < 0;
    case 'ne':
      return is(own.low, range.low) < 0 || is(own.high, range.high) >= 0;
    case 'gt':
      return is(own.high, range.value) > 0;
    case 'ge':
      return is(own.high, range.value) >= 0;
    case 'lt':
      return is(own.low, range.value) < 0;
    case 'le':
      return is(own.low, range.value) <= 0;
    case 'sa':
      return is(own.low, range.value) > 0;
    case 'eb':
      return is(own.high, range.value) < 0;
    case 'ap':
      return is(own.low, range.high) <= 0 && is(own.high, range.low) >= 0;
  }
}

/** Whether the reference is to the type, or logical without saying to what. */
export const pointsTo = (row: ReferenceRow, type: string): boolean =>
  row.targetType === type || (row.targetType === undefined && row.identifierValue !== undefined);

function matchReference(row: ReferenceRow, value: SearchValue, context: How): boolean {
  const target = context.parameter.sources.find((source) => source.param === row.param)?.target;
  if (value.kind === 'token') {
    // `:identifier`
    return (
      row.identifierValue !== undefined &&
      (value.code === undefined || row.identifierValue === value.code) &&
      (value.system === undefined || row.identifierSystem === value.system) &&
      (target === undefined || row.targetType === undefined || row.targetType === target)
    );
  }
  if (value.kind === 'url')
    return row.url === value.url && (value.version === undefined || row.targetVersion === value.version);
  return value.kind === 'reference' && matchLiteral(row, value, target, context);
}

function matchLiteral(
  row: ReferenceRow,
  { types, id, version }: ReferenceValue,
  target: string | undefined,
  { patients, parameter }: How,
): boolean {
  const allowed = target === undefined ? types : types === undefined || types.includes(target) ? [target] : [];
  if (row.targetId !== undefined) {
    return (
      row.targetId === id &&
      (allowed === undefined || (row.targetType !== undefined && allowed.includes(row.targetType))) &&
      (version === undefined || row.targetVersion === version)
    );
  }
  if (version !== undefined || row.identifierValue === undefined || allowed?.includes('Patient') === false)
    return false;
  if (target === undefined && parameter.targets !== undefined && !parameter.targets.includes('Patient')) return false;
  return patients?.get(`${row.identifierSystem ?? ''}|${row.identifierValue}`) === id;
}
