import type { JSX } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import { systemClock } from '../../../kernel/clock.js';
import { useApp } from '../app/context.js';
import { Show, useLoaded } from '../app/load.js';
import { follow } from '../app/router.js';
import { nameOf, timeOf } from '../fhir/reading.js';
import { AlertStory } from '../trend/alert-story.js';
import { Chart } from '../trend/chart.js';
import { loadTrend, measuredIn, type Trend } from '../trend/load-trend.js';
import type { Mark } from '../trend/marks.js';
import type { Series } from '../trend/series.js';
import { trendSentences } from '../trend/statistics.js';
import { ageWords, relativeWords } from '../words/dates.js';
import { planWords } from '../words/plan-words.js';
import { AnswerBar } from './answer-bar.js';
import { wordsOf } from './findings.js';
import type { Change, Proposal } from './load-plan.js';
import { PlanText } from './plan-text.js';
import '../style/trend.css';

const day = 86_400_000;
const shownDays = 90;

/** A plan as the GP sees it: the patient's words, what is new, the trend beside it, and the answer always in reach. */
export function ProposalView({
  proposal,
  reload,
}: {
  readonly proposal: Proposal;
  readonly reload: () => Promise<void>;
}): JSX.Element {
  const { say, language } = useApp();
  const { plan, rules, forms, patient, task, changes, warnings, override } = proposal;
  const now = useMemo(() => systemClock.now(), []);
  return (
    <div class="proposal">
      <div class="stack">
        <section class="card stack">
          <div class="split">
            <h1>{nameOf(patient)}</h1>
            <span class="soft">{ageWords(patient.birthDate, now, say)}</span>
            <span class="end soft small">
              {task?.authoredOn !== undefined &&
                say(planWords.waiting, { when: relativeWords(timeOf(task.authoredOn) ?? now, now, language) })}
            </span>
          </div>
          <p>
            <strong lang="nb">{plan.title ?? ''}</strong>
          </p>
          {(task?.note ?? []).map(({ text }) => (
            <blockquote key={text}>
              <span class="soft small">{say(planWords.message)}</span>
              <br />
              {text}
            </blockquote>
          ))}
        </section>
        {warnings.length > 0 && (
          <section class="notice warn block">
            <h2>{say(planWords.warnings)}</h2>
            <ul>
              {warnings
                .map((one) => wordsOf(one, rules, { say, language }))
                .map(({ text, language: spoken }) => (
                  <li key={text} lang={spoken}>
                    {text}
                  </li>
                ))}
            </ul>
            {override !== undefined && <p>{say(planWords.override, { why: override })}</p>}
          </section>
        )}
        <Changes changes={changes} />
        <section class="card">
          <h2>{say(planWords.own)}</h2>
          <PlanText plan={plan} rules={rules} forms={forms} />
        </section>
      </div>
      <aside class="stack">
        <AnswerBar proposal={proposal} reload={reload} />
        <TrendBeside patient={patient.id} now={now} />
      </aside>
    </div>
  );
}

function Changes({ changes }: { readonly changes: readonly Change[] | undefined }): JSX.Element {
  const { say } = useApp();
  return (
    <section class="card">
      <h2>{say(planWords.changes)}</h2>
      {changes === undefined ? (
        <p class="soft">{say(planWords.first)}</p>
      ) : changes.length === 0 ? (
        <p class="soft">{say(planWords.same)}</p>
      ) : (
        <ul class="changes" lang="nb">
          {changes.map(({ kind, text }) => (
            <li key={text} class={kind}>
              <span aria-hidden="true">{{ added: '+', removed: '−', changed: '→' }[kind]}</span> {text}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function TrendBeside({ patient, now }: { readonly patient: string; readonly now: number }): JSX.Element {
  const { say, fhir } = useApp();
  const loaded = useLoaded(() => loadTrend(fhir, patient, now - shownDays * day), [patient]);
  const [story, setStory] = useState<readonly Mark[]>();
  return (
    <section class="card">
      <p class="split">
        <h2>{say(planWords.trend)}</h2>
        <a class="end" href={`/trend?patient=${patient}`} onClick={follow}>
          {say(planWords.wholeTrend)}
        </a>
      </p>
      <Show loaded={loaded}>
        {(trend) => (
          <div class="stack">
            {measuredIn(trend).length === 0 && <p class="soft">{say(planWords.nothingMeasured)}</p>}
            {measuredIn(trend).map((series) => (
              <SmallChart key={series.key} series={series} trend={trend} now={now} onStory={setStory} />
            ))}
            {story !== undefined && (
              <AlertStory marks={story} versions={trend.versions} onClose={() => setStory(undefined)} />
            )}
          </div>
        )}
      </Show>
    </section>
  );
}

function SmallChart({
  series,
  trend,
  now,
  onStory,
}: {
  readonly series: Series;
  readonly trend: Trend;
  readonly now: number;
  readonly onStory: (marks: readonly Mark[]) => void;
}): JSX.Element {
  const { say, language } = useApp();
  const marks = useMemo(() => trend.marks.filter((mark) => mark.series === series.key), [trend, series]);
  return (
    <div>
      <h3>
        {series.title} <span class="soft small">{series.unit}</span>
      </h3>
      <p class="small">{trendSentences(series, now, language, say).join(' ')}</p>
      <Chart
        series={series}
        spans={trend.spans}
        marks={marks}
        from={Math.max(now - shownDays * day, series.readings[0]!.at - day)}
        to={now + day / 8}
        onStory={onStory}
      />
    </div>
  );
}
