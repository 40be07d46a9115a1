/** Which limits judge a reading, chosen by the engine's own code: the plan of its time, its circumstances, the strictest of several templates. */
import { tableFor, zoneOfValue } from '../../../followup/engine/zone-table.js';
import type { ContextTables, SimpleMeasure, ZoneTable } from '../../../followup/ruleset/grammar.js';
import { ExactDecimal, roundHalfUp } from '../../../followup/units/exact-decimal.js';
import { inRange } from '../../../followup/units/range.js';
import type { Zone } from '../fhir/reading.js';
import { worstOf } from './bands.js';
import type { Limits, Reading, Series } from './series.js';
import { firstFrom } from './statistics.js';

/** A stretch of time in which the same tables hold. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
  /** `o2`, `air`, `default` for what is not told; undefined where the limits hold in all circumstances. */
  readonly context: string | undefined;
  readonly tables: readonly ZoneTable[];
  readonly otherwise: Zone | undefined;
  /** Whether another plan came into force at its start. */
  readonly isNewPlan: boolean;
}

const given = ({ zones, alsoZones }: SimpleMeasure): readonly (ZoneTable | ContextTables)[] =>
  [zones, ...(alsoZones ?? [])].flatMap((one) => (one === undefined ? [] : [one]));

const isByContext = (one: ZoneTable | ContextTables): one is ContextTables => !Array.isArray(one);

/** Every table of the measure, of all circumstances. */
export const everyTable = (measure: SimpleMeasure): readonly ZoneTable[] =>
  given(measure).flatMap((one) => (isByContext(one) ? Object.values(one) : [one]));

/** Whose table judges what was measured in these circumstances; undefined where the limits hold in all. */
function judgingContext(measure: SimpleMeasure, context: string | undefined): string | undefined {
  const tables = given(measure).filter(isByContext);
  if (tables.length === 0) return undefined;
  return context !== undefined && tables.some((one) => Object.hasOwn(one, context)) ? context : 'default';
}

const limitsAt = ({ limits }: Series, part: number, at: number): Limits | undefined =>
  limits.find((one) => one.part === part && one.from <= at && at < one.to);

/** The circumstances whose limits judged the reading; undefined where they make no difference. */
export function contextAt(series: Series, reading: Reading): string | undefined {
  const limits = limitsAt(series, 0, reading.at);
  return limits === undefined ? undefined : judgingContext(limits.measure, reading.context);
}

/** As the engine judges it: rounded to the measure's decimals; what is impossible or lies in no zone has none. */
export function zoneAt(series: Series, part: number, reading: Reading): Zone | undefined {
  const limits = limitsAt(series, part, reading.at);
  const value = reading.values[part];
  if (limits === undefined || value === undefined) return undefined;
  const { measure, otherwise } = limits;
  const exact = roundHalfUp(new ExactDecimal(value), measure.decimals);
  if (reading.comparator === undefined && measure.impossible !== undefined && !inRange(exact, measure.impossible))
    return undefined;
  const zone = zoneOfValue(measure, exact, { ctx: reading.context, comparator: reading.comparator });
  return zone === undefined || zone === 'gap' ? otherwise : zone;
}

/** Of all parts. */
export const worstZoneAt = (series: Series, reading: Reading): Zone | undefined =>
  worstOf(reading.values.map((_value, part) => zoneAt(series, part, reading)));

/**
 * The time of the limits cut where the circumstances of the readings change: half-way between two readings that were taken in
 * different ones.
 */
function stretchesOf({ readings }: Series, { from, to, measure, otherwise }: Limits): readonly Stretch[] {
  const stretches: { from: number; to: number; context: string | undefined }[] = [];
  let before: Reading | undefined;
  for (const reading of readings.slice(firstFrom(readings, from), firstFrom(readings, to))) {
    const context = judgingContext(measure, reading.context);
    const last = stretches.at(-1);
    if (last === undefined) stretches.push({ from, to, context });
    else if (last.context !== context) {
      last.to = (before!.at + reading.at) / 2;
      stretches.push({ from: last.to, to, context });
    }
    before = reading;
  }
  if (stretches.length === 0) stretches.push({ from, to, context: judgingContext(measure, undefined) });
  return stretches.map((one, index) => ({
    ...one,
    isNewPlan: index === 0,
    tables: given(measure)
      .map((tables) => tableFor(tables, one.context))
      .filter((table) => table.length > 0),
    otherwise,
  }));
}

/** All stretches of one part, oldest first. */
export const everyStretch = (series: Series, part: number): readonly Stretch[] =>
  series.limits
    .filter((one) => one.part === part)
    .toSorted((a, b) => a.from - b.from)
    .flatMap((one) => stretchesOf(series, one));

/** How many of the readings were judged by which circumstances' limits; empty where these make no difference. */
export function contextCounts(series: Series, from: number): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const reading of series.readings.slice(firstFrom(series.readings, from))) {
    const context = contextAt(series, reading);
    if (context !== undefined) counts.set(context, (counts.get(context) ?? 0) + 1);
  }
  return counts;
}
