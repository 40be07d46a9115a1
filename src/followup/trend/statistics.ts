/**
 * Statistics over the values of one measurement.
 * https://terminology.hl7.org/CodeSystem-observation-statistics.html
 */

/** One value on a curve: milliseconds since 1970, and the number in the unit of its series. */
export interface Point {
  readonly t: number;
  readonly value: number;
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const mean = (values: readonly number[]): number => sum(values) / values.length;

/** Of values in ascending order, between the two nearest (R-7, as spreadsheets do); 0 ≤ part ≤ 1. */
function quantile(sorted: readonly number[], part: number): number {
  const at = (sorted.length - 1) * part;
  const below = Math.floor(at);
  const low = sorted[below]!;
  return low + ((sorted[below + 1] ?? low) - low) * (at - below);
}

/** undefined where there are no values. */
export const median = (values: readonly number[]): number | undefined =>
  values.length === 0
    ? undefined
    : quantile(
        values.toSorted((a, b) => a - b),
        0.5,
      );

/** Of a sample (n − 1); undefined for fewer than two values. */
function variance(values: readonly number[]): number | undefined {
  if (values.length < 2) return undefined;
  const middle = mean(values);
  return sum(values.map((value) => (value - middle) ** 2)) / (values.length - 1);
}

/** Central moment of a population, in units of its standard deviation; undefined where all values are the same. */
function standardMoment(values: readonly number[], order: number): number | undefined {
  const middle = mean(values);
  const spread = Math.sqrt(mean(values.map((value) => (value - middle) ** 2)));
  return spread === 0 ? undefined : mean(values.map((value) => ((value - middle) / spread) ** order));
}

const hour = 3_600_000;

/** Least squares; x is hours since the first value. undefined where all values have the same time. */
export function regression(
  points: readonly Point[],
): { readonly slope: number; readonly intercept: number } | undefined {
  if (points.length < 2) return undefined;
  const start = Math.min(...points.map(({ t }) => t));
  const xs = points.map(({ t }) => (t - start) / hour);
  const ys = points.map(({ value }) => value);
  const [mx, my] = [mean(xs), mean(ys)];
  const spread = sum(xs.map((x) => (x - mx) ** 2));
  if (spread === 0) return undefined;
  const slope = sum(xs.map((x, index) => (x - mx) * (ys[index]! - my))) / spread;
  return { slope, intercept: my - slope * mx };
}

/** A statistic of the value, or one without the value's unit. */
type Compute = (facts: { readonly points: readonly Point[]; readonly sorted: readonly number[] }) => number | undefined;
const at =
  (part: number): Compute =>
  ({ sorted }) =>
    quantile(sorted, part);

/** By code of the code system; `total-count` is the caller's, who knows what has no value. */
const computed = {
  average: ({ sorted }) => mean(sorted),
  maximum: ({ sorted }) => sorted.at(-1),
  minimum: ({ sorted }) => sorted[0],
  count: ({ sorted }) => sorted.length,
  median: at(0.5),
  'std-dev': ({ sorted }) => {
    const found = variance(sorted);
    return found === undefined ? undefined : Math.sqrt(found);
  },
  sum: ({ sorted }) => sum(sorted),
  variance: ({ sorted }) => variance(sorted),
  '20-percent': at(0.2),
  '80-percent': at(0.8),
  '4-lower': at(0.25),
  '4-upper': at(0.75),
  '4-dev': ({ sorted }) => (quantile(sorted, 0.75) - quantile(sorted, 0.25)) / 2,
  '5-1': at(0.2),
  '5-2': at(0.4),
  '5-3': at(0.6),
  '5-4': at(0.8),
  skew: ({ sorted }) => standardMoment(sorted, 3),
  kurtosis: ({ sorted }) => standardMoment(sorted, 4),
  regression: ({ points }) => regression(points)?.slope,
} satisfies Record<string, Compute>;

export type Statistic = keyof typeof computed;
export const statisticCodes = Object.keys(computed) as readonly Statistic[];

/** undefined where the values do not give it: none at all, or a spread of one value. */
export function statistic(code: Statistic, points: readonly Point[]): number | undefined {
  if (points.length === 0) return code === 'count' ? 0 : undefined;
  const found = (computed[code] as Compute)({
    points,
    sorted: points.map(({ value }) => value).toSorted((a, b) => a - b),
  });
  return found === undefined ? undefined : Number(found.toPrecision(12));
}
