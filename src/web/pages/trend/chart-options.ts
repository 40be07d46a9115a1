import type uPlot from 'uplot';
import { clockWords, dateWords, dayWords, numberText } from '../words/dates.js';
import type { Language } from '../words/language.js';
import { boundsOf } from './bands.js';
import { type Painting, paintGround, paintPoints, paintZoneNames, palette } from './chart-painter.js';
import { everyTable } from './limits.js';
import type { Series } from './series.js';
import { longestStep } from './spans.js';

export interface ChartWish extends Painting {
  readonly width: number;
  readonly language: Language;
  /** Shown time, milliseconds since 1970. */
  readonly from: number;
  readonly to: number;
  /** Called after each drawing, to place what lies over the canvas. */
  readonly onDrawn: (chart: uPlot) => void;
}

const height = 230;
/** Charts of one page point at the same moment. */
const together = 'trend';

/** Readings as uPlot takes them: seconds, and a hole where nothing was measured for long. */
export function chartData({ readings, parts }: Series): uPlot.AlignedData {
  const longest = longestStep(readings);
  const times: number[] = [];
  const values: (number | null)[][] = Array.from({ length: Math.max(1, parts.length) }, () => []);
  readings.forEach((reading, index) => {
    const before = readings[index - 1];
    if (before !== undefined && reading.at - before.at > longest) {
      times.push((before.at + reading.at) / 2000);
      for (const part of values) part.push(null);
    }
    times.push(reading.at / 1000);
    values.forEach((part, at) => part.push(reading.values[at] ?? null));
  });
  return [times, ...values] as uPlot.AlignedData;
}

export function chartOptions(wish: ChartWish): uPlot.Options {
  const { series, width, language, from, to, onDrawn } = wish;
  const colour = palette();
  const axis: uPlot.Axis = {
    stroke: colour('soft'),
    grid: { stroke: colour('line'), width: 1 },
    ticks: { stroke: colour('line'), width: 1 },
    font: '12px system-ui, sans-serif',
  };
  const short = to - from < 3 * 86_400_000;
  return {
    width,
    height,
    // Room at the right for the names of the zones.
    padding: [8, series.limits.length > 0 ? 46 : 12, 0, 0],
    legend: { show: false },
    cursor: { sync: { key: together }, points: { size: 9 }, drag: { x: false, y: false } },
    scales: {
      x: { time: true, min: from / 1000, max: to / 1000, auto: false },
      y: { range: () => [...valueRange(wish)] },
    },
    axes: [
      {
        ...axis,
        space: 70,
        values: (_chart, ticks) =>
          ticks.map((at) => (short ? clockWords(at * 1000, language) : dayWords(at * 1000, language))),
      },
      {
        ...axis,
        size: 48,
        // Nothing lies between whole numbers where only whole numbers are counted.
        ...(series.decimals === 0 && { incrs: wholeSteps }),
        values: (_chart, ticks) => ticks.map((value) => numberText(value, decimalsOf(ticks), language)),
      },
    ],
    series: [
      { value: (_chart, at) => dateWords(at * 1000, language) },
      ...(series.parts.length === 0 ? [''] : series.parts).map((name, index) => ({
        label: name,
        stroke: colour('accent'),
        width: 1.75,
        ...(index === 1 ? { dash: [6, 4] } : {}),
        points: { show: false },
      })),
    ],
    hooks: {
      drawClear: [(chart) => paintGround(chart, wish)],
      draw: [
        (chart) => {
          paintZoneNames(chart, wish);
          paintPoints(chart, wish);
          onDrawn(chart);
        },
      ],
    },
  };
}

const wholeSteps = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 5000, 10_000];

const decimalsOf = (ticks: readonly number[]): number => {
  const step = Math.abs((ticks[1] ?? 1) - (ticks[0] ?? 0));
  return step >= 1 || step === 0 ? 0 : step >= 0.1 ? 1 : 2;
};

/** All values of the shown time, and the nearest limit on either side so that one sees how far it is. */
function valueRange({ series, from, to, bandPart }: ChartWish): readonly [low: number, high: number] {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const { at, values } of series.readings) {
    if (at < from || at > to) continue;
    for (const value of values) {
      if (value === undefined) continue;
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  const bounds = series.limits
    .filter(({ part }) => part === bandPart)
    .flatMap(({ measure }) => boundsOf(everyTable(measure)));
  if (low > high) [low, high] = bounds.length === 0 ? [0, 1] : [Math.min(...bounds), Math.max(...bounds)];
  const below = bounds.filter((bound) => bound <= low);
  const above = bounds.filter((bound) => bound >= high);
  if (below.length > 0) low = Math.max(...below);
  if (above.length > 0) high = Math.min(...above);
  const room = Math.max((high - low) * 0.12, 10 ** -series.decimals);
  return [series.kind === 'score' ? Math.min(0, low) : low - room, high + room];
}
