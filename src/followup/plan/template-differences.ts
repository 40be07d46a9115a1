/** Where the templates of one draft say different things: for the one who approves it. */
import {
  type ContextTables,
  isComponentMeasure,
  type Measure,
  type Rule,
  type RuleSet,
  type Schedule,
  type SimpleMeasure,
  type ZoneTable,
} from '../ruleset/grammar.js';
import type { Extension } from '../vocabulary/element.js';
import { sameJson } from '../vocabulary/same-json.js';
import { structure } from '../vocabulary/systems.js';
import { colourWords, daysWords, rangesWords } from './plan-words.js';
import { componentName, ruleWords } from './rule-words.js';

export const disagreementUrl = structure('dho-disagreement');

export interface NamedTemplate {
  /** `kols@1.0` */
  readonly name: string;
  readonly ruleSet: RuleSet;
}

export interface Difference {
  readonly about: 'limits' | 'quality' | 'rule' | 'schedule';
  /** Measure, component (`bp.sys`) or rule. */
  readonly key: string;
  readonly templates: readonly [string, string];
  /** What the draft does: the worst zone counts, both stand side by side, or the first template's holds. */
  readonly resolution: 'strictest' | 'both' | 'first';
  /** Norwegian, one line. */
  readonly words: string;
}

/** Each pair of templates, in their order. Codes, titles and notes are no disagreement, nor is what only one of them has. */
export function templateDifferences(templates: readonly NamedTemplate[]): Difference[] {
  return templates.flatMap((one, i) => templates.slice(i + 1).flatMap((other) => between(one, other)));
}

function between(one: NamedTemplate, other: NamedTemplate): Difference[] {
  const names = [one.name, other.name] as const;
  const shared = Object.keys(one.ruleSet.measures).filter((key) => Object.hasOwn(other.ruleSet.measures, key));
  return [
    ...shared.flatMap((key) => ofMeasure({ key, names }, one.ruleSet.measures[key]!, other.ruleSet.measures[key]!)),
    ...one.ruleSet.rules.flatMap((rule) => ofRule(rule, one, other)),
    ...shared.flatMap((key) => ofSchedules(key, one, other)),
  ];
}

interface Place {
  readonly key: string;
  readonly names: readonly [string, string];
}

function ofMeasure({ key, names }: Place, one: Measure, other: Measure): Difference[] {
  const title = one.title ?? key;
  if (!isComponentMeasure(one) || !isComponentMeasure(other))
    return isComponentMeasure(one) || isComponentMeasure(other) ? [] : ofValues({ key, names, title }, one, other);
  return Object.entries(one.components).flatMap(([part, value]) => {
    const second = other.components[part];
    const named = { key: `${key}.${part}`, names, title: `${title}, ${componentName(part, one).toLowerCase()}` };
    return second === undefined ? [] : ofValues(named, value, second);
  });
}

function ofValues(place: Place & { readonly title: string }, one: SimpleMeasure, other: SimpleMeasure): Difference[] {
  const { key, names, title } = place;
  const found: Difference[] = [];
  if (hasLimits(one) && hasLimits(other) && !sameJson(one.zones, other.zones)) {
    const both = `${names[0]}: ${tablesWords(one)}. ${names[1]}: ${tablesWords(other)}`;
    const words = `${title}: ulike grenser, den strengeste sonen gjelder. ${both}.`;
    found.push({ about: 'limits', key, templates: names, resolution: 'strictest', words });
  }
  const differing = (['decimals', 'impossible', 'suspect', 'maxStep'] as const).filter(
    (member) => one[member] !== undefined && other[member] !== undefined && !sameJson(one[member], other[member]),
  );
  if (differing.length > 0) {
    const what = differing.map((member) => qualityWords[member]).join(', ');
    const words = `${title}: ulik ${what}; den fra ${names[0]} gjelder.`;
    found.push({ about: 'quality', key, templates: names, resolution: 'first', words });
  }
  return found;
}

const qualityWords = {
  decimals: 'avrunding',
  impossible: 'grense for umulige verdier',
  suspect: 'grense for uvanlige verdier',
  maxStep: 'grense for sprang mellom målinger',
} as const;

const hasLimits = ({ zones }: SimpleMeasure): boolean =>
  zones !== undefined && (!Array.isArray(zones) || zones.length > 0);

function tablesWords({ zones = [], unit }: SimpleMeasure): string {
  const words = (table: ZoneTable): string =>
    table.map(({ zone, when }) => `${colourWords[zone]} ${rangesWords(when, unit)}`).join('; ');
  if (Array.isArray(zones)) return words(zones as ZoneTable);
  return Object.entries(zones as ContextTables)
    .map(([context, table]) => `(${context}) ${words(table)}`)
    .join(' ');
}

function ofRule(rule: Rule, one: NamedTemplate, other: NamedTemplate): Difference[] {
  const second = other.ruleSet.rules.find(({ id }) => id === rule.id);
  if (second === undefined || sameJson(clinical(rule), clinical(second))) return [];
  const words = `Regelen ${rule.id} er ulik; begge gjelder. ${one.name}: ${ruleWords(rule, one.ruleSet)}. ${other.name}: ${ruleWords(second, other.ruleSet)}.`;
  return [{ about: 'rule', key: rule.id, templates: [one.name, other.name], resolution: 'both', words }];
}

const clinical = ({ title: _title, note: _note, ...rest }: Rule): object => rest;

/** Two schedules of one measure both stand: the patient is asked at all of their times. */
function ofSchedules(key: string, one: NamedTemplate, other: NamedTemplate): Difference[] {
  const [a, b] = [timesOf(key, one.ruleSet), timesOf(key, other.ruleSet)];
  if (a.length === 0 || b.length === 0 || sameJson(a.toSorted(), b.toSorted())) return [];
  const title = one.ruleSet.measures[key]?.title ?? key;
  const words = `${title}: ulike tidspunkt, alle gjelder. ${one.name}: ${a.join('; ')}. ${other.name}: ${b.join('; ')}.`;
  return [{ about: 'schedule', key, templates: [one.name, other.name], resolution: 'both', words }];
}

const timesOf = (key: string, { schedules }: RuleSet): string[] =>
  schedules
    .filter((one) => one.for === key)
    .map(({ days, times }: Schedule) => `${daysWords(days)} kl. ${times.join(', ')}`);

export const disagreementExtension = ({ about, key, templates, resolution, words }: Difference): Extension => ({
  url: disagreementUrl,
  extension: [
    { url: 'about', valueCode: about },
    { url: 'key', valueString: key },
    ...templates.map((name) => ({ url: 'template', valueString: name })),
    { url: 'resolution', valueCode: resolution },
    { url: 'text', valueString: words },
  ],
});
