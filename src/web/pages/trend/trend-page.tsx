import type { JSX } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { systemClock } from '../../../kernel/clock.js';
import { Segments } from '../app/choice.js';
import { useApp } from '../app/context.js';
import { Show, useLoaded } from '../app/load.js';
import { go, usePlace } from '../app/router.js';
import { ColourChip } from '../app/signs.js';
import { useTitle } from '../app/title.js';
import { clockWords, dateWords, timeWords } from '../words/dates.js';
import { alertWords } from '../words/alert-words.js';
import { commonWords } from '../words/page-words.js';
import { contextWords, trendWords } from '../words/trend-words.js';
import { AlertStory } from './alert-story.js';
import { Chart } from './chart.js';
import { contextCounts } from './limits.js';
import { loadTrend, measuredIn, type Trend } from './load-trend.js';
import type { Mark } from './marks.js';
import { useNewReadings } from './new-readings.js';
import { PatientFinder } from './patient-finder.js';
import { PatientHead } from './patient-head.js';
import { isMeasured, type Series } from './series.js';
import { comparedDays, trendSentences } from './statistics.js';
import { SummaryFile } from './summary-file.js';
import { TrendTable } from './trend-table.js';
import '../style/trend.css';

const day = 86_400_000;
const periods = [7, 30, 90] as const;
type Period = (typeof periods)[number] | 'all';

/** `/trend?patient=<id>`: one patient over time. From an EPJ the patient is that of the launch. */
export function TrendPage(): JSX.Element {
  const { say, session } = useApp();
  const { query } = usePlace();
  useTitle(say(trendWords.title));
  const patient = query.get('patient') ?? session?.patient;
  return patient === undefined || patient === '' ? <PatientFinder /> : <PatientTrend key={patient} patient={patient} />;
}

function PatientTrend({ patient }: { readonly patient: string }): JSX.Element {
  const { say, fhir, language } = useApp();
  const { query } = usePlace();
  const period = readPeriod(query.get('periode'));
  const view = query.get('visning') === 'tabell' ? 'table' : 'charts';
  const now = useMemo(() => systemClock.now(), []);
  // The longest of the short periods is fetched at once: it is what is compared with as well.
  const since = period === 'all' ? undefined : now - Math.max(90, 2 * comparedDays) * day;
  // Of thousands of measurements the newest are shown while the others are on their way.
  const [how, setHow] = useState<'newest' | 'whole'>('newest');
  const loaded = useLoaded(() => loadTrend(fhir, patient, since, how), [patient, since, how]);
  useEffect(() => {
    if (loaded.value?.complete === false) setHow('whole');
  }, [loaded.value]);
  const live = useNewReadings(fhir, loaded, 'told');
  const show = (name: string, value: string): void => {
    const next = new URLSearchParams(query);
    next.set('patient', patient);
    next.set(name, value);
    go(`/trend?${next.toString()}`, true);
  };
  return (
    <Show loaded={loaded}>
      {(trend) => (
        <div class="stack trend">
          <PatientHead trend={trend} now={now} />
          <div class="split no-print">
            <Segments
              label={say(trendWords.period)}
              value={String(period)}
              options={[
                ...periods.map((one) => [String(one), say(trendWords.days, { n: one })] as const),
                ['all', say(trendWords.all)] as const,
              ]}
              onChange={(value) => show('periode', value)}
            />
            <Segments
              label={say(trendWords.view)}
              value={view}
              options={[
                ['charts', say(trendWords.charts)],
                ['table', say(trendWords.table)],
              ]}
              onChange={(value) => show('visning', value === 'table' ? 'tabell' : 'kurver')}
            />
            <span class={live ? 'live on small' : ''} role="status">
              {live ? say(alertWords.live) : ''}
            </span>
            <span class="split end">
              <SummaryFile patient={patient} days={period === 'all' ? undefined : period} />
              <button type="button" onClick={() => print()}>
                {say(commonWords.print)}
              </button>
            </span>
          </div>
          {trend.complete ? (
            <TrendWords trend={trend} now={now} />
          ) : (
            <p class="notice" role="status">
              {say(trendWords.fetchingOlder)}
            </p>
          )}
          {view === 'table' ? (
            <TrendTable series={measuredIn(trend)} from={startOf(period, trend, now)} />
          ) : (
            <Charts trend={trend} from={startOf(period, trend, now)} to={now + day / 8} />
          )}
          <p class="print-only small">
            {say(trendWords.printed, { when: `${dateWords(now, language)} ${clockWords(now, language)}` })}
          </p>
        </div>
      )}
    </Show>
  );
}

const readPeriod = (text: string | null): Period =>
  text === 'all' ? 'all' : (periods.find((one) => String(one) === text) ?? 30);

function startOf(period: Period, trend: Trend, now: number): number {
  if (period !== 'all') return now - period * day;
  const first = Math.min(...measuredIn(trend).map(({ readings }) => readings[0]!.at));
  return Number.isFinite(first) ? first - day : now - 90 * day;
}

function TrendWords({ trend, now }: { readonly trend: Trend; readonly now: number }): JSX.Element {
  const { say, language } = useApp();
  const sentences = measuredIn(trend).flatMap((one) => trendSentences(one, now, language, say));
  const unmeasured = trend.measures.filter((one) => !isMeasured(one)).map(({ title }) => title);
  return (
    <section class="card words">
      <h2>{say(trendWords.asText)}</h2>
      <ul>
        {sentences.map((one) => (
          <li key={one}>{one}</li>
        ))}
        {unmeasured.length > 0 && <li>{say(trendWords.unmeasured, { names: unmeasured.join(', ') })}</li>}
      </ul>
    </section>
  );
}

function Charts({
  trend,
  from,
  to,
}: {
  readonly trend: Trend;
  readonly from: number;
  readonly to: number;
}): JSX.Element {
  const { say } = useApp();
  const [story, setStory] = useState<readonly Mark[]>();
  const loose = trend.marks.filter(({ series, at }) => series === undefined && at >= from);
  return (
    <>
      <div class="charts">
        {measuredIn(trend).map((one) => (
          <ChartCard key={one.key} series={one} trend={trend} from={from} to={to} onStory={setStory} />
        ))}
      </div>
      {loose.length > 0 && (
        <section class="card">
          <h2>{say(trendWords.otherAlerts)}</h2>
          <AlertList marks={loose} onStory={setStory} />
        </section>
      )}
      <p class="small soft">{say(trendWords.planInForce)}</p>
      {story !== undefined && (
        <AlertStory marks={story} versions={trend.versions} onClose={() => setStory(undefined)} />
      )}
    </>
  );
}

function ChartCard({
  series,
  trend,
  from,
  to,
  onStory,
}: {
  readonly series: Series;
  readonly trend: Trend;
  readonly from: number;
  readonly to: number;
  readonly onStory: (marks: readonly Mark[]) => void;
}): JSX.Element {
  const { say } = useApp();
  const marks = useMemo(
    () => trend.marks.filter(({ series: key, at }) => key === series.key && at >= from),
    [trend, series, from],
  );
  const contexts = contextCounts(series, from);
  return (
    <section class="card chart-card">
      <h2>
        {series.title} <span class="soft small">{series.kind === 'score' ? say(trendWords.score) : series.unit}</span>
      </h2>
      {series.parts.length > 1 && (
        <p class="legend small soft" aria-hidden="true">
          {series.parts.map((name, index) => (
            <span key={name} class={index === 0 ? 'solid' : 'dashed'}>
              {name}
            </span>
          ))}
        </p>
      )}
      <Chart series={series} spans={trend.spans} marks={marks} from={from} to={to} onStory={onStory} />
      {contexts.size > 0 && (
        <p class="small soft">
          {say(trendWords.byContext, {
            how: [...contexts].map(([context, count]) => `${contextWords(context, say)} (${count})`).join(', '),
          })}
        </p>
      )}
      {marks.length > 0 && (
        <details class="alerts-here">
          <summary>
            {say(trendWords.alertsHere)} ({marks.length})
          </summary>
          <AlertList marks={marks} onStory={onStory} />
        </details>
      )}
    </section>
  );
}

function AlertList({
  marks,
  onStory,
}: {
  readonly marks: readonly Mark[];
  readonly onStory: (marks: readonly Mark[]) => void;
}): JSX.Element {
  const { language } = useApp();
  return (
    <ul class="alert-list">
      {marks.toReversed().map((mark) => (
        <li key={mark.issue.id}>
          <button type="button" class="quiet" onClick={() => onStory([mark])}>
            <AlertLine mark={mark} when={timeWords(mark.at, language)} />
          </button>
        </li>
      ))}
    </ul>
  );
}

function AlertLine({ mark, when }: { readonly mark: Mark; readonly when: string }): JSX.Element {
  return (
    <>
      <ColourChip colour={mark.colour} /> {mark.title} <span class="soft small">{when}</span>
    </>
  );
}
