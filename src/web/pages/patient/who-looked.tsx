import type { JSX } from 'preact';
import { useApp } from '../app/context.js';
import { useLoaded } from '../app/load.js';
import type { Parameters } from '../fhir/types.js';
import { clockWords, dateWords } from '../words/dates.js';
import { ownWords } from '../words/own-words.js';
import { isLook, looksIn, type Visit, visits } from './looks.js';

/** Shown at once; the server gives at most 500 entries. */
const mostShown = 30;

/** Who has looked, when, for whom they work, and why: Patient/$access-log. What the patient did themself is told apart. */
export function WhoLooked({ patient }: { readonly patient: string }): JSX.Element {
  const { say, fhir, session } = useApp();
  const me = session?.name;
  const { value, error } = useLoaded(async () => {
    const all = looksIn(await fhir.operation<Parameters>(`Patient/${patient}/$access-log`));
    const others = all.filter(({ who }) => who !== me);
    return {
      looked: visits(others.filter(isLook)),
      changed: visits(others.filter((one) => !isLook(one))),
      own: visits(all.filter(({ who }) => who === me)),
    };
  }, [patient]);
  return (
    <section class="card looks">
      <h2>{say(ownWords.looked)}</h2>
      <p class="soft small">{say(ownWords.lookedWhy)}</p>
      {error !== undefined && <p class="soft">{say(ownWords.lookedNot)}</p>}
      {value?.looked.length === 0 && <p class="soft">{say(ownWords.lookedNone)}</p>}
      <VisitList found={value?.looked ?? []} />
      {value !== undefined && value.changed.length > 0 && (
        <details>
          <summary>{say(ownWords.lookedChanged)}</summary>
          <VisitList found={value.changed} />
        </details>
      )}
      {value !== undefined && value.own.length > 0 && (
        <details>
          <summary>{say(ownWords.lookedOwn)}</summary>
          <VisitList found={value.own} />
        </details>
      )}
    </section>
  );
}

function VisitList({ found }: { readonly found: readonly Visit[] }): JSX.Element {
  const { language } = useApp();
  return (
    <ul class="visits">
      {found.slice(0, mostShown).map((visit) => {
        const { who, organisation, first, last, what, why } = visit;
        const [begin, end] = [clockWords(first, language), clockWords(last, language)];
        return (
          <li key={`${last} ${who} ${why}`}>
            <strong>{[who, organisation].filter(Boolean).join(', ')}</strong>
            <span class="soft small">
              {dateWords(last, language)} {begin === end ? begin : `${begin}–${end}`}
            </span>
            <span class="what" lang="nb">
              {what}
              {why !== undefined && ` (${why})`}
            </span>
          </li>
        );
      })}
    </ul>
  );
}
