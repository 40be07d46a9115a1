import type { ColourRange, Measure, Persistence, Rule } from '../ruleset/grammar.js';
import { isComponentMeasure } from '../ruleset/grammar.js';
import type { Extension } from '../vocabulary/element.js';
import { extensionsOf } from '../vocabulary/element.js';
import { structure } from '../vocabulary/systems.js';
import {
  boolean,
  booleanOrText,
  type Codec,
  code,
  decimal,
  duration,
  group,
  integer,
  list,
  member,
  type Members,
  readMembers,
  record,
  text,
  writeMembers,
} from './extension-codec.js';
import { rangeCodec, rangeMembers, rangeOf } from './range-codec.js';

export const ruleUrl = structure('dho-rule');

const persistence: Codec<Persistence> = group<{ kind: string; n: number; m: number; maxGap: string }>({
  kind: code(),
  n: integer,
  m: integer,
  maxGap: duration,
}) as unknown as Codec<Persistence>;

const colourRange = (unit?: string): Codec<ColourRange> => ({
  write: (value, url) => [
    { url, extension: [{ url: 'colour', valueCode: value.colour }, ...rangeMembers(value.when, unit)] },
  ],
  read: ([first]) => ({
    colour: code<ColourRange['colour']>().read(extensionsOf(first, 'colour')),
    when: rangeOf(first, unit) ?? {},
  }),
});

/**
 * Every member that some type of rule has; each name means the same in all of them. Bounds are in the measure's unit, in
 * percent for a relative change, and plain numbers for forms.
 */
function membersOf(unit: string | undefined, unitOfComponent: (name: string) => string | undefined): Members {
  return {
    id: text,
    type: code(),
    title: text,
    note: text,
    colour: code(),
    signal: boolean,
    alertOn: list(code()),
    clear: group<{ consecutiveGreen: number }>({ consecutiveGreen: integer }),
    measure: text,
    component: text,
    questionnaire: text,
    persistence: group<{ yellow: Persistence; red: Persistence }>({ yellow: persistence, red: persistence }),
    window: duration,
    reference: code(),
    baseline: decimal,
    as: code(),
    stat: code(),
    for: duration,
    minReadings: integer,
    minDays: integer,
    maxGap: duration,
    discardFirstDay: boolean,
    range: rangeCodec(unit),
    when: rangeCodec(unit),
    components: record((name) => rangeCodec(unitOfComponent(name))),
    combine: code(),
    linkId: text,
    linkIds: list(text),
    items: list(text),
    equals: booleanOrText,
    consecutive: integer,
    zones: list(colourRange(unit)),
    all: list(text),
    within: duration,
  } as unknown as Members;
}

type Named = { readonly measure?: string; readonly component?: string; readonly as?: string };

function membersFor(rule: Named, measures: Readonly<Record<string, Measure>>): Members {
  const measure =
    rule.measure !== undefined && Object.hasOwn(measures, rule.measure) ? measures[rule.measure] : undefined;
  const componentUnit = (name: string): string | undefined =>
    measure !== undefined && isComponentMeasure(measure) && Object.hasOwn(measure.components, name)
      ? measure.components[name]!.unit
      : undefined;
  if (measure === undefined) return membersOf(undefined, componentUnit);
  if (rule.as === '%') return membersOf('%', componentUnit);
  if (!isComponentMeasure(measure)) return membersOf(measure.unit, componentUnit);
  return membersOf(rule.component === undefined ? undefined : componentUnit(rule.component), componentUnit);
}

/** One rule as extension `dho-rule`; `order` is its place among all rules of the plan. */
export function ruleExtension(rule: Rule, order: number, measures: Readonly<Record<string, Measure>>): Extension {
  const members = writeMembers(membersFor(rule as Named, measures), rule as unknown as Record<string, unknown>);
  return { url: ruleUrl, extension: [{ url: 'order', valueInteger: order }, ...members] };
}

export function ruleOf(found: Extension, measures: Readonly<Record<string, Measure>>): { rule: Rule; order: number } {
  const named: Named = {
    measure: member(found, 'measure', text)!,
    component: member(found, 'component', text)!,
    as: member(found, 'as', code())!,
  };
  return {
    rule: readMembers(membersFor(named, measures), found, ['order']) as unknown as Rule,
    order: member(found, 'order', integer) ?? Number.MAX_SAFE_INTEGER,
  };
}
