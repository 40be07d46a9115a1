import { localZone } from '../../fhir/dates.js';
import { isNumber, literalOf } from '../../fhir/json-number.js';
import type { Resource } from '../../fhir/resource.js';
import { canonicalUnit, toCanonical, ucumSystem } from '../canonical-unit.js';
import { bounded } from '../fold.js';
import type { SeriesPoint } from '../index-row.js';
import { usableDecimal } from '../significant-range.js';
import { rangeOf } from './date.js';
import { asList, asRecord, asText } from './extraction.js';

/**
 * The points of the Observation time-series index: one per coding of Observation.code and of each component's code, with
 * the value that stands beside it in the base unit of its dimension. An Observation without a time has none (decision 11).
 * The status is not looked at: who reads the index decides what counts.
 */
export function extractSeries(resource: Resource, zone = localZone): readonly SeriesPoint[] {
  if (resource.resourceType !== 'Observation') return [];
  const when = ['effectiveDateTime', 'effectiveInstant', 'effectivePeriod', 'effectiveTiming']
    .map((name) => resource[name])
    .find((value) => value !== undefined);
  const range = rangeOf(when, zone);
  if (range === undefined || range.low >= range.high) return [];
  const points: SeriesPoint[] = [];
  addPoints(points, resource, range, false);
  for (const component of asList(resource['component'])) {
    const record = asRecord(component);
    if (record !== undefined) addPoints(points, record, range, true);
  }
  return points;
}

function addPoints(
  points: SeriesPoint[],
  holder: Readonly<Record<string, unknown>>,
  range: { readonly low: number; readonly high: number },
  component: boolean,
): void {
  const value = canonicalValue(holder);
  for (const item of asList(asRecord(holder['code'])?.['coding'])) {
    const coding = asRecord(item);
    const code = asText(coding?.['code']);
    if (code === undefined) continue;
    const point = {
      system: bounded(asText(coding?.['system']) ?? ''),
      code: bounded(code),
      low: range.low,
      high: range.high,
      ...value,
      component,
    };
    if (!points.some((other) => same(other, point))) points.push(point);
  }
}

const same = (a: SeriesPoint, b: SeriesPoint): boolean =>
  a.code === b.code && a.system === b.system && a.component === b.component && a.value === b.value && a.unit === b.unit;

/** A quantity in a UCUM unit, or a whole number; a value with a comparator is no point on a curve. */
function canonicalValue(holder: Readonly<Record<string, unknown>>): {
  readonly value?: string;
  readonly unit?: string;
} {
  const whole = holder['valueInteger'];
  if (isNumber(whole)) {
    const value = usableDecimal(literalOf(whole));
    return value === undefined ? {} : { value, unit: '1' };
  }
  const quantity = asRecord(holder['valueQuantity']);
  const code = asText(quantity?.['code']);
  const number = quantity?.['value'];
  if (
    quantity === undefined ||
    code === undefined ||
    !isNumber(number) ||
    quantity['comparator'] !== undefined ||
    quantity['system'] !== ucumSystem
  )
    return {};
  const unit = canonicalUnit(code);
  const value = usableDecimal(literalOf(number));
  return unit === undefined || value === undefined ? {} : { value: toCanonical(value, unit), unit: unit.code };
}
