import { Failure } from '../../kernel/failure.js';
import { isComponentMeasure, type Measure, type Rule, type RuleSet, type SimpleMeasure } from '../ruleset/grammar.js';
import { sameJson } from '../vocabulary/same-json.js';

interface Named {
  readonly name: string;
  readonly ruleSet: RuleSet;
}

/**
 * Several diagnoses in one plan: rules, schedules and escalations of all templates side by side; where two have limits for
 * one measure both tables are kept and the strictest zone wins. An exception is the approver's to make.
 */
export function mergeRuleSets(templates: readonly Named[]): RuleSet {
  const [first, ...others] = templates;
  if (first === undefined) throw new Failure('fault', 'There is no template to merge.');
  if (others.length === 0) return first.ruleSet;
  return others.reduce<RuleSet>((all, { name, ruleSet }) => {
    const measures: Record<string, Measure> = { ...all.measures };
    for (const [key, measure] of Object.entries(ruleSet.measures)) {
      measures[key] = measures[key] === undefined ? measure : strictest(key, measures[key], measure);
    }
    return {
      ...all,
      merge: { default: 'strictest' },
      measures,
      rules: unitedRules(all.rules, ruleSet.rules, name),
      schedules: united(all.schedules, ruleSet.schedules, name),
      escalations: united(all.escalations, ruleSet.escalations, name),
      ebp: mergedZones(all.ebp, ruleSet.ebp),
      fatalDeviceStatus: [...new Set([...(all.fatalDeviceStatus ?? []), ...(ruleSet.fatalDeviceStatus ?? [])])],
    };
  }, first.ruleSet);
}

function strictest(key: string, one: Measure, other: Measure): Measure {
  if (sameJson(one, other)) return one;
  if (isComponentMeasure(one) || isComponentMeasure(other)) {
    if (!isComponentMeasure(one) || !isComponentMeasure(other)) throw differs(key);
    const components = Object.fromEntries(
      Object.entries({ ...other.components, ...one.components }).map(([name, value]): [string, SimpleMeasure] => {
        const second = other.components[name];
        return [
          name,
          second === undefined || one.components[name] === undefined
            ? value
            : merged(key, one.components[name], second),
        ];
      }),
    );
    return { ...one, components };
  }
  return merged(key, one, other);
}

function merged(key: string, one: SimpleMeasure, other: SimpleMeasure): SimpleMeasure {
  if (sameJson(one, other)) return one;
  if (one.unit !== other.unit) throw differs(key);
  const tables = [
    ...(one.alsoZones ?? []),
    ...(other.zones === undefined ? [] : [other.zones]),
    ...(other.alsoZones ?? []),
  ];
  const added = tables.filter(
    (table, index) => !sameJson(table, one.zones) && tables.findIndex((again) => sameJson(again, table)) === index,
  );
  return {
    ...one,
    code: [...new Set([...(one.code ?? []), ...(other.code ?? [])])],
    ...(one.maxStep === undefined && other.maxStep !== undefined ? { maxStep: other.maxStep } : {}),
    ...(one.suspect === undefined && other.suspect !== undefined ? { suspect: other.suspect } : {}),
    ...(added.length === 0 ? {} : { alsoZones: added }),
  };
}

const differs = (key: string): Failure =>
  new Failure(
    'unprocessable',
    `The templates measure "${key}" in different units or components; make one plan by hand.`,
    { expression: 'PlanDefinition.action' },
  );

/** A template's composites mean its own rules, also where these stand under another name now. */
function unitedRules(all: readonly Rule[], more: readonly Rule[], template: string): Rule[] {
  const renamed = new Set(
    more.filter((one) => all.some((other) => other.id === one.id && !sameJson(other, one))).map(({ id }) => id),
  );
  const own = (id: string): string => (renamed.has(id) ? `${template}-${id}` : id);
  const meant = more.map((one) =>
    one.type === 'composite' && one.all.some((id) => renamed.has(id)) ? { ...one, all: one.all.map(own) } : one,
  );
  return united(all, meant, template);
}

/** The same rule once; another rule of the same id under the template's name. */
function united<T extends { readonly id: string }>(all: readonly T[], more: readonly T[], template: string): T[] {
  const added = more.flatMap((one) => {
    const same = all.find((other) => other.id === one.id);
    if (same === undefined) return [one];
    return sameJson(same, one) ? [] : [{ ...one, id: `${template}-${one.id}` }];
  });
  return [...all, ...added];
}

function mergedZones(one: RuleSet['ebp'], other: RuleSet['ebp']): NonNullable<RuleSet['ebp']> {
  const zones: Record<string, unknown> = {};
  for (const colour of ['green', 'yellow', 'red'] as const) {
    const [a, b] = [one?.[colour], other?.[colour]];
    zones[colour] = a === undefined || b === undefined || sameJson(a, b) ? (a ?? b) : joined(a, b);
    if (zones[colour] === undefined) delete zones[colour];
  }
  return zones as NonNullable<RuleSet['ebp']>;
}

type Zone = NonNullable<NonNullable<RuleSet['ebp']>['green']>;
const parts = (zone: Zone): { condition?: string; action?: string } =>
  typeof zone === 'string' ? { condition: zone } : zone;
function joined(a: Zone, b: Zone): Zone {
  const join = (...texts: (string | undefined)[]): string => texts.filter((one) => one !== undefined).join(' / ');
  const condition = join(parts(a).condition, parts(b).condition);
  const action = join(parts(a).action, parts(b).action);
  return { ...(condition === '' ? {} : { condition }), ...(action === '' ? {} : { action }) };
}
