/** Draws what uPlot does not: zone bands of each plan, pauses and stays, and the points in the shape of their zone. */
import type uPlot from 'uplot';
import type { Zone } from '../fhir/reading.js';
import { type Band, bandsOf } from './bands.js';
import { everyStretch, type Stretch, zoneAt } from './limits.js';
import type { Series } from './series.js';
import type { Span } from './spans.js';

export interface Painting {
  readonly series: Series;
  readonly spans: readonly Span[];
  readonly words: Readonly<Record<Span['kind'] | Zone | 'newPlan', string>>;
  /** How a stretch was measured, where its limits depend on that. */
  readonly contextName: (context: string) => string;
  /** The part whose zones are drawn. */
  readonly bandPart: number;
}

/** Colours of the page as it looks now. */
export function palette(): (name: string) => string {
  const style = getComputedStyle(document.documentElement);
  return (name) => style.getPropertyValue(`--${name}`).trim();
}

/** A stretch of so many pixels has room for the name of how it was measured. */
const leastNamed = 70;

/** More points than this are drawn as a line only. */
const mostShapes = 700;

/** Below everything else: bands and stretches of time. */
export function paintGround(chart: uPlot, { series, spans, words, contextName, bandPart }: Painting): void {
  const { ctx, bbox } = chart;
  const colour = palette();
  const ratio = devicePixelRatio;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  everyStretch(series, bandPart).forEach((one, index) => {
    const left = x(chart, one.from);
    const right = x(chart, one.to);
    if (right < bbox.left || left > bbox.left + bbox.width) return;
    for (const band of bandsIn(one, series)) paintBand(chart, band, left, right, colour(`${band.zone}-soft`));
    const seen = Math.max(left, bbox.left);
    if (one.context !== undefined && Math.min(right, bbox.left + bbox.width) - seen > leastNamed * ratio)
      label(ctx, contextName(one.context), seen + 4 * ratio, bbox.top + bbox.height - 20 * ratio, colour('soft'));
    if (index > 0 && one.isNewPlan && left > bbox.left) {
      ctx.strokeStyle = colour('edge');
      ctx.setLineDash([4 * ratio, 4 * ratio]);
      line(ctx, left, bbox.top, left, bbox.top + bbox.height);
      ctx.setLineDash([]);
      label(ctx, words.newPlan, left + 4 * ratio, bbox.top + bbox.height - 6 * ratio, colour('soft'));
    }
  });
  for (const span of spans) paintSpan(chart, span, words[span.kind], colour);
  ctx.restore();
}

const bandsIn = ({ tables, otherwise }: Stretch, { decimals }: Series): readonly Band[] =>
  bandsOf(tables, otherwise, 10 ** -decimals);

/** The name of each zone beside the plot: colour is never the only sign. */
export function paintZoneNames(chart: uPlot, { series, words, bandPart }: Painting): void {
  const last = everyStretch(series, bandPart).at(-1);
  if (last === undefined) return;
  const { ctx, bbox } = chart;
  const colour = palette();
  const ratio = devicePixelRatio;
  ctx.save();
  for (const band of bandsIn(last, series)) {
    const top = Math.max(bbox.top, y(chart, band.high));
    const bottom = Math.min(bbox.top + bbox.height, y(chart, band.low));
    if (bottom - top < 12 * ratio) continue;
    label(ctx, words[band.zone], bbox.left + bbox.width + 5 * ratio, (top + bottom) / 2 + 4 * ratio, colour(band.zone));
  }
  ctx.restore();
}

/** Circle green, triangle yellow, octagon red, ring where no limit judges. */
export function paintPoints(chart: uPlot, { series }: Painting): void {
  const { min = 0, max = 0 } = chart.scales['x'] ?? {};
  const shown = series.readings.filter(({ at }) => at / 1000 >= min! && at / 1000 <= max!);
  if (shown.length > mostShapes) return;
  const { ctx, bbox } = chart;
  const colour = palette();
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left - 6, bbox.top - 6, bbox.width + 12, bbox.height + 12);
  ctx.clip();
  const size = (shown.length > 200 ? 2.6 : 4) * devicePixelRatio;
  for (const reading of shown) {
    reading.values.forEach((value, part) => {
      if (value === undefined) return;
      const zone = zoneAt(series, part, reading);
      shape(ctx, zone, x(chart, reading.at), y(chart, value), size);
      ctx.lineWidth = 1.2 * devicePixelRatio;
      ctx.strokeStyle = colour('card');
      ctx.fillStyle = colour(zone ?? 'accent');
      ctx.fill();
      ctx.stroke();
    });
  }
  ctx.restore();
}

function shape(ctx: CanvasRenderingContext2D, zone: Zone | undefined, cx: number, cy: number, size: number): void {
  ctx.beginPath();
  if (zone === 'yellow') {
    ctx.moveTo(cx, cy - size * 1.35);
    ctx.lineTo(cx + size * 1.3, cy + size);
    ctx.lineTo(cx - size * 1.3, cy + size);
  } else if (zone === 'red') {
    for (let corner = 0; corner < 8; corner += 1) {
      const angle = Math.PI / 8 + (corner * Math.PI) / 4;
      ctx.lineTo(cx + Math.cos(angle) * size * 1.4, cy + Math.sin(angle) * size * 1.4);
    }
  } else {
    ctx.arc(cx, cy, size, 0, 2 * Math.PI);
  }
  ctx.closePath();
}

function paintBand(chart: uPlot, band: Band, left: number, right: number, fill: string): void {
  const { ctx, bbox } = chart;
  const top = y(chart, band.high);
  const bottom = y(chart, band.low);
  ctx.fillStyle = fill;
  ctx.fillRect(
    Math.max(left, bbox.left),
    Math.max(top, bbox.top),
    Math.min(right, bbox.left + bbox.width) - Math.max(left, bbox.left),
    Math.min(bottom, bbox.top + bbox.height) - Math.max(top, bbox.top),
  );
}

function paintSpan(chart: uPlot, span: Span, name: string, colour: (name: string) => string): void {
  const { ctx, bbox } = chart;
  const ratio = devicePixelRatio;
  const left = Math.max(x(chart, span.from), bbox.left);
  const right = Math.min(x(chart, span.to), bbox.left + bbox.width);
  if (right - left < 1) return;
  ctx.save();
  ctx.beginPath();
  ctx.rect(left, bbox.top, right - left, bbox.height);
  ctx.clip();
  ctx.strokeStyle = colour(span.kind === 'admission' ? 'blue' : 'grey');
  ctx.globalAlpha = span.kind === 'gap' ? 0.25 : 0.45;
  ctx.lineWidth = ratio;
  const step = (span.kind === 'admission' ? 7 : 11) * ratio;
  for (let at = left - bbox.height; at < right; at += step)
    line(ctx, at, bbox.top + bbox.height, at + bbox.height, bbox.top);
  ctx.globalAlpha = 1;
  if (right - left > 30 * ratio)
    label(
      ctx,
      name,
      left + 5 * ratio,
      bbox.top + 13 * ratio,
      colour(span.kind === 'admission' ? 'blue' : 'ink'),
      colour('card'),
    );
  ctx.restore();
}

const x = (chart: uPlot, at: number): number =>
  Number.isFinite(at) ? chart.valToPos(at / 1000, 'x', true) : at > 0 ? 1e6 : -1e6;
const y = (chart: uPlot, value: number): number =>
  Number.isFinite(value) ? chart.valToPos(value, 'y', true) : value > 0 ? -1e6 : 1e6;

function line(ctx: CanvasRenderingContext2D, x1: number, y1: number, x2: number, y2: number): void {
  ctx.beginPath();
  ctx.moveTo(x1, y1);
  ctx.lineTo(x2, y2);
  ctx.stroke();
}

function label(
  ctx: CanvasRenderingContext2D,
  text: string,
  at: number,
  top: number,
  ink: string,
  ground?: string,
): void {
  ctx.textAlign = 'left';
  ctx.font = `600 ${11 * devicePixelRatio}px system-ui, sans-serif`;
  if (ground !== undefined) {
    ctx.fillStyle = ground;
    const pad = 3 * devicePixelRatio;
    ctx.fillRect(at - pad, top - 11 * devicePixelRatio, ctx.measureText(text).width + 2 * pad, 15 * devicePixelRatio);
  }
  ctx.fillStyle = ink;
  ctx.fillText(text, at, top);
}
