import type { JSX } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { systemClock } from '../../../kernel/clock.js';
import { useApp } from '../app/context.js';
import { Show, useLoaded } from '../app/load.js';
import { Notice } from '../app/notice.js';
import { Sign, ZoneChip } from '../app/signs.js';
import { useTitle } from '../app/title.js';
import { AnswerForm, type Draft } from '../form/answer-form.js';
import { type Zone, zoneIn } from '../fhir/reading.js';
import { ZoneColumns } from '../plan/zone-columns.js';
import { loadTrend, type Trend } from '../trend/load-trend.js';
import { useNewReadings } from '../trend/new-readings.js';
import { currentPlan } from '../trend/plan-versions.js';
import { isMeasured } from '../trend/series.js';
import { trendSentences } from '../trend/statistics.js';
import { clockWords, inSentence, localTime } from '../words/dates.js';
import { formWords } from '../words/form-words.js';
import { ownWords } from '../words/own-words.js';
import { commonWords } from '../words/page-words.js';
import { MeasureForm } from './measure-form.js';
import { Pictogram } from './pictogram.js';
import { type TodayTask, todaysTasks } from './today.js';
import { WhoLooked } from './who-looked.js';
import '../style/form.css';
import '../style/own.css';

const day = 86_400_000;

/** The patient's own view: what zone, what to do, what to measure today. Large and plain. */
export function OwnPage(): JSX.Element {
  const { say, session } = useApp();
  useTitle(say(ownWords.title));
  const now = useMemo(() => systemClock.now(), []);
  const patient = session?.patient ?? /^Patient\/(.+)$/.exec(session?.fhirUser ?? '')?.[1];
  return patient === undefined ? (
    <p class="notice warn">{say(ownWords.noPatient)}</p>
  ) : (
    <OwnRecord patient={patient} now={now} />
  );
}

function OwnRecord({ patient, now }: { readonly patient: string; readonly now: number }): JSX.Element {
  const { fhir } = useApp();
  const loaded = useLoaded(() => loadTrend(fhir, patient, now - 90 * day), [patient]);
  useNewReadings(fhir, loaded, 'looked for');
  return <Show loaded={loaded}>{(trend) => <Own trend={trend} now={now} reload={loaded.reload} />}</Show>;
}

function Own({
  trend,
  now,
  reload,
}: {
  readonly trend: Trend;
  readonly now: number;
  readonly reload: () => Promise<void>;
}): JSX.Element {
  const { say, language } = useApp();
  const [measure, setMeasure] = useState<string>();
  const [form, setForm] = useState<TodayTask>();
  const [drafts, setDrafts] = useState<ReadonlyMap<string, Draft>>(new Map());
  const [told, setTold] = useState<string>();
  const receipt = useRef<HTMLDivElement>(null);
  // Whoever sent something further down sees that it came.
  useEffect(() => receipt.current?.scrollIntoView({ block: 'center' }), [told]);
  const zone = zoneIn(trend.flags);
  const current = currentPlan(trend.versions, now);
  const given = trend.patient.name?.[0]?.given?.[0] ?? '';
  const rules = current?.rules;
  return (
    <div class="own stack">
      <h1>{say(ownWords.hello, { name: given })}</h1>
      <div ref={receipt}>{told !== undefined && <Notice>{told}</Notice>}</div>
      <ZoneNow zone={zone} action={zone === undefined ? undefined : actionOf(rules?.ebp?.[zone])} />
      {rules !== undefined && (
        <section class="card">
          <h2>{say(ownWords.today)}</h2>
          <Tasks
            tasks={todaysTasks(
              rules,
              [...trend.measures, ...trend.scores, ...trend.forms],
              localTime(now),
              localTime,
              trend.formTitles,
            )}
            onMeasure={setMeasure}
            onForm={setForm}
          />
        </section>
      )}
      {rules !== undefined && (
        <section class="card">
          <h2>{say(ownWords.plan)}</h2>
          <ZoneColumns rules={rules} current={zone} />
        </section>
      )}
      <section class="card">
        <h2>{say(ownWords.measurements)}</h2>
        <ul class="own-trend">
          {trend.measures
            .filter(isMeasured)
            .flatMap((series) => trendSentences(series, now, language, say))
            .map((sentence) => (
              <li key={sentence}>{sentence}</li>
            ))}
        </ul>
        {rules !== undefined && (
          <div class="split">
            {Object.entries(rules.measures).map(([key, one]) => (
              <button key={key} type="button" onClick={() => setMeasure(key)}>
                {say(ownWords.measureNow, { name: inSentence(one.title ?? key) })}
              </button>
            ))}
          </div>
        )}
      </section>
      <WhoLooked patient={trend.patient.id} />
      <p class="card emergency">
        <strong>{say(ownWords.call)}</strong>
        <br />
        <span class="soft">{say(commonWords.emergency)}</span>
      </p>
      {measure !== undefined && rules?.measures[measure] !== undefined && (
        <MeasureForm
          patient={trend.patient.id}
          measure={rules.measures[measure]}
          onClose={() => setMeasure(undefined)}
          onSent={() => {
            setMeasure(undefined);
            setTold(say(ownWords.sent, { time: clockWords(systemClock.now(), language) }));
            void reload();
          }}
        />
      )}
      {form?.form !== undefined && (
        <AnswerForm
          patient={trend.patient.id}
          name={form.form}
          title={form.title}
          draft={drafts.get(form.form)}
          onDraft={(draft) => setDrafts(new Map(drafts).set(form.form!, draft))}
          onClose={() => setForm(undefined)}
          onSent={() => {
            const left = new Map(drafts);
            left.delete(form.form!);
            setDrafts(left);
            setForm(undefined);
            setTold(say(formWords.sent, { title: form.title, time: clockWords(systemClock.now(), language) }));
            void reload();
          }}
        />
      )}
    </div>
  );
}

const actionOf = (zone: unknown): string | undefined =>
  typeof zone === 'string' ? zone : (zone as { action?: string } | undefined)?.action;

function ZoneNow({
  zone,
  action,
}: {
  readonly zone: Zone | undefined;
  readonly action: string | undefined;
}): JSX.Element {
  const { say } = useApp();
  if (zone === undefined) return <p class="notice">{say(ownWords.noZone)}</p>;
  return (
    <section class={`card zone-now ${zone}`}>
      <p>
        {say(ownWords.zoneNow)} <ZoneChip zone={zone} />
      </p>
      {action !== undefined && (
        <>
          <h2>{say(ownWords.doThis)}</h2>
          <p class="action" lang="nb">
            {action}
          </p>
        </>
      )}
    </section>
  );
}

function Tasks({
  tasks,
  onMeasure,
  onForm,
}: {
  readonly tasks: readonly TodayTask[];
  readonly onMeasure: (measure: string) => void;
  readonly onForm: (task: TodayTask) => void;
}): JSX.Element {
  const { say, language } = useApp();
  if (tasks.length === 0) return <p class="soft">{say(ownWords.nothingToday)}</p>;
  return (
    <ul class="tasks">
      {tasks.map((task) => (
        <li key={`${task.schedule.id} ${task.time}`} class={task.done ? 'done' : ''}>
          <Pictogram of={task.schedule.for} isForm={task.form !== undefined} />
          <span class="what">
            <strong>{task.title}</strong>
            <span>{say(ownWords.at, { time: task.time })}</span>
          </span>
          {task.done ? (
            <span class="state">
              <Sign colour="none" /> {say(ownWords.done)}
            </span>
          ) : task.late !== undefined ? (
            <span class="state soft">{say(ownWords.late, { time: clockWords(task.late, language) })}</span>
          ) : task.measure !== undefined ? (
            <button type="button" class="primary" onClick={() => onMeasure(task.measure!)}>
              {say(ownWords.measureNow, { name: inSentence(task.title) })}
            </button>
          ) : task.form !== undefined ? (
            <button type="button" class="primary" onClick={() => onForm(task)}>
              {say(formWords.answer)}
            </button>
          ) : (
            <span class="state soft">{say(ownWords.notYet)}</span>
          )}
        </li>
      ))}
    </ul>
  );
}
