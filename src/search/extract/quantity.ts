// https://hl7.org/fhir/R4/search.html#quantity and #number
import { isNumber, literalOf } from '../../fhir/json-number.js';
import { canonicalUnit, toCanonical, ucumSystem } from '../canonical-unit.js';
import { bounded } from '../fold.js';
import type { QuantityRow } from '../index-row.js';
import { usableDecimal } from '../significant-range.js';
import { asRecord, asText, type Collect } from './extraction.js';

type Bounds = { readonly low: string; readonly high: string };

/**
 * Quantity (Age, Duration, Count …), Money, Range and SampledData; for a number parameter also plain numbers. A value is
 * a point: precision matters in what is asked for, not in what is stored. A comparator opens the range to its side.
 */
export function collectQuantities(param: string): Collect {
  return (value, extraction) => {
    if (isNumber(value)) {
      const point = usableDecimal(literalOf(value));
      if (point !== undefined) extraction.rows.push({ kind: 'quantity', param, low: point, high: point });
      return;
    }
    const record = asRecord(value);
    const row = record === undefined ? undefined : quantityRow(param, record);
    if (row !== undefined) extraction.rows.push(row);
  };
}

function quantityRow(param: string, value: Readonly<Record<string, unknown>>): QuantityRow | undefined {
  if (value['origin'] !== undefined) return sampledRow(param, value);
  if (value['low'] !== undefined || value['high'] !== undefined) return rangeRow(param, value);
  const point = decimalOf(value['value']);
  if (point === undefined) return undefined;
  return withUnit(param, comparatorBounds(point, value['comparator']), value);
}

/** `<5` is everything up to 5. */
function comparatorBounds(point: string, comparator: unknown): Bounds {
  if (comparator === '<' || comparator === '<=') return { low: '-Infinity', high: point };
  if (comparator === '>' || comparator === '>=') return { low: point, high: 'Infinity' };
  return { low: point, high: point };
}

function rangeRow(param: string, range: Readonly<Record<string, unknown>>): QuantityRow | undefined {
  const low = asRecord(range['low']);
  const high = asRecord(range['high']);
  const bounds = { low: decimalOf(low?.['value']), high: decimalOf(high?.['value']) };
  const unit = low ?? high;
  if (unit === undefined || (bounds.low === undefined && bounds.high === undefined)) return undefined;
  return withUnit(param, { low: bounds.low ?? '-Infinity', high: bounds.high ?? 'Infinity' }, unit);
}

/** The samples span from the lowest to the highest: `origin + sample × factor`. https://hl7.org/fhir/R4/datatypes.html#SampledData */
function sampledRow(param: string, sampled: Readonly<Record<string, unknown>>): QuantityRow | undefined {
  const origin = asRecord(sampled['origin']);
  const start = Number(decimalOf(origin?.['value']) ?? Number.NaN);
  const factor = sampled['factor'] === undefined ? 1 : Number(decimalOf(sampled['factor']) ?? Number.NaN);
  const data = asText(sampled['data']);
  if (origin === undefined || data === undefined || !Number.isFinite(start) || !Number.isFinite(factor))
    return undefined;
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const sample of data.split(/\s+/)) {
    const value = start + Number(sample) * factor;
    if (!Number.isFinite(value) || sample === '') continue; // E, L and U: error, below and above what can be measured
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return low > high ? undefined : withUnit(param, { low: String(low), high: String(high) }, origin);
}

function withUnit(param: string, bounds: Bounds, unit: Readonly<Record<string, unknown>>): QuantityRow {
  const currency = asText(unit['currency']);
  if (currency !== undefined)
    return { kind: 'quantity', param, ...bounds, system: 'urn:iso:std:iso:4217', code: bounded(currency) };
  const code = asText(unit['code']) ?? asText(unit['unit']);
  if (code === undefined) return { kind: 'quantity', param, ...bounds };
  const system = asText(unit['code']) === undefined ? '' : bounded(asText(unit['system']) ?? '');
  const canonical = system === ucumSystem ? canonicalUnit(code) : undefined;
  const unitText = asText(unit['unit']);
  const row = {
    kind: 'quantity',
    param,
    ...bounds,
    system,
    code: bounded(code),
    ...(unitText !== undefined && unitText !== code && { unit: bounded(unitText) }),
  } as const;
  if (canonical === undefined) return row;
  return {
    ...row,
    canonical: {
      code: canonical.code,
      low: toCanonical(bounds.low, canonical),
      high: toCanonical(bounds.high, canonical),
    },
  };
}

function decimalOf(value: unknown): string | undefined {
  return isNumber(value) ? usableDecimal(literalOf(value)) : undefined;
}
