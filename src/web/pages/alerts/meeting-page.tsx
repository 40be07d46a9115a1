import type { JSX } from 'preact';
import { systemClock } from '../../../kernel/clock.js';
import { useApp } from '../app/context.js';
import { Show, useLoaded } from '../app/load.js';
import { follow } from '../app/router.js';
import { useTitle } from '../app/title.js';
import type { FhirClient } from '../fhir/client.js';
import { idOf, nameOf, parameterIn, timeOf } from '../fhir/reading.js';
import type { Parameter, Parameters, Patient } from '../fhir/types.js';
import { meetingReasons, meetingWords } from '../words/alert-words.js';
import { ageWords, dateWords } from '../words/dates.js';
import { commonWords } from '../words/page-words.js';
import { patientsById } from './patients-by-id.js';
import '../style/alerts.css';

interface Meeting {
  readonly since: number;
  readonly rows: readonly {
    readonly patient: Patient;
    readonly reasons: readonly string[];
    readonly alerts: number;
    readonly closed: number;
  }[];
}

/** Whom to talk about in the weekly meeting, and why; printed with room to write. */
export function MeetingPage(): JSX.Element {
  const { say, fhir, language } = useApp();
  useTitle(say(meetingWords.title));
  const loaded = useLoaded(() => loadMeeting(fhir), []);
  const now = systemClock.now();
  return (
    <Show loaded={loaded}>
      {({ since, rows }) => (
        <div class="stack">
          <div class="split">
            <h1>{say(meetingWords.title)}</h1>
            <button type="button" class="end" onClick={() => print()}>
              {say(commonWords.print)}
            </button>
          </div>
          <p class="lead">{say(meetingWords.lead, { date: dateWords(since, language) })}</p>
          {rows.length === 0 ? (
            <p class="card empty">{say(meetingWords.none)}</p>
          ) : (
            <div class="card table-wrap" tabIndex={0} role="region" aria-label={say(meetingWords.title)}>
              <table class="meeting">
                <thead>
                  <tr>
                    <th scope="col">{say(['Pasient', 'Pasient', 'Patient'])}</th>
                    <th scope="col">{say(meetingWords.why)}</th>
                    <th scope="col">{say(meetingWords.alerts)}</th>
                    <th scope="col">{say(meetingWords.agreed)}</th>
                  </tr>
                </thead>
                <tbody>
                  {rows.map(({ patient, reasons, alerts, closed }) => (
                    <tr key={patient.id}>
                      <th scope="row">
                        <a href={`/trend?patient=${patient.id}`} onClick={follow}>
                          {nameOf(patient)}
                        </a>
                        <br />
                        <span class="small soft">{ageWords(patient.birthDate, now, say)}</span>
                      </th>
                      <td>
                        <ul>
                          {reasons.map((reason) => (
                            <li key={reason}>{say(meetingReasons[reason] ?? [reason, reason, reason])}</li>
                          ))}
                        </ul>
                      </td>
                      <td>{alerts === 0 ? '–' : say(meetingWords.alertsClosed, { n: alerts, closed })}</td>
                      <td class="room" />
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          )}
        </div>
      )}
    </Show>
  );
}

const patientIn = ({ part }: Parameter): string | undefined => idOf(parameterIn(part, 'patient')?.valueReference);

async function loadMeeting(fhir: FhirClient): Promise<Meeting> {
  const answer = await fhir.operation<Parameters>('Task/$meeting-list');
  const found = (answer.parameter ?? []).filter(({ name }) => name === 'patient');
  const patients = await patientsById(
    fhir,
    found.flatMap((one) => patientIn(one) ?? []),
  );
  return {
    since: timeOf(parameterIn(answer.parameter, 'since')?.valueInstant) ?? 0,
    rows: found.flatMap((one) => {
      const { part = [] } = one;
      const patient = patients.get(patientIn(one) ?? '');
      if (patient === undefined) return [];
      const whole = (wanted: string): number => parameterIn(part, wanted)?.valueInteger ?? 0;
      return [
        {
          patient,
          reasons: part.filter(({ name }) => name === 'reason').flatMap(({ valueCode }) => valueCode ?? []),
          alerts: whole('alerts'),
          closed: whole('closed'),
        },
      ];
    }),
  };
}
