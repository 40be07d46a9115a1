/** One rule of a plan as one Norwegian sentence. */
import {
  type AggregateRule,
  type ColourRange,
  isComponentMeasure,
  type Measure,
  type Persistence,
  type Rule,
  type RuleSet,
  type ZoneRule,
} from '../ruleset/grammar.js';
import { numberWords, unitWords } from '../vocabulary/value-words.js';
import { colourWords, durationWords, rangeWords } from './plan-words.js';

/** What people call a form and its questions, by the plan's name of the form; undefined where that is not known. */
export interface FormNames {
  readonly titleOf: (form: string) => string | undefined;
  readonly questionOf: (form: string, linkId: string) => string | undefined;
}
const unknownForms: FormNames = { titleOf: () => undefined, questionOf: () => undefined };

/** `Fall mot egen ukesmedian: endring i Oksygenmetning mot medianen siste 7 dager …: gult`. */
export function ruleWords(rule: Rule, plan: RuleSet, forms: FormNames = unknownForms): string {
  const title = rule.title === undefined ? '' : `${rule.title}: `;
  const signal = rule.signal === true ? ' (gir ikke varsel alene)' : '';
  return `${title}${sentence(rule, plan, forms)}${signal}`;
}

function sentence(rule: Rule, plan: RuleSet, forms: FormNames): string {
  const question = (form: string, linkId: string): string => `«${forms.questionOf(form, linkId) ?? linkId}»`;
  const inForm = (form: string): string => {
    const name = forms.titleOf(form);
    return name === undefined ? `i skjema ${form}` : `i skjemaet «${name}»`;
  };
  switch (rule.type) {
    case 'zone':
      return zoneSentence(rule, plan);
    case 'delta': {
      const { unit, name } = subjectOf(rule, plan);
      const few = rule.minReadings === undefined ? '' : ` (minst ${rule.minReadings} målinger)`;
      const window = rule.window === undefined ? '' : ` siste ${durationWords(rule.window)}`;
      const against =
        rule.reference === 'baseline'
          ? `utgangsverdien ${numberWords(rule.baseline ?? '')}`
          : references[rule.reference];
      return `endring i ${name} mot ${against}${window}${few}: ${coloured(rule.zones, rule.as === '%' ? '%' : unit)}`;
    }
    case 'duration': {
      const { unit, name } = subjectOf(rule, plan);
      return `${name} ${rangeWords(rule.range)} ${unit} sammenhengende i ${durationWords(rule.for)}: ${colourWords[rule.colour]} varsel`;
    }
    case 'aggregate':
      return aggregateSentence(rule, plan);
    case 'answer': {
      const answers = rule.zones === undefined ? [] : [coloured(rule.zones, '')];
      const equals =
        rule.equals === undefined
          ? []
          : [`svar ${answerWords(rule.equals)}: ${colourWords[rule.colour ?? 'yellow']} varsel`];
      return `spørsmål ${question(rule.questionnaire, rule.linkId)} ${inForm(rule.questionnaire)}: ${[...equals, ...answers].join('; ')}`;
    }
    case 'answerCount':
      return `antall svar ${answerWords(rule.equals)} på ${rule.linkIds.map((id) => question(rule.questionnaire, id)).join(', ')} ${inForm(rule.questionnaire)}: ${coloured(rule.zones, '')}`;
    case 'score':
      return `sum av ${rule.items.length} svar ${inForm(rule.questionnaire)}: ${coloured(rule.zones, '')}`;
    case 'scoreDelta': {
      const row = rule.consecutive === undefined || rule.consecutive === 1 ? '' : `, ${rule.consecutive} på rad`;
      return `sum av ${rule.items.length} svar ${inForm(rule.questionnaire)}, endring mot utgangsverdien ${numberWords(rule.baseline)} ${rangeWords(rule.when)}${row}: ${colourWords[rule.colour]} varsel`;
    }
    case 'composite':
      return `alle disse innen ${durationWords(rule.within)}: ${rule.all.map((id) => `«${nameOfRule(id, plan)}»`).join(' og ')}: ${colourWords[rule.colour]} varsel`;
  }
}

const references = { min: 'laveste', max: 'høyeste', first: 'første', median: 'medianen' } as const;

function zoneSentence(rule: ZoneRule, plan: RuleSet): string {
  const colours = [...new Set([...(rule.alertOn ?? ['yellow', 'red']), 'red'] as const)].filter(
    (colour) => colour !== 'green',
  );
  const persistence = (['yellow', 'red'] as const).flatMap((colour) => {
    const found = rule.persistence?.[colour];
    return found === undefined ? [] : [`${colourWords[colour]} først etter ${persistenceWords(found)}`];
  });
  const words = `${nameOfMeasure(rule.measure, plan)} i ${colours.map((colour) => ({ yellow: 'gul', red: 'rød', green: 'grønn' })[colour]).join(' eller ')} sone gir varsel i samme farge`;
  return [words, ...persistence].join('; ');
}

function persistenceWords(persistence: Persistence): string {
  if (persistence.kind === 'nOfM') return `${persistence.n} av de siste ${persistence.m}`;
  const gap = persistence.maxGap === undefined ? '' : ` med høyst ${durationWords(persistence.maxGap)} mellom`;
  return `${persistence.n} på rad${gap}`;
}

function aggregateSentence(rule: AggregateRule, plan: RuleSet): string {
  const measure = plan.measures[rule.measure];
  const { unit, name } = subjectOf(rule, plan);
  const limits =
    rule.components === undefined
      ? `${rangeWords(rule.when ?? {})} ${unit}`
      : Object.entries(rule.components)
          .map(([key, range]) => `${componentName(key, measure)} ${rangeWords(range)} ${componentUnit(key, measure)}`)
          .join(rule.combine === 'all' ? ' og ' : ' eller ');
  const least = [
    ...(rule.minReadings === undefined ? [] : [`minst ${rule.minReadings} målinger`]),
    ...(rule.minDays === undefined ? [] : [`minst ${rule.minDays} dager`]),
    ...(rule.discardFirstDay === true ? ['uten første dag'] : []),
  ];
  const condition = least.length === 0 ? '' : ` (${least.join(', ')})`;
  return `gjennomsnittet av ${name} siste ${durationWords(rule.window)}${condition} ${limits.trimEnd()}: ${colourWords[rule.colour]} varsel`;
}

const coloured = (zones: readonly ColourRange[], unit: string): string =>
  zones
    .map(({ colour, when }) => `${`${rangeWords(when)} ${unit}`.trimEnd()}: ${colourWords[colour]} varsel`)
    .join('; ');

const answerWords = (value: boolean | string): string =>
  typeof value === 'string' ? `«${value}»` : value ? 'ja' : 'nei';

function nameOfRule(id: string, plan: RuleSet): string {
  const rule = plan.rules.find((one) => one.id === id);
  if (rule?.title !== undefined) return rule.title;
  return rule !== undefined && 'measure' in rule ? `${nameOfMeasure(rule.measure, plan)} utenfor grønn sone` : id;
}

const nameOfMeasure = (key: string, plan: RuleSet): string =>
  (Object.hasOwn(plan.measures, key) ? plan.measures[key]!.title : undefined) ?? key;

function subjectOf(
  rule: { readonly measure: string; readonly component?: string },
  plan: RuleSet,
): { readonly unit: string; readonly name: string } {
  const measure = Object.hasOwn(plan.measures, rule.measure) ? plan.measures[rule.measure] : undefined;
  const name = nameOfMeasure(rule.measure, plan);
  if (rule.component !== undefined)
    return {
      unit: componentUnit(rule.component, measure),
      name: `${name}, ${componentName(rule.component, measure).toLowerCase()}`,
    };
  return { unit: measure === undefined || isComponentMeasure(measure) ? '' : unitWords(measure.unit), name };
}

const components: Readonly<Record<string, string>> = { sys: 'Overtrykk', dia: 'Undertrykk' };

export function componentName(key: string, measure: Measure | undefined): string {
  const found = measure !== undefined && isComponentMeasure(measure) ? measure.components[key] : undefined;
  return found?.title ?? components[key] ?? key;
}

function componentUnit(key: string, measure: Measure | undefined): string {
  const found = measure !== undefined && isComponentMeasure(measure) ? measure.components[key] : undefined;
  return found === undefined ? '' : unitWords(found.unit);
}
