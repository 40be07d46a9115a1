import { ExactDecimal } from '../units/exact-decimal.js';
import { decimalOf, inRange } from '../units/range.js';
import type { Range, ZoneColour, ZoneTable } from './grammar.js';

/** A possible value that is in no zone, or in several. */
export interface PartitionProblem {
  readonly value: string;
  readonly zones: readonly ZoneColour[];
}

/** What values a measure can have: so many decimals, within the possible range. */
export interface Representable {
  readonly decimals: number;
  readonly impossible?: Range;
}

/**
 * Where a zone table does not put every possible value in exactly one zone. Zones only change at their bounds, so the
 * bounds and their neighbours are enough to look at. An empty table has no limits and no problem.
 */
export function partitionProblems(table: ZoneTable, { decimals, impossible = {} }: Representable): PartitionProblem[] {
  if (table.length === 0) return [];
  const step = new ExactDecimal(10).pow(-decimals);
  const bounds = [...table.flatMap(({ when }) => when), impossible].flatMap((range) =>
    Object.values(range).map(decimalOf),
  );
  const values = new Map<string, ExactDecimal>();
  for (const bound of bounds) {
    const floor = bound.div(step).floor().times(step);
    for (const value of [floor.minus(step), floor, floor.plus(step), floor.plus(step).plus(step)]) {
      if (inRange(value, impossible)) values.set(value.toFixed(decimals), value);
    }
  }
  return [...values]
    .sort(([, a], [, b]) => a.cmp(b))
    .flatMap(([literal, value]) => {
      const zones = table.filter(({ when }) => when.some((range) => inRange(value, range))).map(({ zone }) => zone);
      return zones.length === 1 ? [] : [{ value: literal, zones }];
    });
}
