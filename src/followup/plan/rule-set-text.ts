/**
 * A self-management plan as Norwegian text: everything that would be monitored, for whoever approves it. What is printed is
 * read from the rules the engine gets, so nothing that counts can be left out of sight.
 */
import type { Resource } from '../../fhir/resource.js';
import {
  type ContextTables,
  isComponentMeasure,
  type Measure,
  type RuleSet,
  type SimpleMeasure,
  type ZoneTable,
} from '../ruleset/grammar.js';
import { many, type Reference } from '../vocabulary/element.js';
import { contextWords, numberWords, unitWords } from '../vocabulary/value-words.js';
import { colourWords, daysWords, durationWords, rangesWords, rangeWords, scheduleLines } from './plan-words.js';
import { componentName, type FormNames, ruleWords } from './rule-words.js';

export interface PlanSection {
  readonly heading: string;
  readonly lines: readonly string[];
}

/**
 * Zones with what to do, goals, each measure with limits and times, forms and tasks, rules, escalations, opening hours.
 *
 * @param rules of the same plan
 * @param forms where it is known what the forms ask
 */
export function sectionsOf(plan: Resource, rules: RuleSet, forms?: FormNames): readonly PlanSection[] {
  const sections = [
    ...zoneSections(rules),
    { heading: 'Mål for oppfølgingen', lines: goals(plan) },
    ...Object.entries(rules.measures).map(([key, measure]) => measureSection(key, measure, rules)),
    ...otherSchedules(rules),
    {
      heading: 'Regler for varsling',
      lines: [
        ...rules.rules.map((rule) => capital(ruleWords(rule, rules, forms))),
        ...safetyNet(rules),
        ...news2(rules),
      ],
    },
    { heading: 'Gjentatte funn', lines: escalations(rules) },
    { heading: 'Oppfølgingssenteret', lines: openingHours(rules) },
  ];
  return sections.filter(({ lines }) => lines.length > 0);
}

const zoneNames = { green: 'Grønn sone', yellow: 'Gul sone', red: 'Rød sone' } as const;
const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

function zoneSections({ ebp }: RuleSet): PlanSection[] {
  return (['green', 'yellow', 'red'] as const).map((colour) => {
    const { condition, action, text } = (ebp?.[colour] ?? {}) as { condition?: string; action?: string; text?: string };
    const labelled = [
      ['', text],
      ['Kjennetegn: ', condition],
      ['Tiltak: ', action],
    ] as const;
    return {
      heading: zoneNames[colour],
      lines: labelled.flatMap(([label, words]) => (words === undefined ? [] : [`${label}${words}`])),
    };
  });
}

/** Goals that the plan holds itself or names. https://hl7.org/fhir/R4/careplan-definitions.html#CarePlan.goal */
function goals(plan: Resource): readonly string[] {
  const contained = many<Resource>(plan['contained']).filter(({ resourceType }) => resourceType === 'Goal');
  const own = contained.flatMap((goal) => (goal['description'] as { text?: string } | undefined)?.text ?? []);
  return [...own, ...many<Reference>(plan['goal']).flatMap(({ display }) => display ?? [])];
}

function measureSection(key: string, measure: Measure, rules: RuleSet): PlanSection {
  const schedules = rules.schedules.filter((schedule) => schedule.for === key).flatMap(scheduleLines);
  const limits = isComponentMeasure(measure)
    ? Object.entries(measure.components).flatMap(([name, component]) =>
        limitLines(component).map((line) => `${componentName(name, measure)}: ${line}`),
      )
    : limitLines(measure);
  return { heading: measure.title ?? key, lines: [...schedules, ...limits] };
}

function limitLines(measure: SimpleMeasure): readonly string[] {
  const zones = tables(measure.zones).flatMap(([context, table]) => tableLines(table, context, measure.unit));
  const also = (measure.alsoZones ?? []).flatMap((one) =>
    tables(one).flatMap(([context, table]) =>
      tableLines(table, context, measure.unit).map((line) => `Også, den strengeste gjelder: ${line}`),
    ),
  );
  const { impossible, suspect, maxStep } = measure;
  return [
    ...(zones.length + also.length === 0 ? ['Ingen sonegrenser'] : [...zones, ...also]),
    ...(impossible === undefined
      ? []
      : [`Regnes som målefeil utenfor: ${rangeWords(impossible)} ${unitWords(measure.unit)}`]),
    ...(suspect === undefined ? [] : [`Bes målt på nytt utenfor: ${rangeWords(suspect)} ${unitWords(measure.unit)}`]),
    ...(maxStep === undefined
      ? []
      : [
          `Sprang over ${numberWords(maxStep.abs)} ${unitWords(measure.unit)} på ${durationWords(maxStep.within)} må bekreftes av en ny måling`,
        ]),
  ];
}

function tables(zones: ZoneTable | ContextTables | undefined): readonly (readonly [string | undefined, ZoneTable])[] {
  if (zones === undefined) return [];
  return Array.isArray(zones) ? [[undefined, zones as ZoneTable]] : Object.entries(zones as ContextTables);
}

function tableLines(table: ZoneTable, context: string | undefined, unit: string): readonly string[] {
  const about = context === undefined ? '' : ` (${contextWords(context)})`;
  return table.map(({ zone, when }) => `${zoneNames[zone]}${about}: ${rangesWords(when, unit)}`);
}

/** Forms and tasks; those of measures stand with the measure. */
function otherSchedules(rules: RuleSet): PlanSection[] {
  return rules.schedules
    .filter((schedule) => !Object.hasOwn(rules.measures, schedule.for))
    .map((schedule) => ({ heading: schedule.title ?? schedule.for, lines: scheduleLines(schedule) }));
}

const safetyNet = ({ safetyNet: net }: RuleSet): readonly string[] =>
  net === 'news2-3'
    ? ['Målinger uten egne grenser vurderes etter NEWS2: en verdi som gir 3 poeng alene, gir rødt varsel']
    : [];

const news2 = ({ news2: scale }: RuleSet): readonly string[] =>
  scale === 'scale-2' ? ['NEWS2 skåres med skala 2 for oksygenmetning (forordnet mål 88–92 %)'] : [];

const actions: Readonly<Record<string, string>> = { 'call-patient': 'ring pasienten' };

const escalations = (rules: RuleSet): readonly string[] =>
  rules.escalations.map(({ n, colour, window, action, note }) => {
    const words = `${n} ganger ${colourWords[colour]} på ${durationWords(window)}: ${actions[action] ?? action}`;
    return capital(note === undefined ? words : `${words} (${note})`);
  });

const desks: Readonly<Record<string, string>> = { 'home-care': 'hjemmetjenesten', legevakt: 'legevakten' };

function openingHours({ serviceCalendar: calendar }: RuleSet): readonly string[] {
  if (calendar === undefined) return [];
  const holidays = calendar.holidays === 'none' ? '' : ', ikke på helligdager';
  const desk = calendar.afterHours ?? undefined;
  return [
    `Åpent ${daysWords(calendar.days)} kl. ${calendar.from}–${calendar.to}${holidays}`,
    `Røde varsler utenfor åpningstiden: ${desk === undefined ? 'ingen følger med, pasienten får beskjed om hvem som kan ringes' : (desks[desk] ?? desk)}`,
  ];
}
