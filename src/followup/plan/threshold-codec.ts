import { Failure } from '../../kernel/failure.js';
import type { ContextTables, Range, SimpleMeasure, Zone, ZoneColour, ZoneTable } from '../ruleset/grammar.js';
import { type Coding, type Concept, type Extension, extensionsOf } from '../vocabulary/element.js';
import { structure, system } from '../vocabulary/systems.js';
import { boolean, code, integer, member, onlyMembers } from './extension-codec.js';
import { codingOf } from './code-text.js';
import { rangeMembers, rangeOf } from './range-codec.js';

export const thresholdUrl = structure('dho-threshold');

const zoneText: Record<ZoneColour, string> = { green: 'Grønn sone', yellow: 'Gul sone', red: 'Rød sone' };
export const zoneCoding = (zone: ZoneColour): Coding => ({ system: system.zone, code: zone, display: zoneText[zone] });

type Tables = ZoneTable | ContextTables;
const isTable = (tables: Tables): tables is ZoneTable => Array.isArray(tables);

/** Which values a threshold belongs to, beside its range. */
interface Place {
  readonly component?: { readonly key: string; readonly code: readonly string[] };
  /** 0 or absent: the measure's own table; 1… the tables of further templates. */
  readonly table: number;
}

/**
 * A measure's (or component's) zone tables as extensions `dho-threshold`, one per range: «a value inside this range is in
 * this zone». Ranges of one zone that follow each other belong together, unless `separate` says that a new entry begins.
 */
export function thresholds(measure: SimpleMeasure, component?: Place['component']): Extension[] {
  const tables = [measure.zones, ...(measure.alsoZones ?? [])];
  return tables.flatMap((one, table) =>
    one === undefined
      ? []
      : tableExtensions(one, { table, ...(component === undefined ? {} : { component }) }, measure.unit),
  );
}

function tableExtensions(tables: Tables, place: Place, unit: string): Extension[] {
  if (isTable(tables)) return zonesOf(tables, placeMembers(place), unit);
  const contexts = Object.entries(tables);
  if (contexts.length === 0) return [threshold([...placeMembers(place), { url: 'empty', valueCode: 'context' }])];
  return contexts.flatMap(([context, table]) =>
    zonesOf(table, [...placeMembers(place), { url: 'context', valueCode: context }], unit),
  );
}

function zonesOf(table: ZoneTable, place: Extension[], unit: string): Extension[] {
  if (table.length === 0) return [threshold([...place, { url: 'empty', valueCode: 'zone' }])];
  return table.flatMap((zone, at) =>
    zone.when.map((range, index) => {
      const separate = index === 0 && table[at - 1]?.zone === zone.zone;
      return threshold([
        { url: 'zone', valueCoding: zoneCoding(zone.zone) },
        ...place,
        ...(separate ? [{ url: 'separate', valueBoolean: true }] : []),
        ...rangeMembers(range, unit),
      ]);
    }),
  );
}

function placeMembers({ component, table }: Place): Extension[] {
  return [
    ...(component === undefined
      ? []
      : [{ url: 'component', valueCodeableConcept: componentConcept(component.key, component.code) }]),
    ...(table === 0 ? [] : [{ url: 'table', valueInteger: table }]),
  ];
}

export const componentConcept = (key: string, codes: readonly string[]): Concept => ({
  ...(codes.length === 0 ? {} : { coding: codes.map(codingOf) }),
  text: key,
});

const threshold = (extension: Extension[]): Extension => ({ url: thresholdUrl, extension });

/** The tables of a measure, or of its component `key`, from the thresholds of an activity. `also`: how many further ones. */
export function zoneTables(
  owner: unknown,
  unit: string,
  key: string | undefined,
  also: number | undefined,
): Pick<SimpleMeasure, 'zones' | 'alsoZones'> {
  const mine = extensionsOf(owner, thresholdUrl).filter((one) => componentKey(one) === key);
  const at = (table: number): Tables | undefined =>
    tablesOf(
      mine.filter((one) => (member(one, 'table', integer) ?? 0) === table),
      unit,
    );
  const zones = at(0);
  return {
    ...(zones === undefined ? {} : { zones }),
    ...(also === undefined ? {} : { alsoZones: Array.from({ length: also }, (_, index) => at(index + 1) ?? []) }),
  };
}

const componentKey = (one: Extension): string | undefined =>
  (extensionsOf(one, 'component')[0]?.valueCodeableConcept as Concept | undefined)?.text;

function tablesOf(found: readonly Extension[], unit: string): Tables | undefined {
  if (found.length === 0) return undefined;
  const contexts = new Map<string | undefined, Extension[]>();
  for (const one of found) {
    const context = member(one, 'context', code());
    const same = contexts.get(context) ?? [];
    same.push(one);
    contexts.set(context, same);
  }
  if (found.some((one) => member(one, 'empty', code()) === 'context')) return {};
  const plain = contexts.get(undefined);
  if (plain !== undefined && contexts.size === 1) return tableOf(plain, unit);
  return Object.fromEntries([...contexts].map(([context, same]) => [context ?? 'default', tableOf(same, unit)]));
}

function tableOf(found: readonly Extension[], unit: string): ZoneTable {
  const table: { zone: ZoneColour; when: Range[] }[] = [];
  for (const one of found) {
    const zone = (extensionsOf(one, 'zone')[0]?.valueCoding as Coding | undefined)?.code as ZoneColour | undefined;
    const range = rangeOf(one, unit);
    onlyMembers(one, [
      'zone',
      'component',
      'table',
      'context',
      'separate',
      'value',
      'low',
      'lowInclusive',
      'high',
      'highInclusive',
    ]);
    if (member(one, 'empty', code()) !== undefined) continue;
    if (zone === undefined || !(zone in zoneText) || range === undefined) {
      throw new Failure('unprocessable', 'A threshold has a zone (green, yellow or red) and a bound, low or high.', {
        expression: `Extension('${thresholdUrl}')`,
        code: 'required',
      });
    }
    const last = table.at(-1);
    if (last !== undefined && last.zone === zone && member(one, 'separate', boolean) !== true) last.when.push(range);
    else table.push({ zone, when: [range] });
  }
  return table satisfies Zone[];
}
