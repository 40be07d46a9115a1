import type { Range } from '../ruleset/grammar.js';
import { decimalOf } from '../units/range.js';
import { type Check, type Finding, type FindingValues, partOf, type Place, rangesOf, tablesOf } from './finding.js';

/** A range that no value can lie in: its zone or rule is never reached. */
export const checkEmptyRanges: Check = (plan) => [
  ...tablesOf(plan).flatMap((one) =>
    one.table
      .flatMap(({ when }) => when)
      .filter(isEmpty)
      .map((range) => found(one.name, { kind: 'measure', id: one.key }, { range, part: partOf(one) })),
  ),
  ...plan.rules.flatMap((rule) =>
    rangesOf(rule)
      .filter(isEmpty)
      .map((range) => found(rule.id, { kind: 'rule', id: rule.id }, { range, part: {} })),
  ),
];

function found(name: string, place: Place, { range, part }: { range: Range; part: FindingValues }): Finding {
  const value = Object.entries(range)
    .map(([bound, limit]) => `${bound} ${limit}`)
    .join(', ');
  return {
    severity: 'error',
    check: 'empty-range',
    place,
    words: `${name}: no value is ${value.replace(', ', ' and ')}.`,
    values: { ...part, value },
  };
}

function isEmpty({ ge, gt, le, lt }: Range): boolean {
  const low = ge ?? gt;
  const high = le ?? lt;
  if (low === undefined || high === undefined) return false;
  const order = decimalOf(low).cmp(decimalOf(high));
  return order > 0 || (order === 0 && (gt !== undefined || lt !== undefined));
}
