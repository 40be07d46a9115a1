import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { useApp } from '../app/context.js';
import { Dialog } from '../app/dialog.js';
import { ZoneChip, ZoneSign } from '../app/signs.js';
import { nameOf, timeOf, zoneIn } from '../fhir/reading.js';
import { ageWords, clockWords, dateWords, numberText, relativeWords } from '../words/dates.js';
import { trendWords } from '../words/trend-words.js';
import { PlanText } from '../plan/plan-text.js';
import type { Trend } from './load-trend.js';
import { currentPlan } from './plan-versions.js';
import { MeasuredHow } from './chart.js';
import { worstZoneAt } from './limits.js';
import type { Series } from './series.js';

/** Who it is, the zone, the plan in force, and the last value of each measure. */
export function PatientHead({ trend, now }: { readonly trend: Trend; readonly now: number }): JSX.Element {
  const { say, language } = useApp();
  const { patient, flags, spans } = trend;
  const zone = zoneIn(flags);
  const born = timeOf(patient.birthDate);
  const since = timeOf(flags.find((flag) => zoneIn([flag]) !== undefined)?.period?.start);
  const running = spans.filter(({ from, to }) => from <= now && now < to);
  return (
    <section class="card patient-head">
      <div class="split">
        <h1>{nameOf(patient)}</h1>
        <span class="soft">{ageWords(patient.birthDate, now, say)}</span>
        {born !== undefined && (
          <span class="print-only">{say(trendWords.born, { date: dateWords(born, language) })}</span>
        )}
        <span class="split end">
          <ZoneChip zone={zone} />
          {since !== undefined && (
            <span class="soft small">{say(trendWords.zoneSince, { when: dateWords(since, language) })}</span>
          )}
        </span>
      </div>
      {running.map(({ kind, from }) =>
        kind === 'gap' ? null : (
          <p key={kind} class="notice warn">
            {say(kind === 'pause' ? trendWords.paused : trendWords.admitted, { date: dateWords(from, language) })}
          </p>
        ),
      )}
      <PlanLine trend={trend} now={now} />
      <h2>{say(trendWords.latest)}</h2>
      <ul class="latest">
        {trend.measures.map((series) => (
          <Latest key={series.key} series={series} now={now} />
        ))}
      </ul>
    </section>
  );
}

function PlanLine({ trend, now }: { readonly trend: Trend; readonly now: number }): JSX.Element {
  const { say, language } = useApp();
  const [open, setOpen] = useState(false);
  const current = currentPlan(trend.versions, now);
  if (current === undefined) return <p class="notice warn">{say(trendWords.noPlan)}</p>;
  const { plan, approval, from, rules } = current;
  const review = timeOf(approval.nextReview);
  const { responsible } = approval;
  return (
    <div class="plan-line">
      <p class="split">
        <strong>{plan.title ?? say(trendWords.plan)}</strong>
        {approval.state === 'interim' && <span class="tag">{say(trendWords.interim)}</span>}
        <button type="button" class="quiet no-print" onClick={() => setOpen(true)}>
          {say(trendWords.showPlan)}
        </button>
      </p>
      <p class="small soft split">
        <span>
          {say(trendWords.approvedBy, {
            date: dateWords(from, language),
            who: approval.by?.name ?? approval.org ?? '',
          })}
        </span>
        {responsible !== undefined && <span>{say(trendWords.responsible, { who: say(trendWords[responsible]) })}</span>}
        {review !== undefined && <span>{say(trendWords.nextReview, { date: dateWords(review, language) })}</span>}
      </p>
      {open && (
        <Dialog wide title={plan.title ?? say(trendWords.plan)} onClose={() => setOpen(false)}>
          <PlanText plan={plan} rules={rules} />
        </Dialog>
      )}
    </div>
  );
}

function Latest({ series, now }: { readonly series: Series; readonly now: number }): JSX.Element {
  const { say, language } = useApp();
  const last = series.readings.at(-1);
  return (
    <li>
      <span class="soft small">{series.title}</span>
      {last === undefined ? (
        <strong class="value">–</strong>
      ) : (
        <strong class="value">
          {last.values.map((value, part) => (
            <span key={part}>
              {part > 0 && '/'}
              {value === undefined ? '–' : numberText(value, series.decimals, language)}
            </span>
          ))}{' '}
          <small>{series.unit}</small> <ZoneSign zone={worstZoneAt(series, last)} />
        </strong>
      )}
      <span class="soft small">
        {last === undefined ? (
          say(trendWords.never)
        ) : (
          <>
            <span class="no-print">{relativeWords(last.at, now, language)}</span>
            <span class="print-only">
              {dateWords(last.at, language)} {clockWords(last.at, language)}
            </span>
          </>
        )}
      </span>
      {last !== undefined && <MeasuredHow series={series} reading={last} />}
    </li>
  );
}
