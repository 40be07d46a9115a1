// https://hl7.org/fhir/R4/elementdefinition-definitions.html#ElementDefinition.minValue_x_
import { tryDateRange } from '../../fhir/dates.js';
import { isNumber, literalOf } from '../../fhir/json-number.js';
import { isObject } from '../visit.js';

/**
 * Whether a value lies before (-1) or after (1) a limit, or at it (0); undefined where the two cannot be compared: different
 * units, a date that is less exact than the limit, a limit that is relative to now.
 */
export function compareToLimit(value: unknown, limit: unknown): -1 | 0 | 1 | undefined {
  if (isNumber(value) && isNumber(limit)) return ordered(literalOf(value), literalOf(limit));
  if (isObject(value) && isObject(limit)) {
    const sameUnit = value.code === limit.code && value.system === limit.system && value.unit === limit.unit;
    const sameCode = value.code !== undefined && value.code === limit.code && value.system === limit.system;
    return sameUnit || sameCode ? compareToLimit(value.value, limit.value) : undefined;
  }
  if (typeof value !== 'string' || typeof limit !== 'string') return undefined;
  if (/^\d\d:/.test(value) && /^\d\d:/.test(limit)) return value < limit ? -1 : value > limit ? 1 : 0;
  const [own, other] = [tryDateRange(value, 'UTC'), tryDateRange(limit, 'UTC')];
  if (own === undefined || other === undefined) return undefined;
  if (own.high <= other.low) return -1;
  if (own.low >= other.high) return 1;
  return own.low >= other.low && own.high <= other.high ? 0 : undefined;
}

function ordered(a: string, b: string): -1 | 0 | 1 {
  const difference = Number(a) - Number(b);
  return difference < 0 ? -1 : difference > 0 ? 1 : 0;
}
