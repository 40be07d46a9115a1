import type { ColourRange, Range, Rule, RuleSet, SimpleMeasure, ZoneTable } from '../ruleset/grammar.js';
import { isComponentMeasure } from '../ruleset/grammar.js';

/** What of the plan a finding is about. */
export interface Place {
  readonly kind: 'measure' | 'rule' | 'schedule' | 'escalation' | 'calendar';
  /** Measure key, or id. */
  readonly id: string;
}

/** Something that an approver should not have to discover: an error makes the plan unfit, a warning needs a reason to be let by. */
export interface Finding {
  readonly severity: 'error' | 'warning' | 'information';
  /** Which check found it, `zone-gap`. */
  readonly check: string;
  readonly place: Place;
  /** One sentence. */
  readonly words: string;
}

export type Check = (plan: RuleSet) => readonly Finding[];

export interface NamedTable {
  /** Measure key. */
  readonly key: string;
  /** `spo2`, `bp.sys`, `spo2 (o2)` */
  readonly name: string;
  readonly measure: SimpleMeasure;
  readonly table: ZoneTable;
}

/** Every value that is measured: the measures of one value and the parts of the others. */
export const valuesOf = (
  plan: RuleSet,
): { readonly key: string; readonly name: string; readonly measure: SimpleMeasure }[] =>
  Object.entries(plan.measures).flatMap(([key, measure]) =>
    isComponentMeasure(measure)
      ? Object.entries(measure.components).map(([part, one]) => ({ key, name: `${key}.${part}`, measure: one }))
      : [{ key, name: key, measure }],
  );

/** Every zone table of the plan that has limits, those of other templates included. */
export function tablesOf(plan: RuleSet): NamedTable[] {
  return valuesOf(plan).flatMap(({ key, name, measure }) =>
    [measure.zones ?? [], ...(measure.alsoZones ?? [])].flatMap((zones) => {
      const tables: [string, ZoneTable][] = Array.isArray(zones)
        ? [[name, zones as ZoneTable]]
        : Object.entries(zones as Readonly<Record<string, ZoneTable>>).map(([context, table]) => [
            `${name} (${context})`,
            table,
          ]);
      return tables.filter(([, table]) => table.length > 0).map(([one, table]) => ({ key, name: one, measure, table }));
    }),
  );
}

/** The ranges that a rule looks for. */
export function rangesOf(rule: Rule): readonly Range[] {
  const zones = 'zones' in rule ? ((rule.zones ?? []) as readonly ColourRange[]).map(({ when }) => when) : [];
  switch (rule.type) {
    case 'duration':
      return [rule.range];
    case 'scoreDelta':
      return [rule.when];
    case 'aggregate':
      return [...(rule.when === undefined ? [] : [rule.when]), ...Object.values(rule.components ?? {})];
    default:
      return zones;
  }
}
