import type { JSX } from 'preact';
import { useApp } from '../app/context.js';
import { useLoaded } from '../app/load.js';
import type { Parameters } from '../fhir/types.js';
import { timeWords } from '../words/dates.js';
import { ownWords } from '../words/own-words.js';
import { looksIn, once } from './looks.js';

/** Shown at once; the server gives at most 500. */
const mostShown = 50;

/** Who has looked, when, for whom they work, and why: Patient/$access-log. */
export function WhoLooked({ patient }: { readonly patient: string }): JSX.Element {
  const { say, fhir, language } = useApp();
  const loaded = useLoaded(
    async () => once(looksIn(await fhir.operation<Parameters>(`Patient/${patient}/$access-log`))).slice(0, mostShown),
    [patient],
  );
  const { value, error } = loaded;
  return (
    <section class="card">
      <h2>{say(ownWords.looked)}</h2>
      {error !== undefined && <p class="soft">{say(ownWords.lookedNot)}</p>}
      {value?.length === 0 && <p class="soft">{say(ownWords.lookedNone)}</p>}
      <ul>
        {(value ?? []).map(({ when, who, organisation, what, why }, at) => (
          <li key={at}>
            <span class="soft">{timeWords(when, language)}</span> {[who, organisation].filter(Boolean).join(', ')}:{' '}
            <span lang="nb">
              {what}
              {why !== undefined && ` (${why})`}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
