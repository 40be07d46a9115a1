import type { Comparator } from '../../../followup/engine/input.js';
import { comparatorOf, contextOf } from '../../../followup/intake/circumstances.js';
import { measureKey } from '../../../followup/intake/measure-key.js';
import { codeTextOf } from '../../../followup/plan/code-text.js';
import { componentName } from '../../../followup/plan/rule-words.js';
import {
  isComponentMeasure,
  type Measure,
  type RuleSet,
  type SimpleMeasure,
} from '../../../followup/ruleset/grammar.js';
import type { Resource as Stored } from '../../../fhir/resource.js';
import { textOf, timeOf, type Zone } from '../fhir/reading.js';
import type { AnswerItem, Concept, Observation, Quantity, QuestionnaireResponse } from '../fhir/types.js';
import { tableOfColours } from './bands.js';
import { formName } from '../form/questionnaire.js';
import type { PlanVersion } from './plan-versions.js';

/** One point in time; a value per part, undefined where that part is missing. */
export interface Reading {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly values: readonly (number | undefined)[];
  /** `Observation/1` */
  readonly source: string;
  /** How it was measured: `o2`, `air` … */
  readonly context?: string;
  /** The meter's LO and HI. */
  readonly comparator?: Comparator;
}

/** Limits of one part while one plan was in force. */
export interface Limits {
  readonly from: number;
  readonly to: number;
  readonly part: number;
  readonly measure: SimpleMeasure;
  /** The zone of what no limit speaks of; scores have only limits upwards. */
  readonly otherwise?: Zone;
}

/** What one chart shows: a measure (blood pressure has two parts), or a questionnaire's score. */
export interface Series {
  readonly key: string;
  readonly kind: 'measure' | 'score';
  readonly title: string;
  readonly unit: string;
  readonly decimals: number;
  readonly parts: readonly string[];
  /** Oldest first. */
  readonly readings: readonly Reading[];
  readonly limits: readonly Limits[];
}

const unitNames: Readonly<Record<string, string>> = { Cel: '°C', 'mm[Hg]': 'mmHg' };
export const unitName = (ucum: string): string => unitNames[ucum] ?? ucum;
/** What has never been measured is named, not drawn. */
export const isMeasured = ({ readings }: Series): boolean => readings.length > 0;

const notValid = new Set(['entered-in-error', 'cancelled', 'registered', 'unknown']);

const codesOf = (concept: Concept | undefined): readonly string[] =>
  (concept?.coding ?? []).flatMap((coding) => codeTextOf(coding) ?? []);

const takenAt = (one: Observation): number | undefined =>
  timeOf(one.effectiveDateTime ?? one.effectiveInstant ?? one.effectivePeriod?.start);

/** What the plans measure, in the plan's order, then whatever else was measured. */
export function measureSeries(
  observations: readonly Observation[],
  versions: readonly PlanVersion[],
): readonly Series[] {
  const left = new Set(observations.filter(({ status }) => !notValid.has(status ?? '')));
  const planned = new Map<string, Measure>();
  for (const { rules } of versions.toReversed())
    for (const [key, measure] of Object.entries(rules.measures)) if (!planned.has(key)) planned.set(key, measure);
  // The engine's own choice, where codes are shared by several measures.
  const plan = { measures: Object.fromEntries(planned) } as unknown as RuleSet;
  const byMeasure = new Map<string, Observation[]>([...planned.keys()].map((key) => [key, []]));
  for (const one of left) byMeasure.get(measureKey(one as unknown as Stored, plan) ?? '')?.push(one);
  const series = [...planned].map(([key, measure]) => {
    const mine = byMeasure.get(key)!;
    const one = plannedSeries(key, measure, mine, versions);
    const shown = new Set(one.readings.map(({ source }) => source));
    for (const observation of mine) if (shown.has(`Observation/${observation.id}`)) left.delete(observation);
    return one;
  });
  return [...series.filter((one) => isMeasured(one) || isCurrent(one.key, versions)), ...otherSeries([...left])];
}

const isCurrent = (key: string, versions: readonly PlanVersion[]): boolean =>
  versions.at(-1)?.rules.measures[key] !== undefined;

const componentsOf = (measure: Measure): readonly (readonly [key: string, one: SimpleMeasure])[] =>
  isComponentMeasure(measure) ? Object.entries(measure.components) : [['', measure]];

function plannedSeries(
  key: string,
  measure: Measure,
  observations: readonly Observation[],
  versions: readonly PlanVersion[],
): Series {
  const components = componentsOf(measure);
  const first = components[0]![1];
  const valuesOf = (one: Observation): readonly (number | undefined)[] =>
    isComponentMeasure(measure)
      ? components.map(([, part]) =>
          valueIn(
            one.component?.find(({ code }) => codesOf(code).some((text) => part.code?.includes(text)))?.valueQuantity,
            part.unit,
          ),
        )
      : [valueIn(one.valueQuantity ?? numberOf(one), measure.unit)];
  return {
    key,
    kind: 'measure',
    title: measure.title ?? key,
    unit: unitName(first.unit),
    decimals: first.decimals,
    parts: isComponentMeasure(measure) ? components.map(([name]) => componentName(name, measure)) : [],
    readings: readingsOf(observations, valuesOf),
    limits: versions.flatMap(({ rules, from, to }) => {
      const then = rules.measures[key];
      return then === undefined ? [] : componentsOf(then).map(([, one], part) => ({ from, to, part, measure: one }));
    }),
  };
}

/** A bare number is in the plan's unit. */
const numberOf = ({ valueInteger }: Observation): Quantity | undefined =>
  valueInteger === undefined ? undefined : { value: valueInteger };

/** A value in another unit than the plan's has no place on the same axis; it gets a chart of its own. */
function valueIn(quantity: Quantity | undefined, unit: string): number | undefined {
  return quantity?.value !== undefined && (quantity.code ?? quantity.unit ?? unit) === unit
    ? quantity.value
    : undefined;
}

function circumstancesOf(observation: Stored): Pick<Reading, 'context' | 'comparator'> {
  const [context, comparator] = [contextOf(observation), comparatorOf(observation)];
  return { ...(context !== undefined && { context }), ...(comparator !== undefined && { comparator }) };
}

function readingsOf(
  observations: readonly Observation[],
  valuesOf: (one: Observation) => readonly (number | undefined)[],
): readonly Reading[] {
  return observations
    .flatMap((one) => {
      const at = takenAt(one);
      const values = valuesOf(one);
      return at === undefined || values.every((value) => value === undefined)
        ? []
        : [{ at, values, source: `Observation/${one.id}`, ...circumstancesOf(one as unknown as Stored) }];
    })
    .toSorted((a, b) => a.at - b.at);
}

/** Measured without standing in a plan, or in another unit: shown without zones. */
function otherSeries(observations: readonly Observation[]): readonly Series[] {
  const groups = new Map<string, Observation[]>();
  for (const one of observations) {
    const quantity = one.valueQuantity ?? one.component?.[0]?.valueQuantity;
    if (quantity?.value === undefined && one.valueInteger === undefined) continue;
    const key = `${codesOf(one.code)[0] ?? textOf(one.code)} ${quantity?.code ?? quantity?.unit ?? ''}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [one]);
    else group.push(one);
  }
  return [...groups].map(([key, group]) => {
    const { code, component, valueQuantity } = group[0]!;
    const unit = valueQuantity?.code ?? component?.[0]?.valueQuantity?.code ?? '';
    const parts = (component ?? []).map((one) => textOf(one.code));
    return {
      key,
      kind: 'measure' as const,
      title: textOf(code),
      unit: unitName(unit),
      decimals: Math.max(...group.map((one) => decimalsOf(one.valueQuantity?.value))),
      parts,
      readings: readingsOf(group, (one) =>
        parts.length > 0
          ? parts.map((name) => one.component?.find((each) => textOf(each.code) === name)?.valueQuantity?.value)
          : [one.valueQuantity?.value ?? one.valueInteger],
      ),
      limits: [],
    };
  });
}

const decimalsOf = (value: number | undefined): number => Math.min(3, String(value ?? 0).split('.')[1]?.length ?? 0);

/** What the plans' rules make of a questionnaire: a sum of answers, or how many were answered in a certain way. */
export function scoreSeries(
  responses: readonly QuestionnaireResponse[],
  versions: readonly PlanVersion[],
  titleOf: (questionnaire: string) => string,
): readonly Series[] {
  const found = new Map<string, Series>();
  for (const { rules, from, to } of versions.toReversed()) {
    for (const rule of rules.rules) {
      if (rule.type !== 'score' && rule.type !== 'answerCount') continue;
      const measure = { unit: '', decimals: 3, zones: tableOfColours(rule.zones) };
      const limits: Limits = { from, to, part: 0, measure, otherwise: 'green' };
      const key = `${rule.questionnaire} ${rule.id}`;
      const before = found.get(key);
      if (before !== undefined) {
        found.set(key, { ...before, limits: [...before.limits, limits] });
        continue;
      }
      const mine = responses.filter(({ questionnaire }) => formName(questionnaire) === rule.questionnaire);
      found.set(key, {
        key,
        kind: 'score',
        title: rule.title === undefined ? titleOf(rule.questionnaire) : `${titleOf(rule.questionnaire)}: ${rule.title}`,
        unit: '',
        decimals: 0,
        parts: [],
        limits: [limits],
        readings: mine
          .flatMap((one): Reading[] => {
            const at = timeOf(one.authored);
            const answers = answersOf(one.item ?? []);
            const value =
              rule.type === 'score'
                ? sumOf(rule.items, answers)
                : rule.linkIds.filter((id) => answers.get(id) === rule.equals).length;
            return at === undefined || value === undefined
              ? []
              : [{ at, values: [value], source: `QuestionnaireResponse/${one.id}` }];
          })
          .toSorted((a, b) => a.at - b.at),
      });
    }
  }
  return [...found.values()].filter(isMeasured);
}

/** When each questionnaire was answered, without what: enough to know that it was. */
export function answeredForms(responses: readonly QuestionnaireResponse[]): readonly Series[] {
  const names = new Set(responses.flatMap(({ questionnaire }) => formName(questionnaire) ?? []));
  return [...names].map((key) => ({
    key,
    kind: 'score',
    title: key,
    unit: '',
    decimals: 0,
    parts: [],
    limits: [],
    readings: responses
      .filter(({ questionnaire }) => formName(questionnaire) === key)
      .flatMap(({ id, authored }) => {
        const at = timeOf(authored);
        return at === undefined ? [] : [{ at, values: [], source: `QuestionnaireResponse/${id}` }];
      })
      .toSorted((a, b) => a.at - b.at),
  }));
}

type Answer = number | boolean | string | undefined;

function answersOf(items: readonly AnswerItem[]): ReadonlyMap<string, Answer> {
  const found = new Map<string, Answer>();
  const visit = (item: AnswerItem): void => {
    const answer = item.answer?.[0];
    if (answer !== undefined) found.set(item.linkId, answerValue(answer));
    item.item?.forEach(visit);
  };
  items.forEach(visit);
  return found;
}

/** An ordinal stands in the extension of the coding. https://hl7.org/fhir/R4/extension-ordinalvalue.html */
function answerValue(answer: Readonly<Record<string, unknown>>): Answer {
  const [name, value] = Object.entries(answer).find(([key]) => key.startsWith('value')) ?? [];
  if (name === 'valueCoding') {
    const coding = value as { code?: string; extension?: readonly { valueDecimal?: number }[] };
    return coding.extension?.find(({ valueDecimal }) => valueDecimal !== undefined)?.valueDecimal ?? coding.code;
  }
  return value as Answer;
}

/** undefined where an answer is missing: a sum of some would look better than it is. */
function sumOf(items: readonly string[], answers: ReadonlyMap<string, Answer>): number | undefined {
  let sum = 0;
  for (const id of items) {
    const value = Number(answers.get(id) ?? Number.NaN);
    if (Number.isNaN(value)) return undefined;
    sum += value;
  }
  return sum;
}
