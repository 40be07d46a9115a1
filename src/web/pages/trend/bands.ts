import type { ColourRange, Range, ZoneTable } from '../../../followup/ruleset/grammar.js';
import type { Zone } from '../fhir/reading.js';

/** A stripe of the value axis that is in one zone. Open at an end where the bound is infinite. */
export interface Band {
  readonly low: number;
  readonly high: number;
  readonly zone: Zone;
}

/** Value → zone; undefined where no limit speaks of it. */
export type ZoneOf = (value: number) => Zone | undefined;

export const worstOf = (zones: readonly (Zone | undefined)[]): Zone | undefined =>
  (['red', 'yellow', 'green'] as const).find((zone) => zones.includes(zone));

const within = (value: number, { gt, ge, lt, le, eq }: Range): boolean =>
  (gt === undefined || value > Number(gt)) &&
  (ge === undefined || value >= Number(ge)) &&
  (lt === undefined || value < Number(lt)) &&
  (le === undefined || value <= Number(le)) &&
  (eq === undefined || value === Number(eq));

/** Limits of a rule over a score or a count. */
export const tableOfColours = (zones: readonly ColourRange[]): ZoneTable =>
  zones.map(({ colour, when }) => ({ zone: colour, when: [when] }));

/** Every limit of the tables, as they stand there. */
export const boundsOf = (tables: readonly ZoneTable[]): readonly number[] =>
  tables.flatMap((table) => table.flatMap(({ when }) => when.flatMap((range) => Object.values(range).map(Number))));

export function zoneFinder(tables: readonly ZoneTable[], otherwise?: Zone): ZoneOf {
  return (value) =>
    worstOf(
      tables.flatMap((table) =>
        table.filter(({ when }) => when.some((range) => within(value, range))).map(({ zone }) => zone),
      ),
    ) ?? otherwise;
}

/**
 * The value axis cut at every limit, each piece with its zone; neighbours of one zone are one band.
 *
 * @param step the smallest difference between two values (1 for whole numbers): a gap no wider, as between «to and with 20»
 *   and «from 21», holds no value, and the bands meet in its middle
 */
export function bandsOf(tables: readonly ZoneTable[], otherwise?: Zone, step = 0): readonly Band[] {
  if (tables.length === 0) return [];
  const bounds = boundsOf(tables).toSorted((a, b) => a - b);
  const edges = [Number.NEGATIVE_INFINITY, ...new Set(bounds), Number.POSITIVE_INFINITY];
  const find = zoneFinder(tables, otherwise);
  const bands: Band[] = [];
  for (let at = 0; at + 1 < edges.length; at += 1) {
    const low = edges[at]!;
    const high = edges[at + 1]!;
    const zone = find(inside(low, high));
    const last = bands.at(-1);
    if (zone === undefined) {
      if (high - low > step * 1.001 || last === undefined) continue;
      const next = find(inside(high, edges[at + 2] ?? Number.POSITIVE_INFINITY));
      bands[bands.length - 1] = { ...last, high: next === undefined ? last.high : (low + high) / 2 };
      continue;
    }
    if (last !== undefined && last.zone === zone && last.high === low) bands[bands.length - 1] = { ...last, high };
    else bands.push({ low: last !== undefined && low - last.high <= step ? last.high : low, high, zone });
  }
  return bands;
}

function inside(low: number, high: number): number {
  if (low === Number.NEGATIVE_INFINITY) return high === Number.POSITIVE_INFINITY ? 0 : high - 1;
  return high === Number.POSITIVE_INFINITY ? low + 1 : (low + high) / 2;
}
