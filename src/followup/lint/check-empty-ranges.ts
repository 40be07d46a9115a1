import type { Range } from '../ruleset/grammar.js';
import { decimalOf } from '../units/range.js';
import { type Check, type Place, rangesOf, tablesOf } from './finding.js';

/** A range that no value can lie in: its zone or rule is never reached. */
export const checkEmptyRanges: Check = (plan) => [
  ...tablesOf(plan).flatMap(({ key, name, table }) =>
    found(
      name,
      { kind: 'measure', id: key },
      table.flatMap(({ when }) => when),
    ),
  ),
  ...plan.rules.flatMap((rule) => found(rule.id, { kind: 'rule', id: rule.id }, rangesOf(rule))),
];

function found(name: string, place: Place, ranges: readonly Range[]) {
  return ranges.filter(isEmpty).map((range) => ({
    severity: 'error' as const,
    check: 'empty-range',
    place,
    words: `${name}: no value is ${Object.entries(range)
      .map(([bound, value]) => `${bound} ${value}`)
      .join(' and ')}.`,
  }));
}

function isEmpty({ ge, gt, le, lt }: Range): boolean {
  const low = ge ?? gt;
  const high = le ?? lt;
  if (low === undefined || high === undefined) return false;
  const order = decimalOf(low).cmp(decimalOf(high));
  return order > 0 || (order === 0 && (gt !== undefined || lt !== undefined));
}
