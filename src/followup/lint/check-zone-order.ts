import type { ZoneColour, ZoneTable } from '../ruleset/grammar.js';
import { ExactDecimal } from '../units/exact-decimal.js';
import { decimalOf, inRange } from '../units/range.js';
import { type Check, partOf, tablesOf } from './finding.js';

const rank: Record<ZoneColour, number> = { green: 0, yellow: 1, red: 2 };

/** From low to high it gets better, then worse: a worse zone inside a better one is a slip of the pen. */
export const checkZoneOrder: Check = (plan) =>
  tablesOf(plan)
    .filter(({ table, measure }) => !isValley(zonesAlong(table, measure.decimals).map((zone) => rank[zone])))
    .map((found) => ({
      severity: 'error',
      check: 'zone-order',
      place: { kind: 'measure', id: found.key },
      words: `${found.name}: a worse zone lies inside a better one.`,
      values: partOf(found),
    }));

/** The zones from the lowest value to the highest; they change only at their bounds. */
function zonesAlong(table: ZoneTable, decimals: number): ZoneColour[] {
  const step = new ExactDecimal(10).pow(-decimals);
  const bounds = table.flatMap(({ when }) => when.flatMap((range) => Object.values(range).map(decimalOf)));
  const values = bounds.flatMap((bound) => [bound.minus(step), bound, bound.plus(step)]).sort((a, b) => a.cmp(b));
  return values.flatMap((value) => table.find(({ when }) => when.some((range) => inRange(value, range)))?.zone ?? []);
}

function isValley(ranks: readonly number[]): boolean {
  let rising = false;
  return ranks.every((now, i) => {
    const before = ranks[i - 1] ?? now;
    if (now > before) rising = true;
    return !(rising && now < before);
  });
}
