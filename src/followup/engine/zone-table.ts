import type { ContextTables, Range, SimpleMeasure, ZoneColour, ZoneTable } from '../ruleset/grammar.js';
import type { ExactDecimal } from '../units/exact-decimal.js';
import { ExactDecimal as Exact } from '../units/exact-decimal.js';
import { decimalOf, inRange } from '../units/range.js';
import { worstOf } from './colour-rank.js';
import type { Comparator } from './input.js';

/** How a value was measured. */
export interface Circumstances {
  readonly ctx?: string | undefined;
  readonly comparator?: Comparator | undefined;
}

/**
 * The zone of a value: by the table of its context, and the strictest where other templates have tables too.
 *
 * @returns undefined where the measure has no limits; `gap` where it has, but none fits (the plan's tables should
 *   cover every possible value; one that is in no zone cannot be judged)
 */
export function zoneOfValue(
  measure: SimpleMeasure,
  value: ExactDecimal,
  how: Circumstances,
): ZoneColour | 'gap' | undefined {
  const all = [measure.zones ?? [], ...(measure.alsoZones ?? [])].filter((tables) => !isEmpty(tables));
  if (all.length === 0) return undefined;
  const zones = all.flatMap((tables) => {
    const zone = zoneIn(tableFor(tables, how.ctx), value, { comparator: how.comparator, decimals: measure.decimals });
    return zone === undefined ? [] : [zone];
  });
  return worstOf(zones) ?? 'gap';
}

/** Whether there is any limit at all. */
export function hasLimits(measure: SimpleMeasure): boolean {
  return [measure.zones ?? [], ...(measure.alsoZones ?? [])].some((tables) => !isEmpty(tables));
}

function isEmpty(tables: ZoneTable | ContextTables): boolean {
  return isTable(tables) ? tables.length === 0 : Object.values(tables).every((table) => table.length === 0);
}

function isTable(tables: ZoneTable | ContextTables): tables is ZoneTable {
  return Array.isArray(tables);
}

/** The table of the circumstances; empty where the plan has none for them. */
export function tableFor(tables: ZoneTable | ContextTables, ctx: string | undefined): ZoneTable {
  if (isTable(tables)) return tables;
  if (ctx !== undefined && Object.hasOwn(tables, ctx)) return tables[ctx] ?? [];
  return tables['default'] ?? [];
}

interface Precision {
  readonly comparator: Comparator | undefined;
  readonly decimals: number;
}

function zoneIn(table: ZoneTable, value: ExactDecimal, precision: Precision): ZoneColour | undefined {
  const zones = table.filter(({ when }) => when.some((range) => reaches(range, value, precision)));
  return worstOf(zones.map(({ zone }) => zone));
}

/**
 * Whether the value is in the range; of a meter's HI or LO, whether any value beyond it is. So the worst zone that can
 * be meant decides: HI is red when the table's upper end is, CRP "< 5" stays green.
 */
function reaches(range: Range, value: ExactDecimal, { comparator, decimals }: Precision): boolean {
  if (comparator === undefined) return inRange(value, range);
  const step = new Exact(10).pow(-decimals);
  if (comparator === '>' || comparator === '>=') {
    const least = comparator === '>' ? value.plus(step) : value;
    if (range.eq !== undefined) return decimalOf(range.eq).gte(least);
    return inRange(least, {
      ...(range.lt === undefined ? {} : { lt: range.lt }),
      ...(range.le === undefined ? {} : { le: range.le }),
    });
  }
  const most = comparator === '<' ? value.minus(step) : value;
  if (range.eq !== undefined) return decimalOf(range.eq).lte(most);
  return inRange(most, {
    ...(range.gt === undefined ? {} : { gt: range.gt }),
    ...(range.ge === undefined ? {} : { ge: range.ge }),
  });
}
