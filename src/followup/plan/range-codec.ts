import type { Range } from '../ruleset/grammar.js';
import type { Extension } from '../vocabulary/element.js';
import { boolean, type Codec, decimal, member, quantity } from './extension-codec.js';

/**
 * A range as members `low`, `lowInclusive`, `high`, `highInclusive`, or `value` (exactly that); inclusivity is always
 * written. With a unit the bounds are Quantities, else decimals.
 */
export function rangeMembers(range: Range, unit: string | undefined): Extension[] {
  const bound = unit === undefined ? decimal : quantity(unit);
  const low = range.ge ?? range.gt;
  const high = range.le ?? range.lt;
  return [
    ...(range.eq === undefined ? [] : bound.write(range.eq, 'value')),
    ...(low === undefined
      ? []
      : [...bound.write(low, 'low'), { url: 'lowInclusive', valueBoolean: range.ge !== undefined }]),
    ...(high === undefined
      ? []
      : [...bound.write(high, 'high'), { url: 'highInclusive', valueBoolean: range.le !== undefined }]),
  ];
}

/** The way back. A bound without its flag counts as inclusive, as FHIR's own ranges are. */
export function rangeOf(owner: unknown, unit: string | undefined): Range | undefined {
  const bound = unit === undefined ? decimal : quantity(unit);
  const eq = member(owner, 'value', bound);
  const low = member(owner, 'low', bound);
  const high = member(owner, 'high', bound);
  if (eq !== undefined) return { eq };
  if (low === undefined && high === undefined) return undefined;
  const lowInclusive = member(owner, 'lowInclusive', boolean) ?? true;
  const highInclusive = member(owner, 'highInclusive', boolean) ?? true;
  return {
    ...(low === undefined ? {} : lowInclusive ? { ge: low } : { gt: low }),
    ...(high === undefined ? {} : highInclusive ? { le: high } : { lt: high }),
  };
}

export const rangeCodec = (unit?: string): Codec<Range> => ({
  write: (value, url) => [{ url, extension: rangeMembers(value, unit) }],
  read: ([first]) => rangeOf(first, unit) ?? {},
});
