import type { Range, SimpleMeasure, ZoneColour, ZoneTable } from '../ruleset/grammar.js';
import { ExactDecimal } from '../units/exact-decimal.js';
import { decimalOf, inRange } from '../units/range.js';
import { type Check, partOf, valuesOf } from './finding.js';

/** One template's green is another's red: the strictest zone counts, and the approver should know it. */
export const checkDisagreement: Check = (plan) =>
  valuesOf(plan).flatMap((found) => {
    const { key, name, measure } = found;
    const values = contradicted(measure);
    if (values.length === 0) return [];
    return [
      {
        severity: 'warning' as const,
        check: 'templates-disagree',
        place: { kind: 'measure' as const, id: key },
        words: `${name}: what one template calls green is red in another (${values[0]!} to ${values.at(-1)!} ${measure.unit}); red counts.`,
        values: { ...partOf(found), from: values[0]!, to: values.at(-1)!, unit: measure.unit },
      },
    ];
  });

function contradicted(measure: SimpleMeasure): string[] {
  const sets = [measure.zones ?? [], ...(measure.alsoZones ?? [])].map((zones) =>
    Array.isArray(zones) ? [zones as ZoneTable] : Object.values(zones as Readonly<Record<string, ZoneTable>>),
  );
  if (sets.length < 2) return [];
  return valuesAround(sets.flat(), measure)
    .filter((value) => {
      const colours = sets.map((tables) => new Set(tables.flatMap((table) => zoneOf(table, value) ?? [])));
      return colours.some((one, i) => one.has('green') && colours.some((other, j) => j !== i && other.has('red')));
    })
    .map((value) => value.toFixed(measure.decimals));
}

const zoneOf = (table: ZoneTable, value: ExactDecimal): ZoneColour | undefined =>
  table.find(({ when }) => when.some((range) => inRange(value, range)))?.zone;

/** Zones change only at their bounds. */
function valuesAround(tables: readonly ZoneTable[], { decimals, impossible = {} }: SimpleMeasure): ExactDecimal[] {
  const step = new ExactDecimal(10).pow(-decimals);
  const bounds = [...tables.flat().flatMap(({ when }) => when), impossible].flatMap((range: Range) =>
    Object.values(range).map(decimalOf),
  );
  return bounds
    .flatMap((bound) => [bound.minus(step), bound, bound.plus(step)])
    .filter((value) => inRange(value, impossible))
    .sort((a, b) => a.cmp(b));
}
