/** Observations → one curve for each measurement, in the unit that most of its values have. */
import { isNumber, numberOf } from '../../fhir/json.js';
import type { Resource } from '../../fhir/resource.js';
import { effectiveOf } from '../intake/effective-time.js';
import { codingOf } from '../plan/code-text.js';
import { isComponentMeasure, type RuleSet, type SimpleMeasure, type ZoneTable } from '../ruleset/grammar.js';
import { convertUnit } from '../units/convert-unit.js';
import { ExactDecimal } from '../units/exact-decimal.js';
import { type Coding, type Concept, many } from '../vocabulary/element.js';
import { median, type Point } from './statistics.js';

/** The values of one measurement, oldest first. */
export interface Series {
  /** `system|code` of its first coding; of a component as well. */
  readonly key: string;
  /** As people call it: by the plan, else by the Observation. */
  readonly title: string;
  /** UCUM; undefined for a number without unit. */
  readonly unit: string | undefined;
  readonly points: readonly Point[];
  /** Zones of the plan without circumstances, for the chart. */
  readonly zones?: ZoneTable;
}

interface Holder {
  readonly code?: Concept;
  readonly valueQuantity?: { value?: unknown; code?: string; unit?: string; comparator?: string };
  readonly valueInteger?: unknown;
}

const counted = new Set<unknown>(['preliminary', 'final', 'amended', 'corrected', 'unknown']);

/**
 * @param spelling the measurement that a coding `system|code` spells, where several spell one (decision 4)
 * @param plan its titles, and zones where the limits hold in all circumstances
 */
export function seriesOf(
  observations: readonly Resource[],
  {
    plan,
    spelling = (code) => code,
  }: { readonly plan?: RuleSet | undefined; readonly spelling?: (code: string) => string },
): readonly Series[] {
  const found = new Map<
    string,
    { codes: Set<string>; title: string; values: (Point & { unit: string | undefined })[] }
  >();
  for (const observation of observations) {
    const t = effectiveOf(observation, 'Europe/Oslo');
    if (t === undefined || !counted.has(observation.status)) continue;
    for (const holder of [observation as Holder, ...many<Holder>(observation.component)]) {
      const value = valueOf(holder);
      const codings = many<Coding>(holder.code?.coding).filter(({ code }) => code !== undefined);
      if (value === undefined || codings[0] === undefined) continue;
      const codes = codings.map(({ system = '', code }) => `${system}|${code}`);
      const id = spelling(codes[0]!);
      const series = found.get(id) ?? { codes: new Set(), title: titleOf(holder), values: [] };
      found.set(id, series);
      for (const code of codes) series.codes.add(code);
      series.values.push({ t, ...value });
    }
  }
  return [...found.values()].map(({ codes, title, values }) => {
    const unit = commonest(values.map((one) => one.unit));
    const measure = measureOf(codes, plan);
    return {
      key: [...codes][0]!,
      title: measure?.title ?? title,
      unit,
      points: values
        .flatMap(({ t, value, unit: own }) => {
          const converted = inUnit(value, own, unit);
          return converted === undefined ? [] : [{ t, value: converted }];
        })
        .toSorted((a, b) => a.t - b.t),
      ...(measure?.zones === undefined ? {} : { zones: measure.zones }),
    };
  });
}

/** A value with a comparator is no point on a curve. */
function valueOf({ valueQuantity, valueInteger }: Holder): { value: number; unit: string | undefined } | undefined {
  if (isNumber(valueInteger)) return { value: numberOf(valueInteger), unit: undefined };
  if (!isNumber(valueQuantity?.value) || valueQuantity.comparator !== undefined) return undefined;
  const value = numberOf(valueQuantity.value);
  return Number.isFinite(value) ? { value, unit: valueQuantity.code ?? valueQuantity.unit } : undefined;
}

const titleOf = ({ code }: Holder): string =>
  code?.text ??
  many<Coding>(code?.coding).find(({ display }) => display !== undefined)?.display ??
  code?.coding?.[0]?.code ??
  '';

function measureOf(
  codes: ReadonlySet<string>,
  plan: RuleSet | undefined,
): { title?: string; zones?: ZoneTable } | undefined {
  const simple = Object.values(plan?.measures ?? {}).flatMap((measure): SimpleMeasure[] =>
    isComponentMeasure(measure) ? Object.values(measure.components) : [measure],
  );
  const measure = simple.find((one) =>
    (one.code ?? []).map(codingOf).some(({ system = '', code }) => codes.has(`${system}|${code}`)),
  );
  if (measure === undefined) return undefined;
  return {
    ...(measure.title === undefined ? {} : { title: measure.title }),
    ...(Array.isArray(measure.zones) ? { zones: measure.zones as ZoneTable } : {}),
  };
}

function commonest<T>(values: readonly T[]): T | undefined {
  const counts = new Map<T, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].toSorted(([, a], [, b]) => b - a)[0]?.[0];
}

function inUnit(value: number, from: string | undefined, to: string | undefined): number | undefined {
  if (from === to) return value;
  if (from === undefined || to === undefined) return undefined;
  return convertUnit(new ExactDecimal(value), { from, to })?.toNumber();
}

/** Values of a curve from `start` (inclusive) to `end` (exclusive), milliseconds since 1970. */
export const within = (points: readonly Point[], start: number, end: number): readonly Point[] =>
  points.filter(({ t }) => t >= start && t < end);

/** What a curve does over a time: the medians of its first and second half, and the ends. */
export interface Trend {
  readonly count: number;
  readonly before: number | undefined;
  readonly after: number | undefined;
  readonly lowest: number | undefined;
  readonly highest: number | undefined;
  readonly last: Point | undefined;
}

/** @param range milliseconds since 1970, `end` exclusive */
export function trendOf({ points }: Series, range: { readonly start: number; readonly end: number }): Trend {
  const inside = within(points, range.start, range.end);
  const middle = range.start + (range.end - range.start) / 2;
  const values = inside.map(({ value }) => value);
  const half = (start: number, end: number) => median(within(inside, start, end).map(({ value }) => value));
  return {
    count: inside.length,
    before: half(range.start, middle),
    after: half(middle, range.end),
    lowest: values.length === 0 ? undefined : Math.min(...values),
    highest: values.length === 0 ? undefined : Math.max(...values),
    last: inside.at(-1),
  };
}
