import type { JSX } from 'preact';
import { systemClock } from '../../../kernel/clock.js';
import { useApp } from '../app/context.js';
import { Show, useLoaded } from '../app/load.js';
import { follow, usePlace } from '../app/router.js';
import { useTitle } from '../app/title.js';
import { nameOf, timeOf } from '../fhir/reading.js';
import { ageWords, relativeWords } from '../words/dates.js';
import { planWords } from '../words/plan-words.js';
import { loadProposal, loadWaiting } from './load-plan.js';
import { ProposalView } from './proposal-view.js';

/** `/plan?plan=<id>`: the link of the message selects the plan and nothing more; who may answer, the server decides. */
export function PlanPage(): JSX.Element {
  const { say } = useApp();
  const { query } = usePlace();
  useTitle(say(planWords.title));
  const id = query.get('plan');
  return id === null || id === '' ? <WaitingPlans /> : <OnePlan key={id} id={id} />;
}

function OnePlan({ id }: { readonly id: string }): JSX.Element {
  const { say, fhir } = useApp();
  const loaded = useLoaded(() => loadProposal(fhir, id), [id]);
  return (
    <div class="stack">
      <p class="no-print">
        <a href="/plan" onClick={follow}>
          ← {say(planWords.back)}
        </a>
      </p>
      <Show loaded={loaded}>{(proposal) => <ProposalView proposal={proposal} reload={loaded.reload} />}</Show>
    </div>
  );
}

function WaitingPlans(): JSX.Element {
  const { say, fhir, language } = useApp();
  const loaded = useLoaded(() => loadWaiting(fhir), []);
  const now = systemClock.now();
  return (
    <section class="card stack">
      <h1>{say(planWords.title)}</h1>
      <Show loaded={loaded}>
        {(waiting) =>
          waiting.length === 0 ? (
            <p class="empty">{say(planWords.none)}</p>
          ) : (
            <ul class="found">
              {waiting.map(({ task, plan, patient }) => (
                <li key={task.id}>
                  <a href={`/plan?plan=${plan}`} onClick={follow}>
                    {nameOf(patient) || say(planWords.open)}
                  </a>
                  <span class="soft small">{ageWords(patient?.birthDate, now, say)}</span>
                  <span class="soft small end">
                    {say(planWords.waiting, { when: relativeWords(timeOf(task.authoredOn) ?? now, now, language) })}
                  </span>
                </li>
              ))}
            </ul>
          )
        }
      </Show>
    </section>
  );
}
