import type { ColourRange, Range, Rule, RuleSet, SimpleMeasure, ZoneTable } from '../ruleset/grammar.js';
import { isComponentMeasure } from '../ruleset/grammar.js';
import type { PlanCheck } from './plan-check.js';

/** What of the plan a finding is about. */
export interface Place {
  readonly kind: 'measure' | 'rule' | 'schedule' | 'escalation' | 'calendar';
  /** Measure key, or id. */
  readonly id: string;
}

/** Something that an approver should not have to discover: an error makes the plan unfit, a warning needs a reason to be let by. */
export interface Finding {
  readonly severity: 'error' | 'warning' | 'information';
  /** Which check found it: a code of `dho-plan-check`. */
  readonly check: PlanCheck;
  readonly place: Place;
  /** One sentence. */
  readonly words: string;
  /** What the sentence speaks of beside the place: values as they stand in the plan. */
  readonly values?: FindingValues;
}

/** By name; `zones` and `colours` are codes with commas between, `window` is a duration. */
export type FindingValues = Partial<Record<FindingValue, string>>;
export type FindingValue =
  | 'component'
  | 'context'
  | 'unit'
  | 'expected-unit'
  | 'value'
  | 'from'
  | 'to'
  | 'zones'
  | 'colour'
  | 'measure'
  | 'member'
  | 'window'
  | 'gap'
  | 'needed'
  | 'possible';

export type Check = (plan: RuleSet) => readonly Finding[];

/** A value that is measured. */
export interface NamedValue {
  /** Measure key. */
  readonly key: string;
  /** `spo2`, `bp.sys`, of a table also `spo2 (o2)` */
  readonly name: string;
  readonly component?: string;
  readonly measure: SimpleMeasure;
}

export interface NamedTable extends NamedValue {
  readonly context?: string;
  readonly table: ZoneTable;
}

/** Of which of a measure's values or tables a finding is. */
export const partOf = ({ component, context }: { component?: string; context?: string }): FindingValues => ({
  ...(component === undefined ? {} : { component }),
  ...(context === undefined ? {} : { context }),
});

/** Every value that is measured: the measures of one value and the parts of the others. */
export const valuesOf = (plan: RuleSet): NamedValue[] =>
  Object.entries(plan.measures).flatMap(([key, measure]) =>
    isComponentMeasure(measure)
      ? Object.entries(measure.components).map(([part, one]) => ({
          key,
          name: `${key}.${part}`,
          component: part,
          measure: one,
        }))
      : [{ key, name: key, measure }],
  );

/** Every zone table of the plan that has limits, those of other templates included. */
export function tablesOf(plan: RuleSet): NamedTable[] {
  return valuesOf(plan).flatMap((value) =>
    [value.measure.zones ?? [], ...(value.measure.alsoZones ?? [])].flatMap((zones) => {
      const tables: NamedTable[] = Array.isArray(zones)
        ? [{ ...value, table: zones as ZoneTable }]
        : Object.entries(zones as Readonly<Record<string, ZoneTable>>).map(([context, table]) => ({
            ...value,
            name: `${value.name} (${context})`,
            context,
            table,
          }));
      return tables.filter(({ table }) => table.length > 0);
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
