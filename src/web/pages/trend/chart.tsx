import type { JSX } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { useApp } from '../app/context.js';
import { Sign, ZoneSign } from '../app/signs.js';
import { systemClock } from '../../../kernel/clock.js';
import { colours } from '../fhir/reading.js';
import { dateWords, numberText, timeWords } from '../words/dates.js';
import { colourWords } from '../words/page-words.js';
import { contextWords, trendWords } from '../words/trend-words.js';
import { chartData, chartOptions } from './chart-options.js';
import { contextAt, zoneAt } from './limits.js';
import type { Mark } from './marks.js';
import type { Reading, Series } from './series.js';
import { gapSpans, type Span } from './spans.js';
import { firstFrom, trendSentences } from './statistics.js';

interface ChartProps {
  readonly series: Series;
  readonly spans: readonly Span[];
  readonly marks: readonly Mark[];
  /** Shown time, milliseconds since 1970. */
  readonly from: number;
  readonly to: number;
  readonly onStory: (marks: readonly Mark[]) => void;
}

interface Placed {
  readonly left: number;
  readonly marks: readonly Mark[];
}

/** Room that a mark needs, so that each can be hit. https://www.w3.org/TR/WCAG22/#target-size-minimum */
const markWidth = 26;

/** One measure over time. What it shows stands in its name, for those who do not see it. */
export function Chart({ series, spans, marks, from, to, onStory }: ChartProps): JSX.Element {
  const { say, language } = useApp();
  const place = useRef<HTMLDivElement>(null);
  const [placed, setPlaced] = useState<readonly Placed[]>([]);
  const [pointed, setPointed] = useState<Reading>();
  const [look, setLook] = useState(0);
  const width = useWidth(place);
  const data = useMemo(() => chartData(series), [series]);
  useEffect(() => onLookChange(() => setLook((count) => count + 1)), []);
  useEffect(() => {
    if (place.current === null || width === 0) return undefined;
    const words = {
      pause: say(trendWords.pause),
      admission: say(trendWords.admission),
      gap: say(trendWords.gap),
      newPlan: say(trendWords.newPlan),
      green: say(colourWords.green),
      yellow: say(colourWords.yellow),
      red: say(colourWords.red),
    };
    const options = chartOptions({
      series,
      spans: [
        ...spans,
        ...gapSpans(series.readings, systemClock.now()).filter(
          (gap) => !spans.some((span) => span.from < gap.to && span.to > gap.from),
        ),
      ],
      words,
      contextName: (context) => contextWords(context, say),
      bandPart: 0,
      width,
      language,
      from,
      to,
      onDrawn: (chart) => setPlaced(placeMarks(chart, marks)),
    });
    const chart = new uPlot(
      { ...options, hooks: { ...options.hooks, setCursor: [(one) => setPointed(readingAt(one, series))] } },
      data,
      place.current,
    );
    return () => chart.destroy();
  }, [data, width, from, to, language, look, marks, spans]);
  const start = firstFrom(series.readings, from);
  const count = firstFrom(series.readings, to) - start;
  const name = say(trendWords.chartLabel, {
    title: series.title,
    n: count,
    from: dateWords(from, language),
    to: dateWords(to, language),
    sentence: trendSentences(series, systemClock.now(), language, say).join(' '),
  });
  return (
    <figure class="chart">
      <div class="plot">
        <div ref={place} role="img" aria-label={name} />
        {placed.map(({ left, marks: here }) => (
          <MarkButton key={here[0]!.issue.id} left={left} marks={here} onOpen={() => onStory(here)} />
        ))}
      </div>
      <figcaption class="pointed small" aria-hidden="true">
        {pointed === undefined ? (
          <span class="soft">{count === 0 ? say(trendWords.nothing) : ''} </span>
        ) : (
          <>
            <span class="soft">{timeWords(pointed.at, language)}</span>
            <MeasuredHow series={series} reading={pointed} />
            {pointed.values.map((value, part) =>
              value === undefined ? null : (
                <span key={part}>
                  {series.parts[part] ?? ''} <strong>{numberText(value, series.decimals, language)}</strong>{' '}
                  {series.unit} <ZoneSign zone={zoneAt(series, part, pointed)} />
                </span>
              ),
            )}
          </>
        )}
      </figcaption>
    </figure>
  );
}

/** `med oksygen`, where the limits depend on it. */
export function MeasuredHow({
  series,
  reading,
}: {
  readonly series: Series;
  readonly reading: Reading;
}): JSX.Element | null {
  const { say } = useApp();
  const context = contextAt(series, reading);
  return context === undefined ? null : <span class="soft small">{contextWords(context, say)}</span>;
}

function MarkButton({
  left,
  marks,
  onOpen,
}: {
  readonly left: number;
  readonly marks: readonly Mark[];
  readonly onOpen: () => void;
}): JSX.Element {
  const { say, language } = useApp();
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (button.current !== null) button.current.style.left = `${left}px`;
  }, [left]);
  const words = marks
    .map(({ colour, at, title }) =>
      say(trendWords.alert, {
        colour: say(colourWords[colour]),
        when: timeWords(at, language),
        text: title,
      }),
    )
    .join('. ');
  return (
    <button ref={button} type="button" class="mark" aria-label={words} title={words} onClick={onOpen}>
      <Sign colour={worstOf(marks)} />
      {marks.length > 1 && <span class="count">{marks.length}</span>}
    </button>
  );
}

const worstOf = (marks: readonly Mark[]) =>
  colours.find((colour) => marks.some((mark) => mark.colour === colour)) ?? 'grey';

/** Marks that would overlap stand as one. */
function placeMarks(chart: uPlot, marks: readonly Mark[]): readonly Placed[] {
  const placed: { left: number; marks: Mark[] }[] = [];
  const start = chart.bbox.left / devicePixelRatio;
  const end = start + chart.bbox.width / devicePixelRatio;
  for (const mark of marks) {
    const left = start + chart.valToPos(mark.at / 1000, 'x');
    if (left < start - 1 || left > end + 1) continue;
    const last = placed.at(-1);
    if (last !== undefined && left - last.left < markWidth) last.marks.push(mark);
    else placed.push({ left, marks: [mark] });
  }
  return placed;
}

function readingAt(chart: uPlot, series: Series): Reading | undefined {
  const { left, idx } = chart.cursor;
  const time = idx === null || idx === undefined || left === undefined || left < 0 ? undefined : chart.data[0][idx];
  return time === undefined ? undefined : series.readings[firstFrom(series.readings, Math.floor(time * 1000))];
}

function useWidth(place: { readonly current: HTMLElement | null }): number {
  const [width, setWidth] = useState(0);
  useEffect(() => {
    if (place.current === null) return undefined;
    const observer = new ResizeObserver(([entry]) => setWidth(Math.floor(entry?.contentRect.width ?? 0)));
    observer.observe(place.current);
    return () => observer.disconnect();
  }, []);
  return width;
}

/** The canvas has fixed colours: it is drawn anew when the page turns light or dark, and for paper. */
function onLookChange(draw: () => void): () => void {
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const print = matchMedia('print');
  dark.addEventListener('change', draw);
  print.addEventListener('change', draw);
  addEventListener('look', draw);
  return () => {
    dark.removeEventListener('change', draw);
    print.removeEventListener('change', draw);
    removeEventListener('look', draw);
  };
}
