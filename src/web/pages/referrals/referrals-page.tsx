import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { systemClock } from '../../../kernel/clock.js';
import { openStatuses } from '../alerts/worklist.js';
import { useApp } from '../app/context.js';
import { Show, useLoaded } from '../app/load.js';
import { Notice } from '../app/notice.js';
import { useTitle } from '../app/title.js';
import type { FhirClient } from '../fhir/client.js';
import { listen } from '../fhir/live.js';
import { byReference, nameOf, taskKind, textOf, timeOf } from '../fhir/reading.js';
import type { Patient, Resource, ServiceRequest, Task } from '../fhir/types.js';
import { ageWords, relativeWords } from '../words/dates.js';
import { referralWords } from '../words/referral-words.js';
import { ReferralDialog, type ReferralAnswer } from './referral-dialog.js';
import '../style/alerts.css';

/** A referral that waits for the municipality. */
export interface Waiting {
  readonly task: Task;
  readonly referral: ServiceRequest;
  readonly patient: Patient | undefined;
}

/** What came in to the municipality: accept, reject, or ask for more. */
export function ReferralsPage(): JSX.Element {
  const { say, fhir } = useApp();
  useTitle(say(referralWords.title));
  const loaded = useLoaded(() => loadReferrals(fhir), []);
  useEffect(
    () =>
      listen(
        fhir,
        'Task?code=fulfill',
        () => void loaded.reload(),
        () => undefined,
      ).stop,
    [],
  );
  const [told, setTold] = useState<string>();
  const [chosenId, setChosenId] = useState<string>();
  return (
    <Show loaded={loaded}>
      {(waiting) => {
        const chosen = waiting.find(({ task }) => task.id === chosenId) ?? waiting[0];
        return (
          <div class="stack">
            <h1>{say(referralWords.title)}</h1>
            {told !== undefined && <Notice>{told}</Notice>}
            {chosen === undefined ? (
              <p class="card empty">{say(referralWords.none)}</p>
            ) : (
              <div class="worklist">
                <ul class="rows" aria-label={say(referralWords.title)}>
                  {waiting.map((one) => (
                    <Row
                      key={one.task.id}
                      waiting={one}
                      chosen={one === chosen}
                      onChoose={() => setChosenId(one.task.id)}
                    />
                  ))}
                </ul>
                <Detail
                  key={chosen.task.id}
                  waiting={chosen}
                  onDone={(words) => {
                    setTold(words);
                    void loaded.reload();
                  }}
                />
              </div>
            )}
          </div>
        );
      }}
    </Show>
  );
}

function Row({
  waiting: { task, referral, patient },
  chosen,
  onChoose,
}: {
  readonly waiting: Waiting;
  readonly chosen: boolean;
  readonly onChoose: () => void;
}): JSX.Element {
  const { say, language } = useApp();
  const now = systemClock.now();
  return (
    <li>
      <button type="button" class="row referral" aria-current={chosen ? 'true' : undefined} onClick={onChoose}>
        <span class="what">
          <strong>{nameOf(patient)}</strong>
          <span>{say(referralWords.from, { who: referral.requester?.display ?? '' })}</span>
        </span>
        <span class="when small soft">
          {say(referralWords.came, { when: relativeWords(timeOf(task.authoredOn) ?? now, now, language) })}
          {task.status === 'on-hold' && <span class="tag">{say(referralWords.asked)}</span>}
        </span>
      </button>
    </li>
  );
}

function Detail({
  waiting,
  onDone,
}: {
  readonly waiting: Waiting;
  readonly onDone: (words: string) => void;
}): JSX.Element {
  const { say } = useApp();
  const [answer, setAnswer] = useState<ReferralAnswer>();
  const { referral, patient, task } = waiting;
  return (
    <article class="card detail">
      <h2>
        {nameOf(patient)} <span class="soft small">{ageWords(patient?.birthDate, systemClock.now(), say)}</span>
      </h2>
      <dl class="facts">
        <dt>{say(referralWords.wish)}</dt>
        <dd>{textOf(referral.code)}</dd>
        <dt>{say(['Henviser', 'Tilvisar', 'Referrer'])}</dt>
        <dd>{referral.requester?.display ?? ''}</dd>
        <dt>{say(referralWords.reason)}</dt>
        <dd>
          {(referral.reasonCode ?? []).map((reason) => (
            <p key={textOf(reason)}>{textOf(reason)}</p>
          ))}
        </dd>
        {(referral.note ?? []).length > 0 && (
          <>
            <dt>{say(referralWords.notes)}</dt>
            <dd>
              {referral.note!.map(({ text }) => (
                <p key={text}>{text}</p>
              ))}
            </dd>
          </>
        )}
      </dl>
      {(task.note ?? []).map(({ text }) => (
        <blockquote key={text}>{text}</blockquote>
      ))}
      {task.statusReason?.text !== undefined && <blockquote>{task.statusReason.text}</blockquote>}
      <div class="split actions">
        <button type="button" class="primary" onClick={() => setAnswer('accept')}>
          {say(referralWords.accept)}
        </button>
        <button type="button" onClick={() => setAnswer('ask')}>
          {say(referralWords.ask)}
        </button>
        <button type="button" class="danger" onClick={() => setAnswer('reject')}>
          {say(referralWords.reject)}
        </button>
      </div>
      {answer !== undefined && (
        <ReferralDialog
          answer={answer}
          referral={referral.id}
          onClose={() => setAnswer(undefined)}
          onDone={(words) => {
            setAnswer(undefined);
            onDone(words);
          }}
        />
      )}
    </article>
  );
}

async function loadReferrals(fhir: FhirClient): Promise<readonly Waiting[]> {
  const found = await fhir.search<Resource>('Task', {
    code: 'fulfill',
    status: openStatuses,
    _include: ['Task:focus', 'Task:patient'],
    _count: 500,
  });
  const included = byReference(found);
  return found
    .filter((one): one is Task => one.resourceType === 'Task' && taskKind((one as Task).code) === 'fulfill')
    .filter(({ status }) => status !== 'accepted' && status !== 'in-progress')
    .flatMap((task) => {
      const referral = included.get(task.focus?.reference ?? '');
      const patient = included.get(task.for?.reference ?? '') as Patient | undefined;
      return referral?.resourceType === 'ServiceRequest'
        ? [{ task, referral: referral as ServiceRequest, patient }]
        : [];
    })
    .toSorted((a, b) => (a.task.authoredOn ?? '').localeCompare(b.task.authoredOn ?? ''));
}
