import type { Range } from '../ruleset/grammar.js';
import { decimalOf } from '../units/range.js';
import { type Check, partOf, tablesOf } from './finding.js';

/** A limit outside what is possible never separates anything. */
export const checkBounds: Check = (plan) =>
  tablesOf(plan).flatMap((found) => {
    const { key, name, measure, table } = found;
    const outside = table.flatMap(({ when }) =>
      when.flatMap((range) => Object.values(range).filter((bound) => isOutside(bound, measure.impossible ?? {}))),
    );
    return [...new Set(outside)].map((bound) => ({
      severity: 'error' as const,
      check: 'bound-outside',
      place: { kind: 'measure' as const, id: key },
      words: `${name}: the limit ${bound} ${measure.unit} is outside what is possible.`,
      values: { ...partOf(found), value: bound, unit: measure.unit },
    }));
  });

function isOutside(bound: string, { ge, gt, le, lt }: Range): boolean {
  const value = decimalOf(bound);
  const low = ge ?? gt;
  const high = le ?? lt;
  return (low !== undefined && value.lt(decimalOf(low))) || (high !== undefined && value.gt(decimalOf(high)));
}
